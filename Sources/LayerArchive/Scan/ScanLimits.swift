package import OCISpec

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
    /// Bytes of the paths of directories that entries imply and the layer does not store, beyond sixteen times those that it does.
    ///
    /// A listing shows every directory with its whole path, so that a path of thousands of parts makes millions of bytes; honest
    /// paths have some ten parts. 64 MiB.
    package var maxImpliedBytes: Int = 64 << 20
    /// Decompressed bytes for each stored byte.
    ///
    /// Deflate cannot give more than 1032, so no honest gzip layer reaches 1100.
    package var maxRatio: Int64 = 1100
    /// The ratio counts only from this many decompressed bytes on, below which a bomb does no harm: 1 GiB, and four times that
    /// for what can hold long runs of zeros in next to nothing, see `ratioFloor`.
    package var ratioFloorBytes: Int64 = 1 << 30
    /// Bytes of the window that a zstd frame may want, which the decoder keeps in memory; 128 MiB, the most that zstd(1) takes
    /// without being asked, and 2 GiB at most.
    package var maxWindowBytes: Int64 = 128 << 20

    /// What manifests, indexes, configs and other documents of a source may have.
    package var documents = DocumentLimits.default

    /// Whether entries without a name are passed over, as those do who unpack archives; a layer must have none.
    package var passesOverNameless = false

    /// The default limits.
    package init() {}

    /// From how many decompressed bytes on the ratio counts.
    ///
    /// Deflate ends at 1032, but zstd gives 32,768 bytes for each of a run of zeros, bzip2 and xz more, and a hole costs nothing:
    /// there an honest file, such as a `lastlog` of a gigabyte, has any ratio, so only its size can tell it from a bomb.
    package func ratioFloor(_ compression: Compression) -> Int64 {
        compression == .gzip ? ratioFloorBytes : ratioFloorBytes.multipliedReportingOverflow(by: 4).partialValue
    }
}
