package import OCISpec

/// Why several images cannot be written again to share what they have in common.
package enum AcrossFault: Hashable, Sendable {
    /// One image shares with none, and there is a limit.
    case badCount(limit: Int)
    /// Two of the new images would have one name.
    case sameName(Reference, String, String)
    /// What is to stay leaves no room for the layers above.
    case noRoom(maxLayers: Int)
    /// At this path two different files, or their attributes, have the same hash.
    case sameHash([UInt8])
}
