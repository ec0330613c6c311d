/// Some of several images, by number; `capacity` at the most.
package struct ImageSet: Hashable, Sendable {
    /// How many images there can be.
    package static let capacity = 256

    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    /// No image.
    package init() {}

    /// The images of these numbers.
    package init(_ images: some Sequence<Int>) {
        for image in images { insert(image) }
    }

    /// The images whose bits are set, of the first 64.
    init(bits: UInt64) { first = bits }

    /// The first 64 images as bits.
    var bits: UInt64 { first }

    /// Adds an image.
    package mutating func insert(_ image: Int) {
        let bit = UInt64(1) << UInt64(image & 63)
        switch image >> 6 {
        case 0: first |= bit
        case 1: second |= bit
        case 2: third |= bit
        default: fourth |= bit
        }
    }

    /// Whether an image is one of them.
    package func contains(_ image: Int) -> Bool {
        let bit = UInt64(1) << UInt64(image & 63)
        switch image >> 6 {
        case 0: return first & bit != 0
        case 1: return second & bit != 0
        case 2: return third & bit != 0
        default: return fourth & bit != 0
        }
    }

    /// How many images there are.
    package var count: Int {
        first.nonzeroBitCount + second.nonzeroBitCount + third.nonzeroBitCount + fourth.nonzeroBitCount
    }

    /// Whether there is none.
    package var isEmpty: Bool { first | second | third | fourth == 0 }

    /// Whether all of them are among others.
    package func isSubset(of other: ImageSet) -> Bool {
        (first & ~other.first) | (second & ~other.second) | (third & ~other.third) | (fourth & ~other.fourth) == 0
    }

    /// Those that are in both.
    package func intersection(_ other: ImageSet) -> ImageSet {
        var result = self
        result.first &= other.first
        result.second &= other.second
        result.third &= other.third
        result.fourth &= other.fourth
        return result
    }

    /// Those that are in either.
    package func union(_ other: ImageSet) -> ImageSet {
        var result = self
        result.first |= other.first
        result.second |= other.second
        result.third |= other.third
        result.fourth |= other.fourth
        return result
    }

    /// Those that are not among others.
    package func subtracting(_ other: ImageSet) -> ImageSet {
        var result = self
        result.first &= ~other.first
        result.second &= ~other.second
        result.third &= ~other.third
        result.fourth &= ~other.fourth
        return result
    }

    /// Their numbers, ascending.
    package var members: [Int] {
        var found: [Int] = []
        found.reserveCapacity(count)
        for (place, word) in [first, second, third, fourth].enumerated() {
            var rest = word
            while rest != 0 {
                found.append(place << 6 | rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        return found
    }

    /// An order of sets of one size: that of their lowest members.
    package func precedes(_ other: ImageSet) -> Bool {
        for (left, right) in [
            (first, other.first), (second, other.second), (third, other.third), (fourth, other.fourth),
        ] where left != right {
            let differing = left ^ right
            return left & (differing & (~differing &+ 1)) != 0
        }
        return false
    }
}
