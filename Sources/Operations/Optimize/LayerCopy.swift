import ContentStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec

/// Writes a layer's entries again: headers and contents out of the layers that have them, each read once.
struct LayerCopy: Sendable {
    /// The entries, in their order; contents in the order of their layers and of the entries there.
    private let entries: [RewrittenEntry]
    /// Everything but contents, by its place in the entries.
    private let headers: [TarHeader?]
    /// Of the image's layers, lowest first.
    private let digests: [Digest]
    private let content: ContentStore
    private let limits: ScanLimits
    /// No time is later; nil where times stay.
    private let latest: Int64?

    /// Entries of an image whose layers have these indexes and digests.
    ///
    /// Directories with extended attributes, which an index has the hash of alone, are read here.
    init(
        _ entries: [RewrittenEntry], _ indexes: [LayerIndex], _ digests: [Digest], _ content: ContentStore, limits: ScanLimits,
        latest: Int64? = nil
    ) throws {
        self.entries = entries
        self.digests = digests
        self.content = content
        self.limits = limits
        self.latest = latest
        var attributed: [Int: Set<Int>] = [:]
        for entry in entries {
            guard case .stored(let source) = entry.content, indexes[source.layer].kinds[source.entry] == .directory,
                indexes[source.layer].xattrs[source.entry] != 0
            else { continue }
            attributed[source.layer, default: []].insert(source.entry)
        }
        var xattrs: [EntrySource: [ExtendedAttribute]] = [:]
        for (layer, wanted) in attributed {
            let found = try content.readingLayer(digests[layer]) { source throws(LayerArchiveError) in
                try LayerExtraction.xattrs(of: wanted, from: source, limits: limits)
            }
            for (entry, values) in found { xattrs[EntrySource(layer: layer, entry: entry)] = values }
        }
        let made = entries.map { entry -> TarHeader? in
            switch entry.content {
            case .stored(let source):
                guard indexes[source.layer].kinds[source.entry] == .directory else { return nil }
                var header = TarHeader(path: entry.path, kind: .directory, indexes[source.layer].metadata(source.entry))
                header.xattrs = xattrs[source] ?? []
                return header
            case .link(let target, let source):
                var metadata = indexes[source.layer].metadata(source.entry)
                metadata.device = 0
                return TarHeader(path: entry.path, kind: .hardLink, metadata, linkTarget: target)
            case .folder: return TarHeader(path: entry.path, kind: .directory, mode: 0o755)
            case .whiteout: return TarHeader(path: LayerMarker.whiteout(of: entry.path), kind: .file, mode: 0)
            case .opaque: return TarHeader(path: LayerMarker.opaque(in: entry.path), kind: .file, mode: 0)
            }
        }
        headers = made.map { header in
            var header = header
            header?.clamp(to: latest)
            return header
        }
    }

    /// Writes the entries; a layer whose bytes are not those that its digest names is an error once it was read.
    func write(to writer: TarWriter) throws {
        var next = 0
        func writeHeaders() throws(LayerArchiveError) {
            while next < headers.count, let header = headers[next] {
                try writer.begin(header)
                next += 1
            }
        }
        try writeHeaders()
        while next < entries.count, case .stored(let first) = entries[next].content {
            let digest = digests[first.layer]
            let start = next
            let actual = try content.readingLayer(digest) { source throws(LayerArchiveError) in
                try LayerExtraction.copy(from: source, limits: limits, latest: latest, into: writer) { entry in
                    guard next < entries.count, entries[next].content == .stored(EntrySource(layer: first.layer, entry: entry))
                    else { return nil }
                    return entries[next].path
                } then: { () throws(LayerArchiveError) in
                    next += 1
                    try writeHeaders()
                }
            }
            // Its index was of other bytes: nothing of it could be found, or what was found is not what it names.
            guard actual == digest, next > start else { throw ContentError.blobCorrupt(digest, actual: actual) }
        }
    }
}
