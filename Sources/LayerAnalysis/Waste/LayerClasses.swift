import LayerArchive
import OCISpec

/// Which layers of two images are the same: one number for each, equal where they are.
///
/// A diff ID is what a config calls a layer. Layers that share it are the same if they are one blob, or if what they hold was read and
/// is the same; else an image could call anything the other one's layer. Where times do not count, layers are the same too that
/// were read and differ in those alone.
struct LayerClasses {
    let a: [Int]
    let b: [Int]

    init(_ a: DiffSide, _ b: DiffSide, ignoringTimes: Bool = false) {
        var timeless: [(number: Int, index: LayerIndex)] = []
        var known: [Digest: [(number: Int, identity: LayerIdentity, index: LayerIndex)]] = [:]
        var count = 0
        func number(_ identity: LayerIdentity, _ index: LayerIndex) -> Int {
            let same = known[identity.diffID]?.first { other in
                if other.identity.isAbsent != identity.isAbsent { return false }
                return other.identity.digest == identity.digest || (!identity.isAbsent && other.index.hasSameEntries(as: index))
            }
            if let same { return same.number }
            if ignoringTimes, !identity.isAbsent {
                let bare = index.withoutTimes
                if let twin = timeless.first(where: { $0.index == bare }) { return twin.number }
                timeless.append((count + 1, bare))
            }
            count += 1
            known[identity.diffID, default: []].append((count, identity, index))
            return count
        }
        self.a = zip(a.layers, a.indexes).map(number)
        self.b = zip(b.layers, b.indexes).map(number)
    }

    /// How many layers both images begin with.
    var sharedCount: Int { zip(a, b).prefix { $0 == $1 }.count }
}
