import ContentStorage
import ImageBuild
import LayerAnalysis
import LayerArchive
import Operations
import StorageIO

/// The files that layers show together, as a step copies from them and builds on them.
struct LayeredFiles: StageTree {
    private let files: TreeFiles
    private let session: IngestSession
    private let limits: ScanLimits
    private let open: @Sendable (Int) throws(ContentError) -> FileRangeSource

    /// Files whose layers, by their number, `open` opens; contents are unpacked to files of the session that have no name.
    init(
        _ files: TreeFiles, _ session: IngestSession, _ limits: ScanLimits,
        open: @escaping @Sendable (Int) throws(ContentError) -> FileRangeSource
    ) {
        self.files = files
        self.session = session
        self.limits = limits
        self.open = open
    }

    func entry(at path: [UInt8]) -> TargetEntry? {
        files.file(at: path).map { TargetEntry(kind: $0.kind, linkTarget: $0.linkTarget) }
    }

    func file(at path: [UInt8]) -> SourceFile? { files.file(at: path).map(SourceFile.init) }

    func children(of path: [UInt8]) -> [SourceFile] { files.children(of: path).map(SourceFile.init) }

    func contentHash(of path: [UInt8]) -> ContentHash { files.file(at: path)?.content ?? ContentHash() }

    func contents(of paths: [[UInt8]]) throws -> any SourceContents {
        var wanted: [Int: Set<Int>] = [:]
        var sources: [[UInt8]: EntrySource] = [:]
        for path in paths {
            guard let file = files.file(at: path), let source = file.source else { continue }
            // A directory without attributes has nothing to read.
            guard file.kind == .file || file.hasXattrs else { continue }
            wanted[source.layer, default: []].insert(source.entry)
            sources[path] = source
        }
        var unpacked: [EntrySource: SourceContent] = [:]
        for (layer, entries) in wanted {
            let spool = try session.temporaryFile()
            var end: Int64 = 0
            let found = try LayerExtraction.contents(of: entries, from: try open(layer), limits: limits) {
                bytes throws(LayerArchiveError) in
                do throws(StorageError) { try spool.write(bytes, at: end) } catch { throw .tapFailed(error) }
                end += Int64(bytes.count)
            }
            for (entry, content) in found {
                unpacked[EntrySource(layer: layer, entry: entry)] = SourceContent(
                    file: spool, offset: content.offset, size: content.size, xattrs: content.xattrs)
            }
        }
        return Contents(sources: sources, unpacked: unpacked)
    }

    private struct Contents: SourceContents {
        let sources: [[UInt8]: EntrySource]
        let unpacked: [EntrySource: SourceContent]

        func open(_ path: [UInt8]) -> SourceContent {
            sources[path].flatMap { unpacked[$0] } ?? SourceContent(file: nil, size: 0)
        }
    }
}

extension SourceFile {
    fileprivate init(_ file: TreeFile) {
        self.init(
            path: file.path, kind: file.kind, file.metadata, size: file.size, linkTarget: file.linkTarget,
            inode: file.inode.map { UInt64($0) })
    }
}

/// Tars as sources of files.
enum ArchiveFiles {
    /// What a tar holds, compressed or not; nil for any other file.
    ///
    /// `isCompressedFileFine` says that what is compressed and no tar inside is such another file, not a damaged one.
    static func open(
        _ file: File, offset: Int64 = 0, size: Int64, _ session: IngestSession, limits: ScanLimits, isCompressedFileFine: Bool
    ) throws -> LayeredFiles? {
        guard try mayBeTar(file, offset: offset, size: size) else { return nil }
        var limits = limits
        limits.passesOverNameless = true
        let open = { @Sendable in FileRangeSource(fd: file.fd, offset: offset, length: size, name: file.path, keeping: file) }
        let scan: LayerScan
        do throws(LayerArchiveError) {
            scan = try LayerScanner.scan(source: open(), limits: limits)
        } catch {
            if isCompressedFileFine, case .badTar(let place, _) = error, place.index == 0 { return nil }
            throw error
        }
        var tree = MergedTree()
        do throws(AnalysisError) { try tree.apply(scan.index) } catch {
            throw OperationError.analysis(image: file.path, error)
        }
        return LayeredFiles(TreeFiles(tree, [scan.index]), session, limits) { _ throws(ContentError) in open() }
    }

    /// A compressed file, or one with a tar's mark in its first block.
    private static func mayBeTar(_ file: File, offset: Int64, size: Int64) throws(StorageError) -> Bool {
        var block = [UInt8](repeating: 0, count: Int(min(size, 512)))
        let wanted = block.count
        var failure: StorageError?
        let count = block.withUnsafeMutableBytes { buffer in
            do throws(StorageError) { return try file.read(into: buffer, at: offset) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        guard count == wanted else { return false }
        let isCompressed = Compression.detect(prefix: block) != .none
        return isCompressed || (block.count == 512 && block[257..<262].elementsEqual("ustar".utf8))
    }
}
