import Glibc
package import LayerArchive
package import OCISpec
package import StorageIO
import SystemPackage

/// Makes a nameless file in the store, to spool into.
package typealias SpoolFile = () throws(TransferError) -> File

/// A source that was looked into: its images, and the container that holds their bytes.
package struct OpenedSource: Sendable {
    /// What messages call it.
    package let path: String
    /// The images it lists, in its own order; never empty.
    package let images: [SourceImage]
    /// The platform that was asked for, of whose images alone anything was read; nil where all are meant.
    package let platform: Platform?
    /// Whether it is a root file system, which has no config and no name.
    package private(set) var isRootFileSystem = false
    let container: any MemberContainer

    /// Looks into a file, a folder or standard input.
    ///
    /// With a platform nothing is opened of an image that is listed for another one. Compressed archives and pipes are spooled to a nameless file that `spool` gives first, since their members are read in
    /// several places at once; the space is free again when the source is let go, however the process ends.
    package static func open(
        _ kind: SourceKind?, path: String, platform: Platform? = nil, spool makeFile: @escaping SpoolFile,
        limits: ScanLimits = ScanLimits(), progress: ((Int64) -> Void)? = nil
    ) throws(TransferError) -> OpenedSource {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable(path: path, errno: errno) }
        if status.st_mode & S_IFMT == S_IFDIR {
            guard kind == nil || kind == .ociLayout else { throw .unreadable(path: path, errno: EISDIR) }
            return try openFolder(path, platform, limits.documents)
        }
        guard kind != .ociLayout else { throw .notALayout(path: path) }
        let fd = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { throw .unreadable(path: path, errno: errno) }
        let file = File(adopting: FileDescriptor(rawValue: fd), path: path)
        return try open(file, kind, path: path, platform: platform, spool: makeFile, limits: limits, progress: progress)
    }

    /// Looks into what standard input gives.
    package static func openStandardInput(
        _ kind: SourceKind?, platform: Platform? = nil, spool makeFile: @escaping SpoolFile,
        limits: ScanLimits = ScanLimits(), progress: ((Int64) -> Void)? = nil
    ) throws(TransferError) -> OpenedSource {
        let path = "standard input"
        let fd = dup(0)
        guard fd >= 0 else { throw .unreadable(path: path, errno: errno) }
        let file = File(adopting: FileDescriptor(rawValue: fd), path: path)
        return try open(file, kind, path: path, platform: platform, spool: makeFile, limits: limits, progress: progress)
    }

    /// Looks into an archive that was written to a file of the store's, from its beginning.
    ///
    /// `path` is what messages call it.
    package static func open(
        spooled file: File, as kind: SourceKind = .dockerArchive, path: String, platform: Platform? = nil,
        spool makeFile: @escaping SpoolFile, limits: ScanLimits = ScanLimits()
    ) throws(TransferError) -> OpenedSource {
        try open(file, kind, path: path, platform: platform, spool: makeFile, limits: limits, progress: nil)
    }

    private static func openFolder(
        _ path: String, _ platform: Platform?, _ documents: DocumentLimits
    ) throws(TransferError) -> OpenedSource {
        let container = try FolderContainer(path: path, documents: documents)
        guard
            case .images(let images) = try SourceDetection(container: container, signs: container.signs, platform: platform).find(
                nil)
        else {
            throw .notALayout(path: path)
        }
        return try OpenedSource(path, images, container, platform)
    }

    private static func open(
        _ file: File, _ kind: SourceKind?, path: String, platform: Platform?, spool makeFile: @escaping SpoolFile,
        limits: ScanLimits, progress: ((Int64) -> Void)?
    ) throws(TransferError) -> OpenedSource {
        let spool = Spool(path: path, makeFile: makeFile, limits: limits, progress: progress)
        let stored = try spool.seekable(file)
        guard stored.size > 0 else { throw .emptyFile(path: path) }
        if kind == .tarball { return try rootTarball(spool.layer(stored), path: path, platform) }
        let plain = try spool.uncompressed(stored)
        let container: ArchiveContainer
        do {
            container = try ArchiveContainer(plain.file, path: path, limits: limits)
        } catch {
            throw .notAnArchive(path: path, error)
        }
        switch try SourceDetection(container: container, signs: container.signs, platform: platform).find(kind) {
        case .images(let images): return try OpenedSource(path, images, container, platform)
        case .rootFileSystem: return try rootTarball(spool.layer(stored, plain), path: path, platform)
        }
    }

    /// The file as one layer; nothing of it is looked at before the layer is read.
    private static func rootTarball(
        _ stored: SeekableFile, path: String, _ platform: Platform?
    ) throws(TransferError) -> OpenedSource {
        var source = try OpenedSource(
            path, [RootTarball.image(bytes: stored.size)], RootTarball(stored.file, path: path), platform)
        source.isRootFileSystem = true
        return source
    }

    init(
        _ path: String, _ images: [SourceImage], _ container: any MemberContainer, _ platform: Platform?
    ) throws(TransferError) {
        guard !images.isEmpty else { throw .noImages(path: path) }
        self.path = path
        self.images = images
        self.container = container
        self.platform = platform
    }

    /// How one of its images is chosen.
    var choice: ImageChoice { ImageChoice(container: container, platform: platform) }

    /// The images that `reference` names; all of them without one.
    package func select(_ reference: String?) throws(TransferError) -> [SourceImage] {
        guard let reference else { return images }
        let named = images.filter { $0.isNamed(reference) }
        guard !named.isEmpty else {
            throw .noSuchImage(path: path, reference: reference, available: images.map(\.title))
        }
        return named
    }
}
