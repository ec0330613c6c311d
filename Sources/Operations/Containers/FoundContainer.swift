package import ContainerRuntime
package import ContentStorage
import Foundation
import StorageIO

/// One container, as it was when it was looked up.
package struct FoundContainer: Sendable {
    /// Its folder, which tells how it fares now.
    package var folder: ContainerFolder
    /// What it is.
    package var container: Container
    /// What it did.
    package var status: ContainerStatus
    /// The last run; nil where there was none.
    package var run: ContainerRun?

    /// Where an image is mounted, of a container in which nothing runs.
    package var mountPath: String { container.settings.mountPoint ?? "\(folder.path)/\(ContainerFolder.mergedName)" }

    /// What the container changed, as a layer.
    package func changes() throws -> DirectoryLayer {
        let stubs = container.stubs
        return try DirectoryLayer(try folder.directory.directory(ContainerFolder.diffName), marks: try folder.marks()) {
            stubs.isChange($0, isEmptyDirectory: $1)
        }
    }

    /// What the container changed, in docker's form: `A` added, `C` changed, `D` deleted, with the path.
    package func changedPaths(in store: ContentStore) throws -> [(kind: Character, path: [UInt8])] {
        let directories = try folder.directories(layersFolder: store.layers.shortNamesPath)
        let below = StackedTree(Array(directories.dropFirst()), marks: try folder.marks())
        return try changes().changes(from: below)
    }

    /// Does a task on the container's tree, whether it runs or not.
    ///
    /// `input` is what a tar to be placed comes from, and `output` gets what is read. The task is done by a process of this program in
    /// the container's namespaces.
    package func run(
        _ task: TreeTask, in store: ContentStore, input: Int32? = nil,
        output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws {
        try folder.run(
            task, on: container, layersFolder: store.layers.shortNamesPath,
            program: Self.ownProgram, input: input, output: output)
    }

    /// The file of this program.
    static var ownProgram: String { URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path }
}
