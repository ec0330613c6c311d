import ContentStorage
import Glibc
import ImageStorage
import LayerArchive
import OCISpec
import Reclamation

/// Reads layers for a check, on as many threads as there are processors.
struct LayerTools: CheckTools, Sendable {
    let limits: ScanLimits
    /// Entries of the one layer that is read whose contents are to be kept, whatever they are called.
    var kept: Set<Int> = []

    func readLayer(
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
            throw LayerReadingError(detail: ErrorSentence(error, in: "the layer").message)
        }
    }

    func totals(ofIndex encoded: [UInt8]) -> (entryCount: Int, contentBytes: Int64)? {
        guard let index = decode(encoded) else { return nil }
        return (index.count, index.contentBytes)
    }

    func isSameIndex(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard let left = decode(left), let right = decode(right) else { return false }
        // What was kept of contents may be more than a first reading keeps.
        return left.hasSameEntries(as: right) && left.keepsTrueContents && right.keepsTrueContents
    }

    func concurrently(count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let workers = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        // The jobs throw nothing.
        do { _ = try Threads.concurrently(count: count, workers: workers) { body($0) } } catch {}
    }

    private func decode(_ encoded: [UInt8]) -> LayerIndex? {
        do { return try LayerIndexCodec.decode(encoded) } catch { return nil }
    }
}
