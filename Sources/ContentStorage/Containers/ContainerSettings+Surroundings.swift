/// What is around a container's command besides mounts and limits.
extension ContainerSettings {
    /// Options of a mount that let what is mounted below its source on the machine later appear in the container.
    package static let slaveOptions: Set = ["slave", "rslave"]

    /// Whether a mount has one of these.
    package var receivesMounts: Bool { mounts.contains { $0.options.contains { Self.slaveOptions.contains($0) } } }

    /// Whose shared memory, semaphores and message queues a container has.
    package enum SharedMemory: String, Hashable, Sendable, Codable, CaseIterable {
        /// Its own, as usual.
        case `private`
        /// The machine's.
        case host
        /// Its own, without `/dev/shm`.
        case unshown = "none"
    }

    /// What a `resolv.conf` has in place of what this machine's says; nil for what that says.
    package struct Resolver: Hashable, Sendable, Codable {
        /// Addresses of name servers.
        package var servers: [String]?
        /// Domains that short names are looked up in; an empty list is for none.
        package var domains: [String]?
        /// Options of the resolver, such as `ndots:2`.
        package var options: [String]?

        /// This machine's resolver.
        package init() {}
    }

    /// A device of the machine, or all of a folder of devices.
    package struct Device: Hashable, Sendable, Codable {
        /// Its path on the machine.
        package var source: String
        /// Its path in the container.
        package var target: String
        /// Letters of `rwm`: reading, writing, making a node.
        package var access: String

        /// A device from its parts.
        package init(_ source: String, at target: String, access: String) {
            self.source = source
            self.target = target
            self.access = access
        }
    }

    /// How much of what a container writes is kept.
    package enum Log: Hashable, Sendable, Codable {
        /// Nothing.
        case nothing
        /// So many files, each of so many bytes at most; the oldest goes for a new one.
        case limited(bytes: Int64, files: Int)
    }
}
