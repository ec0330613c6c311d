package import OCISpec
package import StorageIO
package import TextValues

/// What the command line says of a container besides its config.
package struct ContainerSettings: Hashable, Sendable, Codable {
    /// Which network a container has.
    package enum Network: Hashable, Sendable, Codable, RawRepresentable {
        /// The machine's.
        case host
        /// Its own loopback alone.
        case none
        /// The network of this name: it has an address there.
        case joined(PathPart)

        /// The word of a record; nil for what cannot be a network's name.
        package init?(rawValue text: String) {
            switch text {
            case "host": self = .host
            case "none": self = .none
            default:
                guard let name = StoredNetworks.name(text) else { return nil }
                self = .joined(name)
            }
        }

        /// The word of a record, and of docker.
        package var rawValue: String {
            switch self {
            case .host: "host"
            case .none: "none"
            case .joined(let name): name.text
            }
        }

        /// The network that it joins; nil for none with a name.
        package var name: PathPart? { if case .joined(let name) = self { name } else { nil } }
    }

    /// A folder or file of the machine, memory, or a volume at a place of the container.
    package struct Mount: Hashable, Sendable, Codable {
        /// Something of the machine, memory, or a folder that strata keeps for the data.
        package enum Kind: String, Hashable, Sendable, Codable { case bind, tmpfs, volume }

        /// Where the content comes from.
        package var kind: Kind
        /// An absolute path of the machine; of a volume the path from the container's folder; empty for memory.
        package var source: String
        /// An absolute path in the container.
        package var target: String
        /// Whether the container may not write there.
        package var isReadOnly: Bool
        /// Further options of the mount, as `size=64m`.
        package var options: [String]

        /// A mount from its parts.
        package init(_ kind: Kind, source: String, target: String, isReadOnly: Bool = false, options: [String] = []) {
            self.kind = kind
            self.source = source
            self.target = target
            self.isReadOnly = isReadOnly
            self.options = options
        }

        /// The option of a mount that leaves out what is mounted below its source.
        package static let flatOption = "bind-nonrecursive"

        /// Where the content is on this machine, for the container in this folder; empty for memory.
        package func place(in folder: String) -> String {
            kind == .volume ? PathWalk.shortened("\(folder)/\(source)") : source
        }
    }

    /// Whether its streams are a pseudo-terminal.
    package var hasTerminal = false
    /// Whether its input stays open while nobody is attached.
    package var keepsInputOpen = false
    /// Whether it goes once it has ended.
    package var isRemovedAtEnd = false
    /// Whether nothing may be written to its tree; mounts are not its tree.
    package var hasReadOnlyTree = false
    /// Whether it has all capabilities and devices.
    package var isPrivileged = false
    /// Whether nothing runs in it: its tree is mounted read-only, to be looked at.
    package var isMount = false
    /// Where it is mounted besides the container's folder.
    package var mountPoint: String?
    /// The machine's, unless something else is asked for.
    package var network = Network.host
    /// Nil for the short ID.
    package var hostname: String?
    /// In the order in which they are made.
    package var mounts: [Mount] = []
    /// Capabilities as the kernel calls them, `CAP_…`.
    package var capabilities: [String] = RuntimeSpec.usualCapabilities
    /// Bytes of memory at most.
    package var memoryBytes: Int64?
    /// Processors at most, in thousandths.
    package var milliCPUs: Int64?
    /// Processes and threads at most; nil for no limit.
    package var processLimit: Int64?
    // Records of containers made before these settings lack them, so each is nil for what was usual then.
    /// Which shared memory, semaphores and queues it has; nil for its own.
    package var ipc: SharedMemory?
    /// Bytes of `/dev/shm` at most; nil for the usual size.
    package var sharedMemoryBytes: Int64?
    /// Limits of each of its processes.
    package var limits: [RuntimeSpec.ResourceLimit]?
    /// Groups that every user has besides his own, by name or number.
    package var addedGroups: [String]?
    /// Names in its hosts file besides this machine's.
    package var hosts: [HostEntry]?
    /// What its `resolv.conf` has in place of this machine's.
    package var resolver: Resolver?
    /// Devices of the machine that it may use besides the usual ones.
    package var devices: [Device]?
    /// Whether setuid programs and file capabilities give nothing more.
    package var hasNoNewPrivileges: Bool?
    /// Whether no call of the system is filtered.
    package var allowsEveryCall: Bool?
    /// Whether files of the kernel are neither hidden nor kept from being written.
    package var showsKernelFiles: Bool?
    /// Whether a small program is its first process, that passes signals on and reaps.
    package var hasInit: Bool?
    /// What is kept of what it writes; nil for all of it.
    package var log: Log?
    /// Ports of the machine that lead to its own.
    package var ports: [PublishedPort]?
    /// Whether ports that the config exposes are published as well.
    package var publishesAll: Bool?
    /// What it is called in its network besides its name and its ID.
    package var aliases: [String]?
    /// The address that it has in its network; nil for any that is free.
    package var address: IPv4Address?
    /// Seconds that `stop` waits before SIGKILL; nil for the usual ones, negative for no end.
    package var stopSeconds: Int?

    /// The usual settings.
    package init() {}

    /// Whether a control group is needed for them.
    package var needsControlGroup: Bool { memoryBytes != nil || milliCPUs != nil || processLimit != nil }
}
