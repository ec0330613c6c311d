import LayerArchive
import OCISpec

/// Puts the layers of two images side by side: those that both have, and the others by what they hold.
struct LayerAlignment {
    private struct Side {
        let layers: [LayerIdentity]
        let indexes: [LayerIndex]
        let figures: [LayerFigures]
        let knowledge: ImageKnowledge

        init(_ side: DiffSide, _ figures: [LayerFigures]) {
            layers = side.layers
            indexes = side.indexes
            self.figures = figures
            knowledge = side.knowledge
        }
    }

    private let a: Side
    private let b: Side
    private let classes: LayerClasses

    init(
        _ a: DiffSide, _ before: [LayerFigures], _ b: DiffSide, _ after: [LayerFigures], _ classes: LayerClasses
    ) {
        self.classes = classes
        self.a = Side(a, before)
        self.b = Side(b, after)
    }

    /// All layers, in order: what is removed stands before what is added in its place.
    func changes() -> [LayerChange] {
        let pairs = LongestCommonSubsequence.pairs(classes.a, classes.b)
        let removed = Set(a.layers.indices).subtracting(pairs.map(\.left)).sorted()
        let added = Set(b.layers.indices).subtracting(pairs.map(\.right)).sorted()
        let twins = counterparts(removed, added)
        let known = (knownBytes(of: removed, in: a, others: b), knownBytes(of: added, in: b, others: a))
        var changes: [LayerChange] = []
        var (left, right) = (0, 0)
        for pair in pairs + [(a.layers.count, b.layers.count)] {
            while left < pair.left {
                changes.append(change(.removed, a, left, known: known.0[left] ?? 0, counterpart: twins.ofRemoved[left]))
                left += 1
            }
            while right < pair.right {
                changes.append(change(.added, b, right, known: known.1[right] ?? 0, counterpart: twins.ofAdded[right]))
                right += 1
            }
            guard left < a.layers.count, right < b.layers.count else { break }
            changes.append(same(left, right))
            left += 1
            right += 1
        }
        return changes
    }

    private func same(_ left: Int, _ right: Int) -> LayerChange {
        let figures = b.knowledge.figures(b.figures[right], ofLayer: right)
        return LayerChange(
            change: .same, indexBefore: left, indexAfter: right, identity: b.layers[right],
            contentBytes: figures.contentBytes, knownBytes: figures.contentBytes, hidesBytes: figures.hidesBytes,
            counterpart: nil)
    }

    private func change(
        _ change: LayerChange.Change, _ side: Side, _ number: Int, known: Int64, counterpart: Int?
    ) -> LayerChange {
        let figures = side.knowledge.figures(side.figures[number], ofLayer: number)
        // What a layer that nobody has read stores too is not known.
        let isComparable = a.knowledge.unknownLayerCount == 0 && b.knowledge.unknownLayerCount == 0
        return LayerChange(
            change: change, indexBefore: change == .removed ? number : nil, indexAfter: change == .added ? number : nil,
            identity: side.layers[number], contentBytes: figures.contentBytes,
            knownBytes: isComparable ? known : nil, hidesBytes: figures.hidesBytes, counterpart: counterpart)
    }

    /// Bytes of each of `numbers` that the other image stores too, or a lower layer of its own.
    private func knownBytes(of numbers: [Int], in side: Side, others: Side) -> [Int: Int64] {
        guard let last = numbers.last else { return [:] }
        // Of the other image what this one could share with it: a set of the fewer of both.
        var seen = common(side.indexes[...last], others.indexes[...])
        var known: [Int: Int64] = [:]
        let asked = Set(numbers)
        for number in 0...last {
            let own = contents(of: side.indexes[number])
            if asked.contains(number) { known[number] = own.reduce(0) { seen.contains($1) ? $0 + $1.size : $0 } }
            if number < last { seen.formUnion(own) }
        }
        return known
    }

    /// The content that both of two lists of layers store.
    private func common(_ own: ArraySlice<LayerIndex>, _ others: ArraySlice<LayerIndex>) -> Set<ContentKey> {
        let count = { (indexes: ArraySlice<LayerIndex>) in indexes.reduce(0) { $0 + $1.count } }
        let isOwnSmaller = count(own) < count(others)
        var candidates: Set<ContentKey> = []
        for index in isOwnSmaller ? own : others { candidates.formUnion(contents(of: index)) }
        var common: Set<ContentKey> = []
        for index in isOwnSmaller ? others : own {
            for content in contents(of: index) where candidates.contains(content) { common.insert(content) }
        }
        return common
    }

    /// The content of each regular file of a layer, as often as it is stored.
    private func contents(of index: LayerIndex) -> some Sequence<ContentKey> {
        (0..<index.count).lazy.filter { index.sizes[$0] > 0 }.map {
            ContentKey(size: index.sizes[$0], content: index.contents[$0])
        }
    }

    // MARK: Counterparts

