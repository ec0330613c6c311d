/// Why the content that a layer stores is no longer visible: what removed the last name of its inode.
///
/// The order is the order of precedence when the last names go in one layer for different causes.
package enum WasteCause: UInt8, Sendable, CaseIterable, Comparable {
    /// A later layer stores a regular file with different content at the path.
    case overwritten = 0
    /// A later layer stores the same content at the path: chmod, chown, touch.
    case metadataOnly = 1
    /// A later layer puts something else at the path, or a non-directory in place of a directory above it.
    case typeChange = 2
    /// A later layer has a whiteout of the path or of a directory above it.
    case deleted = 3
    /// A later layer marks a directory above it opaque.
    case opaque = 4
    /// A later entry in the same layer replaced it.
    case duplicateEntry = 5

    /// The key in reports.
    package var name: String { "\(word)" }

    /// The same as a constant, for what is written many times.
    package var word: StaticString {
        switch self {
        case .overwritten: "overwritten"
        case .metadataOnly: "metadataOnly"
        case .typeChange: "typeChange"
        case .deleted: "deleted"
        case .opaque: "opaque"
        case .duplicateEntry: "duplicateEntry"
        }
    }

    /// Orders by precedence.
    package static func < (left: WasteCause, right: WasteCause) -> Bool { left.rawValue < right.rawValue }
}

/// A set of causes, one bit each.
struct WasteCauseSet: Sendable {
    private var bits: UInt8 = 0

    mutating func insert(_ cause: WasteCause) { bits |= 1 << cause.rawValue }

    func contains(_ cause: WasteCause) -> Bool { bits & 1 << cause.rawValue != 0 }

    /// The cause that takes precedence; `nil` when the set is empty.
    var first: WasteCause? { bits == 0 ? nil : WasteCause(rawValue: UInt8(bits.trailingZeroBitCount)) }
}

/// One inode whose content no name shows any more.
package struct WastedInode: Sendable, Hashable {
    /// The inode's number in its tree.
    package var inode: Int32
    /// What removed its last name.
    package var cause: WasteCause
    /// The layer that stores the content.
    package var storedBy: Int
    /// The layer that removed the last name; the same as `storedBy` for a duplicate entry.
    package var hiddenBy: Int
    /// Bytes: the content's logical size.
    package var bytes: Int64
}
