import ImageTransfer
import Operations

/// When a tree is made of the layers that are read so far: one at a time, and none that takes more than a fifth of the time.
struct PartialTrees {
    private var shownCount = 0
    private var began: Double?
    private var notBefore = 0.0

    /// Whether one is to be made now that so many layers are read.
    mutating func begin(_ count: Int, of outline: ImageOutline) -> Bool {
        let now = Clock.monotonicSeconds
        // Of all of them the whole tree is being made already.
        guard began == nil, count > shownCount, count < outline.blobBytes.count, now >= notBefore else { return false }
        (shownCount, began) = (count, now)
        return true
    }

    /// It was made.
    mutating func end() {
        let now = Clock.monotonicSeconds
        notBefore = now + 4 * (now - (began ?? now))
        began = nil
    }
}
