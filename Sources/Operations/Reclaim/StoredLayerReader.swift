package import ContentStorage
import Glibc
import ImageStorage
package import LayerArchive
package import OCISpec
package import Reclamation

/// Reads the layers of a store for a check, on as many threads as there are processors.
package struct StoredLayerReader: CheckTools, Sendable {
    private let limits: ScanLimits
    /// The sentence for a layer that cannot be read.
    private let words: @Sendable (LayerArchiveError) -> String

    /// A reader within limits; `words` are what a finding says of a layer that cannot be read.
    package init(limits: ScanLimits, words: @escaping @Sendable (LayerArchiveError) -> String) {
        self.limits = limits
        self.words = words
    }

    /// One pass over the blob: its digests, its totals and its index; every fault of the layer as a sentence.
    package func readLayer(
        _ blob: OpenedBlob, _ digest: Digest, progress: @escaping @Sendable (Int64) -> Void
    ) throws(LayerReadingError) -> LayerReading {
        var reported: Int64 = 0
        let source = FileRangeSource(fd: blob.fd, length: blob.size, name: digest.description)
        do throws(LayerArchiveError) {
            let scan = try LayerScanner.scan(
                source: source, limits: limits,
                progress: { bytes in
                    progress(bytes - reported)
                    reported = bytes
                })
            let facts = LayerFacts(scan)
            return LayerReading(
                digest: scan.digest, compressedBytes: scan.compressedBytes, compression: scan.compression.rawValue,
                facts: facts, encodedIndex: LayerIndexCodec.encode(scan.index))
        } catch {
            throw LayerReadingError(detail: words(error))
        }
    }

    /// Nil for bytes that are not an index.
    package func totals(ofIndex encoded: [UInt8]) -> (entryCount: Int, contentBytes: Int64)? {
        guard let index = decode(encoded) else { return nil }
        return (index.count, index.contentBytes)
    }

    /// Whether both list the same entries, and all contents that were kept are true; no index is like bytes that are none.
    package func isSameIndex(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard let left = decode(left), let right = decode(right) else { return false }
        // What was kept of contents may be more than a first reading keeps.
        return left.hasSameEntries(as: right) && left.keepsTrueContents && right.keepsTrueContents
    }

    /// On as many threads as the machine has processors.
    package func concurrently(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let workers = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        Threads.each(count: count, workers: workers, body)
    }

    private func decode(_ encoded: [UInt8]) -> LayerIndex? {
        do throws(RecordDecodeError) {
            return try LayerIndexCodec.decode(encoded)
        } catch {
            // The caller reports an index that does not decode.
            return nil
        }
    }
}
