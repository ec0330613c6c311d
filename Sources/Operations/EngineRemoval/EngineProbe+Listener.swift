import Glibc

extension EngineProbe {
    /// The process that listens at a socket, by the kernel's word; nil where that cannot be told, as from within a container.
    ///
    /// Source: unix(7), SO_PEERCRED.
    static func listener(at path: String) -> Int32? {
        guard let fd = connect(to: path) else { return nil }
        defer { close(fd) }
        // The process, the user and the group.
        var peer: (process: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: peer))
        guard getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0, peer.process > 0 else { return nil }
        return peer.process
    }
}
