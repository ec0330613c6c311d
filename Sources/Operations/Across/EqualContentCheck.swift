import ContentStorage
import LayerAnalysis
import LayerArchive
import OCISpec

/// Compares what a plan takes for one by SHA-256: the hashes of layer indexes are fast ones, and one who wants to can make two files of one.
struct EqualContentCheck {
    /// Of all layers, by the numbers that sources have.
    let digests: [Digest]
    let indexes: [LayerIndex]
    let content: ContentStore
    let limits: ScanLimits

    /// Reads each layer that is concerned once.
    func check(_ equals: EqualContents) throws {
        var wanted: [Int: Set<Int>] = [:]
        for source in equals.groups.joined() { wanted[source.layer, default: []].insert(source.entry) }
        var found: [EntrySource: Digest] = [:]
        for (layer, entries) in wanted.sorted(by: { $0.key < $1.key }) {
            let read = try content.readingLayer(digests[layer]) { source throws(LayerArchiveError) in
                try LayerExtraction.hashes(of: entries, from: source, limits: limits)
            }
            guard read.digest == digests[layer] else { throw ContentError.blobCorrupt(digests[layer], actual: read.digest) }
            for (entry, hash) in read.hashes { found[EntrySource(layer: layer, entry: entry)] = hash }
        }
        for group in equals.groups {
            guard let first = group.first, !group.allSatisfy({ found[$0] == found[first] }) else { continue }
            let index = indexes[first.layer]
            throw OperationError.notShareable(.sameHash(Array(index.pathBytes[index.pathRange(first.entry)])))
        }
    }
}
