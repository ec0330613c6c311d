import CLinux
import Glibc
import StorageIO

/// A process of this very program that reads and drops what processes write that a command left behind.
///
/// With nobody at the other side of their streams the first word that they say would end them.
package enum StreamDrain {
    /// The first argument by which the program is told to be one; how many streams it has follows.
    package static let verb = "--drain"
    private static let firstDescriptor: Int32 = 3

    /// Starts one for these streams, which ends with the last process that has one of them.
    static func start(_ streams: [File]) throws(RuntimeError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Copies with numbers of their own, so that none is replaced before it is copied.
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        for fd in Int32(0)...2 { posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd == 0 ? O_RDONLY : O_WRONLY, 0) }
        for (place, stream) in streams.enumerated() {
            let copy = fcntl(stream.fd, F_DUPFD_CLOEXEC, firstDescriptor + Int32(streams.count))
            guard copy >= 0 else { throw .noStreams(errno: errno) }
            copies.append(copy)
            posix_spawn_file_actions_adddup2(&actions, copy, firstDescriptor + Int32(place))
        }
        _ = try SpawnedProcess.start([verb, "\(streams.count)"], actions: &actions)
    }

    /// Is one, by the arguments behind the verb.
    package static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 1, let count = Int32(arguments[0]), (1...16).contains(count) else { return 2 }
        _ = setsid()
        _ = chdir("/")
        _ = strata_close_from(firstDescriptor + count)
        var streams = (firstDescriptor..<(firstDescriptor + count)).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while !streams.isEmpty {
            let ready = poll(&streams, nfds_t(streams.count), -1)
            if ready < 0, errno != EINTR { return 1 }
            guard ready > 0 else { continue }
            streams.removeAll { stream in
                guard stream.revents != 0 else { return false }
                let count = read(stream.fd, &buffer, buffer.count)
                return count == 0 || (count < 0 && errno != EINTR)
            }
        }
        return 0
    }
}