    private func counterparts(_ removed: [Int], _ added: [Int]) -> (ofRemoved: [Int: Int], ofAdded: [Int: Int]) {
        var (ofRemoved, ofAdded): ([Int: Int], [Int: Int]) = ([:], [:])
        guard !removed.isEmpty, !added.isEmpty else { return ([:], [:]) }
        let likely = likeness(removed, added).sorted { ($1.bytes, $0.left, $0.right) < ($0.bytes, $1.left, $1.right) }
        for pair in likely where ofRemoved[pair.left] == nil && ofAdded[pair.right] == nil {
            ofRemoved[pair.left] = pair.right
            ofAdded[pair.right] = pair.left
        }
        for right in added where ofAdded[right] == nil {
            guard let step = b.layers[right].createdBy,
                let left = removed.first(where: { ofRemoved[$0] == nil && a.layers[$0].createdBy.isExactly(step) })
            else { continue }
            ofRemoved[left] = right
            ofAdded[right] = left
        }
        return (ofRemoved, ofAdded)
    }

    /// The pairs that share more than half of the content of either.
    private func likeness(_ removed: [Int], _ added: [Int]) -> [(left: Int, right: Int, bytes: Int64)] {
        var holders = FileHolders()
        for left in removed { forEachFile(a.indexes[left]) { file, _ in holders.add(left, of: file) } }
        var pairs: [(left: Int, right: Int, bytes: Int64)] = []
        for right in added {
            var shared: [Int: Int64] = [:]
            var seen: Set<FileMark> = []
            forEachFile(b.indexes[right]) { file, bytes in
                guard holders.contains(file), seen.insert(file).inserted else { return }
                holders.forEach(of: file) { shared[$0, default: 0] += bytes }
            }
            for (left, bytes) in shared {
                let least = min(a.figures[left].contentBytes, b.figures[right].contentBytes)
                if bytes > least / 2 { pairs.append((left, right, bytes)) }
            }
        }
        return pairs
    }

    private func forEachFile(_ index: LayerIndex, _ body: (FileMark, Int64) -> Void) {
        for entry in 0..<index.count where index.sizes[entry] > 0 {
            let path = index.pathBytes[index.pathRange(entry)]
            body(FileMark(path, index.contents[entry], index.sizes[entry]), index.sizes[entry])
        }
    }
}

/// A file as a layer stores it, by 64 bits of a hash of its path and content with a seed of this process.
///
/// Enough to say which layers are alike, which is advice; a million paths would take a hundred megabytes.
private struct FileMark: Hashable {
    private let value: Int

    init(_ path: ArraySlice<UInt8>, _ content: ContentHash, _ size: Int64) {
        var hasher = Hasher()
        path.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(content)
        hasher.combine(size)
        value = hasher.finalize()
    }
}

/// Which layers store a file; nearly every file is in one of them.
private struct FileHolders {
    private var firsts: [FileMark: Int32] = [:]
    private var others: [FileMark: [Int32]] = [:]

    /// Notes a layer, once however often it stores the file; a layer's files are to be added together.
    mutating func add(_ layer: Int, of file: FileMark) {
        guard let first = firsts[file] else {
            firsts[file] = Int32(layer)
            return
        }
        if first != layer, others[file]?.last != Int32(layer) { others[file, default: []].append(Int32(layer)) }
    }

    func contains(_ file: FileMark) -> Bool { firsts[file] != nil }

    func forEach(of file: FileMark, _ body: (Int) -> Void) {
        if let first = firsts[file] { body(Int(first)) }
        for other in others[file] ?? [] { body(Int(other)) }
    }
}

/// The longest sequence that two lists have in common.
package enum LongestCommonSubsequence {
    /// Comparisons that are worth it: beyond, what stands between a common beginning and end counts as different.
    private static let largestTable = 4_000_000

    /// Its places in both lists, ascending; of several longest ones the earliest.
    package static func pairs<T: Equatable>(_ left: [T], _ right: [T]) -> [(left: Int, right: Int)] {
        let head = zip(left, right).prefix { $0 == $1 }.count
        let tail = zip(left[head...].reversed(), right[head...].reversed()).prefix { $0 == $1 }.count
        let middle = table(Array(left[head..<left.count - tail]), Array(right[head..<right.count - tail]))
        return (0..<head).map { ($0, $0) } + middle.map { ($0.left + head, $0.right + head) }
            + (0..<tail).map { (left.count - tail + $0, right.count - tail + $0) }
    }

    private static func table<T: Equatable>(_ left: [T], _ right: [T]) -> [(left: Int, right: Int)] {
        guard left.count * right.count <= largestTable else { return [] }
        var lengths = Array(repeating: Array(repeating: 0, count: right.count + 1), count: left.count + 1)
        for row in left.indices.reversed() {
            for column in right.indices.reversed() {
                lengths[row][column] =
                    left[row] == right[column]
                    ? lengths[row + 1][column + 1] + 1 : max(lengths[row + 1][column], lengths[row][column + 1])
            }
        }
        var pairs: [(left: Int, right: Int)] = []
        var (row, column) = (0, 0)
        while row < left.count, column < right.count {
            if left[row] == right[column] {
                pairs.append((row, column))
                row += 1
                column += 1
            } else if lengths[row + 1][column] >= lengths[row][column + 1] {
                row += 1
            } else {
                column += 1
            }
        }
        return pairs
    }
}
