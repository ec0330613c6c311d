import ContainerRuntime

/// The wait for a container's end, looked up before that comes.
package struct ContainerWait: Sendable {
    private let container: RunningContainer
    private let end: ContainerEnd

    /// A wait for this container, which may be gone once it has ended.
    package init(for item: FoundContainer) throws {
        container = RunningContainer(item.folder)
        end = try ContainerEnd(of: item.folder)
    }

    /// Waits, and returns the status of the container's command; as with docker, 0 for one that did not run yet.
    package func status() throws -> Int32 {
        container.waitForEnd(seconds: .max)
        return try end.status() ?? 0
    }
}
