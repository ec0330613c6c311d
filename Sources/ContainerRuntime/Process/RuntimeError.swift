package import ContentStorage
package import StorageIO
package import TextValues

/// Why something cannot be run.
package enum RuntimeError: Error, Hashable, Sendable {
    /// Neither crun nor runc is to be found, or not the one that was asked for.
    case noRuntime(wanted: String?)
    /// No program that could be a container's first process is installed.
    case noInit
    /// There is no device at the path of this machine, by the system's reason, or something else (nil).
    case noDevice(String, errno: Int32?)
    /// None of the programs that give a container an address is installed: for root's containers, or for those of other users.
    case noNetworkProgram(forRoot: Bool)
    /// No network has that name.
    case noSuchNetwork(String)
    /// The network is for root's containers alone.
    case networkNeedsRoot(String)
    /// A container's address is another one's, or not one of its network's.
    case noAddress(IPv4Address?, network: String)
    /// All ranges of addresses are taken.
    case noRange
    /// A port of the machine cannot be had, by the system's reason.
    case noPort(PublishedPort, errno: Int32)
    /// The program that makes networks failed, in its words.
    case networkFailed(detail: String)
    /// What is asked needs root.
    case notPermitted(detail: String)
    /// The user gets no user namespace in which he is root, and why.
    case noUserNamespace(detail: String)
    /// The store belongs to another user, of this number.
    case foreignStore(uid: UInt32)
    /// The store is a group's: what containers write, as root or as other users, is not to lie where the group gets at it.
    case sharedStore(path: String)
    /// The kernel refuses a mount; the system's reason.
    case mountFailed(what: String, errno: Int32)
    /// The runtime could not be started, or says that it could not start the container.
    case runtimeFailed(detail: String)
    /// The runtime could not send a signal.
    case signalFailed(detail: String)
    /// The container's tree has no such program.
    case noSuchCommand(detail: String)
    /// What the command names cannot be run.
    case notExecutable(detail: String)
    /// Something cannot be copied to or from a container, in the words of the process that tried.
    case copyFailed(detail: String)
    /// The container is not running.
    case notRunning(id: String)
    /// A layer's tree cannot be unpacked: a path leads through something that is no directory, or a link leads nowhere.
    case badLayer(path: [UInt8], detail: String)
    /// A path is longer than calls of Linux take, so that nobody could unpack a layer with it.
    case pathTooLong([UInt8], limitBytes: Int)
    /// A file has a name that in a layer takes something away, and would be no file there.
    case markerName([UInt8])
    /// A file had fewer bytes than it told when it was read.
    case fileChanged([UInt8], toldBytes: Int64, readBytes: Int64)
    /// The system gives no pipe or terminal, by this reason.
    case noStreams(errno: Int32)
    /// The system gives no process, by this reason.
    case noProcess(errno: Int32)
    /// A document for the runtime could not be written.
    case noPlan(path: String, detail: String)
    /// The store, or the container's folder in it.
    case content(ContentError)
    /// The system refused.
    case storage(StorageError)
}

extension RuntimeError {
    /// What went wrong with a store, as an error of this module.
    package init(_ error: ContentError) {
        if case .storage(let failure) = error { self = .storage(failure) } else { self = .content(error) }
    }
}
