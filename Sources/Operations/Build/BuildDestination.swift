import ContainerRuntime
import ContentStorage
import Glibc
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage

/// Where a built image is written besides the store.
package struct BuildDestination: Hashable, Sendable {
    /// What is written.
    package enum Form: String, Sendable {
        /// An OCI archive.
        case oci
        /// An archive as docker saves it.
        case docker
        /// The files as one tar.
        case tar
        /// The files in a folder.
        case local
    }

    /// What is written.
    package var form: Form
    /// The file or the folder; `-` for standard output.
    package var path: String

    /// A destination from its parts.
    package init(_ form: Form, path: String) {
        self.form = form
        self.path = path
    }

    /// Whether the image itself goes to standard output, so that nothing else may.
    package var isStandardOutput: Bool { path == "-" }

    /// The forms that have room for images of several platforms.
    package var takesSeveralPlatforms: Bool { form == .oci || form == .local }

    /// Writes the image, or those for several platforms; `names` are the entries that archives get.
    func write(_ images: [ScannedImage], names: [NamedImage], _ workspace: Workspace, _ progress: OperationProgress) throws {
        defer { progress.finish() }
        let file = isStandardOutput ? nil : path
        switch form {
        case .oci, .docker:
            let outgoing = try OutgoingImages(
                names, from: workspace.store, form == .oci ? .ociArchive : .dockerArchive, platform: nil)
            try workspace.write(to: file) { output in try outgoing.write(to: output) { _ in } }
        case .tar:
            for image in images { try workspace.write(to: file) { try workspace.writeTree(of: image, to: $0, progress) } }
        case .local:
            for image in images {
                // As BuildKit has it: a folder for each platform.
                let name = image.platform.description.replacing("/", with: "_")
                try unpack(image, to: images.count == 1 ? path : "\(path)/\(name)", workspace, progress)
            }
        }
    }

    /// Puts the files into a folder: whose they are only root can keep.
    ///
    /// A new folder, or one that was empty, has all of them or none. In one that has files, those of the image take the place of what
    /// is there, no symlink is followed, and all else stays; a directory that is in the way of a file is an error.
    private func unpack(
        _ image: ScannedImage, to path: String, _ workspace: Workspace, _ progress: OperationProgress
    ) throws {
        let spool = try workspace.openSession().temporaryFile()
        let tar = try OutputFile.stream(FileDescriptor(rawValue: dup(spool.fd)), path: "a temporary file")
        try workspace.writeTree(of: image, to: tar, foldersFirst: true, progress)
        try tar.commit()
        let length = try spool.status().sizeBytes
        let place = FilePath(path)
        let isRoot = ProcessOwner.uid == 0
        if let present = try ifPresent(try Directory.open(place)) {
            guard try present.names().isEmpty else {
                let source = FileRangeSource(fd: spool.fd, length: length, name: "a temporary file", keeping: spool)
                let placement = try TreePlacement(
                    into: present, keeping: TreePlacement.Keeping(owners: isRoot, attributes: isRoot), replacesFiles: true)
                return try placement.place(source)
            }
        } else {
            let above = place.removingLastComponent()
            _ = try Directory.make(above.isEmpty ? "." : above)
        }
        let output = try OutputFolder.create(at: place)
        defer { output.discard() }
        let unpacking = LayerUnpacking(into: output.staging, over: StackedTree([]))
        unpacking.keepsOwners = isRoot
        let source = FileRangeSource(fd: spool.fd, length: length, name: "a temporary file", keeping: spool)
        _ = try unpacking.unpack(source)
        try output.commit(try output.staging.names())
    }
}
