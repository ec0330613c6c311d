import ContentStorage
import ImageBuild
import LayerAnalysis
import LayerArchive
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

    func attributesDigest(of file: SourceFile) -> UInt64 { files.file(at: file.path)?.xattrsDigest ?? 0 }

    func contents(of paths: [[UInt8]]) throws -> any SourceContents {
        var wanted: [Int: Set<Int>] = [:]
        var sources: [[UInt8]: EntrySource] = [:]
        for path in paths {
            guard let file = files.file(at: path), let source = file.source else { continue }
            // A directory without attributes has nothing to read.
            guard file.kind == .file || file.xattrsDigest != 0 else { continue }
            wanted[source.layer, default: []].insert(source.entry)
            sources[path] = source
        }
        var unpacked: [EntrySource: SourceContent] = [:]
        for (layer, entries) in wanted {
            let spool = try session.temporaryFile()
            var end: Int64 = 0
            let found = try LayerExtraction.contents(of: entries, from: try open(layer), limits: limits) {
                bytes throws(LayerArchiveError) in
                try lift(try spool.write(bytes, at: end), to: LayerArchiveError.tapFailed)
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
            inode: file.inode.map { FileIdentity(inode: UInt64($0)) })
        isImplied = file.kind == .directory && file.source == nil
    }
}
