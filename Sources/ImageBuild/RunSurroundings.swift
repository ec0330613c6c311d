package import OCISpec
package import TextValues

/// What the command line says of all commands of a build.
package struct RunSurroundings: Sendable {
    /// Lines of `/etc/hosts` besides the usual ones.
    package var hosts: [HostEntry] = []
    /// Limits of the processes.
    package var limits: [RuntimeSpec.ResourceLimit] = []
    /// The size of `/dev/shm` in bytes; nil for the usual one.
    package var sharedMemoryBytes: Int64?

    /// Nothing but what is usual.
    package init() {}

    /// Adds what may change a command's result to its key.
    func add(to key: inout StepKey) {
        key.add(hosts.map(\.line))
        for limit in limits { key.add("\(limit.type) \(limit.soft) \(limit.hard)") }
        key.add(limits.count)
        key.add(sharedMemoryBytes ?? 0)
    }
}
