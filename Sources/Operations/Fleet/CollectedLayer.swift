import LayerArchive
import OCISpec

/// A layer whose entries come line by line, in whatever order.
struct CollectedLayer {
    private(set) var index = LayerIndex()
    private var sequence: [Int64] = []
    private var isInOrder = true
    /// Whether its hashes are those of a table of contents, which compare with no others.
    private(set) var isTable = false
    private(set) var tarBytes: Int64?
    private(set) var diffID: Digest?
    /// Whether it came whole; nil until that is known.
    private(set) var isWhole: Bool?

    /// Adds an entry.
    mutating func add(_ entry: EntryReading, number seq: Int64, layerNumber: Int) throws(ListingLineError) {
        guard let kind = entry.kind else { throw .badField("type") }
        guard seq >= 0 else { throw .badField("seq") }
        guard entry.size >= 0, kind == .file || entry.size == 0 else { throw .badField("size") }
        guard !kind.hasTarget || kind == .symlink || !entry.target.isEmpty else { throw .badField("target") }
        isTable = isTable || entry.isTable
        if seq != Int64(sequence.count) { isInOrder = false }
        sequence.append(seq)
        // What has no hash is like nothing else.
        let unknown = ContentHash.unlikeOthers(UInt64(layerNumber) << 40 | UInt64(seq))
        let content = kind == .file ? entry.hash ?? (entry.size > 0 ? unknown : ContentHash()) : ContentHash()
        index.append(
            LayerEntry(
                path: entry.path, kind: kind, mode: 0, uid: 0, gid: 0, size: entry.size, mtimeSeconds: 0, mtimeNanoseconds: 0,
                linkTarget: kind.hasTarget ? entry.target : [], content: content, xattrs: 0, device: 0))
    }

    /// Takes the line that stands behind a layer's entries; what did not come whole is not known.
    mutating func end(_ answer: EntryReading) {
        guard isWhole == nil else { return }
        isTable = isTable || answer.isTable
        tarBytes = answer.tarBytes
        diffID = answer.diffID
        guard !answer.isFailure, answer.entryCount == Int64(index.count) else {
            index = LayerIndex()
            isWhole = false
            return
        }
        isWhole = sort()
    }

    /// Puts the entries in the order of the tar; false where one is missing or came twice.
    private mutating func sort() -> Bool {
        defer { sequence = [] }
        if isInOrder { return true }
        let order = sequence.indices.sorted { sequence[$0] < sequence[$1] }
        for (place, entry) in order.enumerated() where sequence[entry] != Int64(place) { return false }
        let unsorted = index
        index = LayerIndex(order.lazy.map { unsorted[$0] })
        return true
    }
}

extension EntryKind {
    /// Whether such an entry leads to another path.
    fileprivate var hasTarget: Bool { self == .symlink || self == .hardLink }
}
