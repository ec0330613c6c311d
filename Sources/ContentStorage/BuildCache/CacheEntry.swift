package import OCISpec

/// A record with where it is, and when it was of use.
package struct CacheEntry: Hashable, Sendable {
    /// What the step is, its inputs aside.
    package var slot: Digest
    /// What its inputs are.
    package var contents: Digest
    /// What the file says, decoded.
    package var record: CacheRecord
    /// When a build took it last, or made it: seconds since 1970.
    package var usedSeconds: Int64

    /// What the record keeps: its layer's blob, and the layer unpacked, by its diff ID.
    package var digests: [Digest] { [record.layer?.digest, record.diffID].compactMap(\.self) }

    /// The name of its file, in the folder of its slot.
    package var fileName: String { "\(contents.hex).json" }

    /// By which listings and plans name it: the first half of its contents' digest after the first half of its slot's.
    package var id: String { "\(slot.hex.prefix(12))-\(contents.hex.prefix(12))" }
}
