import ContentStorage
import ImageStorage
import LayerArchive
import OCISpec

extension ReadLayer {
    /// Reads a layer whole; `progress` gets the bytes of each step.
    init(
        _ blob: OpenedBlob, _ digest: Digest, limits: ScanLimits, progress: @escaping @Sendable (Int64) -> Void
    ) throws(LayerArchiveError) {
        var reported: Int64 = 0
        let source = FileRangeSource(fd: blob.fd, length: blob.size, name: digest.description)
        self.init(
            try LayerScanner.scan(
                source: source, limits: limits,
                progress: { bytes in
                    progress(bytes - reported)
                    reported = bytes
                }))
    }
}

/// Why a layer cannot be read, in words.
struct UnreadableLayer: Error {
    let words: String
}

/// Encoded layer indexes, as the catalog keeps them.
enum EncodedIndex {
    /// The totals of an index; nil for one that does not decode.
    static func totals(_ encoded: [UInt8]) -> (entryCount: Int, contentBytes: Int64)? {
        guard let index = decode(encoded) else { return nil }
        return (index.count, index.contentBytes)
    }

    /// Whether two encoded indexes are the same index.
    static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard let left = decode(left), let right = decode(right) else { return false }
        // What was kept of contents may be more than a first reading keeps.
        return left.hasSameEntries(as: right) && left.keepsTrueContents && right.keepsTrueContents
    }

    private static func decode(_ encoded: [UInt8]) -> LayerIndex? {
        do throws(RecordDecodeError) {
            return try LayerIndexCodec.decode(encoded)
        } catch {
            // An index that does not decode is a finding of the caller's.
            return nil
        }
    }
}
