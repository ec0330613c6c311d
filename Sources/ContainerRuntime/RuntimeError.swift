package import StorageIO

/// Why something cannot be run.
package enum RuntimeError: Error, Hashable, Sendable {
    /// Neither crun nor runc is to be found.
    case noRuntime
    /// What is asked needs root, or a user namespace that this machine does not give.
    case notPermitted(detail: String)
    /// The kernel refuses a mount; the system's reason.
    case mountFailed(what: String, errno: Int32)
    /// The runtime could not be started, or says that it could not start the container.
    case runtimeFailed(detail: String)
    /// A layer's tree cannot be unpacked: a path leads through something that is no directory, or a link leads nowhere.
    case badLayer(path: [UInt8], detail: String)
    case storage(StorageError)
}
