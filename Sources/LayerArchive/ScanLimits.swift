/// How far a scan follows a layer before it calls it hostile.
///
/// Every limit is adjustable.
package struct ScanLimits: Hashable, Sendable {
    /// Bytes of the decompressed stream; 64 GiB.
    package var maxTarBytes: Int64 = 64 << 30
    /// Entries of the tar, markers and duplicates included; 10 million.
    package var maxEntries: Int = 10_000_000
    /// Bytes of one path or link target as written; 64 KiB.
    package var maxPathBytes: Int = 64 << 10
    /// Bytes of all paths and link targets, which the index keeps in memory; 2 GiB.
    package var maxNameBytes: Int = 2 << 30
    /// Bytes that one entry may have in headers, extended headers and sparse maps, which are kept in memory at up to
    /// twelve times their size; 48 MiB.
    package var maxHeaderBytes: Int = 48 << 20
    /// Bytes of all logical sizes together, which sparse files can claim for nothing; 2^53, so that sums stay exact in JSON.
    package var maxContentBytes: Int64 = 1 << 53
    /// Decompressed bytes for each stored byte.
    ///
    /// Deflate cannot give more than 1032, so no honest gzip layer reaches 1100.
    package var maxRatio: Int64 = 1100
    /// The ratio counts only from this many decompressed bytes on: below it a bomb does no harm, and a layer of
    /// zeros in zstd is honest at any ratio; 1 GiB.
    package var ratioFloorBytes: Int64 = 1 << 30

    /// Whether entries without a name are passed over, as those do who unpack archives; a layer must have none.
    package var passesOverNameless = false

    /// The default limits.
    package init() {}
}
