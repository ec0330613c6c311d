import ContainerRuntime
import ContentStorage
import Foundation
import Glibc
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import Operations
import StorageIO
import SystemPackage

/// `--output`: where a built image is written besides the store.
struct BuildOutput {
    private enum Form: String {
        case oci, docker, tar, local
    }

    private let form: Form
    private let path: String

    /// `type=FORM,dest=PATH`, a folder for the files, or `-` for a tar on standard output; nil for anything else.
    init?(_ text: String) {
        if text == "-" {
            (form, path) = (.tar, "-")
            return
        }
        guard text.contains("=") else {
            guard !text.isEmpty else { return nil }
            (form, path) = (.local, text)
            return
        }
        var (form, path) = (Form?.none, String?.none)
        guard let fields = OptionFields.read(text) else { return nil }
        for (name, value) in fields {
            switch name {
            case "type": form = Form(rawValue: value)
            case "dest": path = value
            default: return nil
            }
        }
        guard let form, path != nil || form != .local else { return nil }
        (self.form, self.path) = (form, path ?? "-")
    }

    /// Whether the image itself goes to standard output, so that nothing else may.
    var isStandardOutput: Bool { path == "-" }

    /// Writes the image; `names` are the entries that archives get.
    func write(_ image: ScannedImage, names: [NamedImage], _ workspace: Workspace, _ globals: GlobalOptions) throws {
        let progress = globals.showing("writing \(path)")
        defer { progress.finish() }
        let file = path == "-" ? nil : path
        switch form {
        case .oci, .docker:
            let outgoing = try OutgoingImages(
                names, from: workspace.store, form == .oci ? .ociArchive : .dockerArchive, platform: nil)
            try workspace.write(to: file) { output in try outgoing.write(to: output) { _ in } }
        case .tar:
            try workspace.write(to: file) { try workspace.writeTree(of: image, to: $0, progress) }
        case .local: try unpack(image, workspace, progress)
        }
    }

    /// Puts the files into a new or empty folder: whose they are only root can keep.
    private func unpack(_ image: ScannedImage, _ workspace: Workspace, _ progress: OperationProgress) throws {
        let output = try OutputFolder.create(at: FilePath(path))
        defer { output.discard() }
        let spool = try workspace.openSession().temporaryFile()
        let tar = try OutputFile.stream(FileDescriptor(rawValue: dup(spool.fd)), path: "a temporary file")
        try workspace.writeTree(of: image, to: tar, progress)
        try tar.commit()
        let length = try spool.status().sizeBytes
        let unpacking = LayerUnpacking(into: output.staging, over: StackedTree([]))
        unpacking.keepsOwners = ProcessOwner.uid == 0
        let source = FileRangeSource(fd: spool.fd, length: length, name: "a temporary file", keeping: spool)
        _ = try unpacking.unpack(source)
        try output.commit(try output.staging.names())
    }
}
