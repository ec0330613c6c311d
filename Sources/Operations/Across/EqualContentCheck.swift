package import ContentStorage
package import LayerAnalysis
package import LayerArchive
package import OCISpec

/// Compares what a plan takes for one by SHA-256: the hashes of layer indexes are fast ones, and one who wants to can make two files of one.
package struct EqualContentCheck {
    /// Of all layers, by the numbers that sources have.
    private let digests: [Digest]
    private let indexes: [LayerIndex]
    private let content: ContentStore
    private let limits: ScanLimits

    /// A check of layers that a store has, by the numbers that sources have.
    package init(digests: [Digest], indexes: [LayerIndex], content: ContentStore, limits: ScanLimits) {
        (self.digests, self.indexes, self.content, self.limits) = (digests, indexes, content, limits)
    }

    /// Reads each layer that is concerned once.
    package func check(_ equals: EqualContents) throws {
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
