import ContentStorage
import Foundation
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage
import TestSupport

/// A new store, and a way to bring images into it as the commands do.
final class ScanFixture: Sendable {
    let scratch: TemporaryDirectory
    let store: ImageStore
    private let recorded = Mutex<[TransferEvent]>([])

    init() throws {
        scratch = try TemporaryDirectory()
        store = try ImageStore.open(at: FilePath(scratch.path("store")), create: true)
    }

    var storePath: String { scratch.path("store") }
    /// What the transfers so far told.
    var events: [TransferEvent] { recorded.withLock { $0 } }

    /// What to ask of a scan beyond its path.
    struct Options {
        var kind: SourceKind?
        var reference: String?
        var platform: Platform?
        var isImporting = true
        var limits = ScanLimits()
    }

    /// Brings in what is at `path`; the session is ended whatever comes.
    func scan(_ path: String, _ change: (inout Options) -> Void = { _ in }) throws -> [ScannedImage] {
        var options = Options()
        change(&options)
        let session = try store.content.sessions.begin()
        let result = Result { try scan(path, options, session) }
        try session.end()
        return try result.get()
    }

    private func scan(_ path: String, _ options: Options, _ session: IngestSession) throws -> [ScannedImage] {
        let source = try OpenedSource.open(
            options.kind, path: path, platform: options.platform,
            spool: { () throws(TransferError) in
                do throws(ContentError) { return try session.temporaryFile() } catch { throw .content(error) }
            }, limits: options.limits)
        let transfer = Transfer(
            source, into: store, session: options.isImporting ? session : nil,
            TransferOptions(platform: options.platform, limits: options.limits, workerCount: 2),
            report: { event in self.recorded.withLock { $0.append(event) } })
        return try transfer.run(try source.select(options.reference), at: Timestamp(seconds: 1_700_000_000))
    }

    /// Brings in an archive of these bytes.
    func scan(_ bytes: [UInt8], _ change: (inout Options) -> Void = { _ in }) throws -> [ScannedImage] {
        try scan(try file(bytes), change)
    }

    /// A new file of these bytes.
    func file(_ bytes: [UInt8]) throws -> String {
        let path = scratch.path("\(UUID().uuidString).tar")
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// The cases of the error with which a scan fails, such as `badLayer.tarTruncated`; `nil` when it does not.
    func failure(of path: String, _ change: (inout Options) -> Void = { _ in }) -> String? {
        do {
            _ = try scan(path, change)
            return nil
        } catch {
            return caseNames(of: error)
        }
    }

    /// The cases of the error with which the scan of these bytes fails.
    func failure(of bytes: [UInt8], _ change: (inout Options) -> Void = { _ in }) throws -> String? {
        failure(of: try file(bytes), change)
    }

    /// The merged tree of an image, by path.
    func tree(_ image: ScannedImage) throws -> [String: TreeItem] { try tree(image, in: store) }

    /// The merged tree of an image whose layer indexes `store` has.
    func tree(_ image: ScannedImage, in store: ImageStore) throws -> [String: TreeItem] {
        var tree = MergedTree()
        for layer in image.layers where !layer.isAbsent {
            guard let index = store.catalog.layerIndex(layer.diffID) else { throw IndexMissing(diffID: layer.diffID) }
            try tree.apply(index)
        }
        return TreeItem.all(tree.visibleEntries())
    }

    /// What a failed import must leave as it was.
    func names() throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: "\(storePath)/index.json"))
    }

    /// The blobs of the store.
    func blobs() throws -> Set<String> {
        let folder = "\(storePath)/blobs/sha256"
        guard FileManager.default.fileExists(atPath: folder) else { return [] }
        return Set(try FileManager.default.contentsOfDirectory(atPath: folder))
    }

    /// Every file of the store but its blobs and the catalog, which a failed import may add to.
    var filesBesideBlobs: Set<String> {
        let all = FileManager.default.enumerator(atPath: storePath)?.compactMap { $0 as? String } ?? []
        return Set(all.filter { !$0.hasPrefix("blobs/") && !$0.hasPrefix("catalog.sqlite") })
    }

    /// The same store as another process would open it, with its catalog lost.
    func withoutCatalog() throws -> ImageStore {
        store.catalog.close()
        for suffix in ["", "-wal", "-shm"] {
            let path = "\(storePath)/catalog.sqlite\(suffix)"
            if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        }
        return try ImageStore.open(at: FilePath(storePath), create: false)
    }

    /// Takes a blob's file away.
    func remove(_ digest: Digest) throws {
        try FileManager.default.removeItem(atPath: "\(storePath)/blobs/sha256/\(digest.hex)")
    }

    /// What is wrong with the store.
    var problems: [String] { StoreChecker.problems(at: storePath) }
}

/// The catalog has no index of a layer that was just scanned.
struct IndexMissing: Error {
    let diffID: Digest
}

/// One thing in a merged tree, as the shared cases describe it.
struct TreeItem: Hashable, CustomStringConvertible {
    var type: String
    var size: Int64?
    var linkname: String?
    /// The first name, in order of bytes, of an inode with several; only on its other names.
    var hardlink: String?

    var description: String { "\(type) \(size ?? 0) \(linkname ?? "") \(hardlink ?? "")" }

    static func all(_ entries: [VisibleEntry]) -> [String: TreeItem] {
        var firstNames: [Int32: String] = [:]
        var items: [String: TreeItem] = [:]
        for entry in entries.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) where !entry.path.isEmpty {
            let path = String(decoding: entry.path, as: UTF8.self)
            var item = TreeItem(type: name(of: entry.kind))
            if entry.kind == .file { item.size = entry.size }
            if entry.kind == .symlink { item.linkname = String(decoding: entry.linkTarget, as: UTF8.self) }
            if let inode = entry.inode {
                item.hardlink = firstNames[inode]
                firstNames[inode] = firstNames[inode] ?? path
            }
            items[path] = item
        }
        return items
    }

    private static func name(of kind: EntryKind) -> String {
        switch kind {
        case .file, .hardLink: "file"
        case .directory: "dir"
        case .symlink: "symlink"
        case .characterDevice: "char"
        case .blockDevice: "block"
        case .fifo: "fifo"
        case .socket: "socket"
        case .whiteout, .opaque: "marker"
        }
    }
}

/// The names of an error's case and of the error within it, with dots between.
func caseNames(of error: any Error) -> String {
    let mirror = Mirror(reflecting: error)
    guard mirror.displayStyle == .enum, let child = mirror.children.first, let label = child.label else {
        return "\(error)"
    }
    let payload = Mirror(reflecting: child.value)
    let values = payload.displayStyle == .tuple ? payload.children.map(\.value) : [child.value]
    guard let inner = values.lazy.compactMap({ $0 as? any Error }).first else { return label }
    return "\(label).\(caseNames(of: inner))"
}
