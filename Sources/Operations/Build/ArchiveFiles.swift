import ContentStorage
import ImageBuild
import LayerAnalysis
import LayerArchive
import StorageIO

/// Tars as sources of files.
enum ArchiveFiles {
    /// What a tar holds, compressed or not; nil for any other file.
    ///
    /// `isCompressedFileFine` says that what is compressed and no tar inside is such another file, not a damaged one.
    static func open(
        _ file: File, offset: Int64 = 0, size: Int64, _ session: IngestSession, limits: ScanLimits, isCompressedFileFine: Bool
    ) throws -> LayeredFiles? {
        guard try mayBeTar(file, offset: offset, size: size) else { return nil }
        var limits = limits
        limits.passesOverNameless = true
        let open = { @Sendable in FileRangeSource(fd: file.fd, offset: offset, length: size, name: file.path, keeping: file) }
        let scan: LayerScan
        do {
            scan = try LayerScanner.scan(source: open(), limits: limits)
        } catch {
            if isCompressedFileFine, case .badTar(let place, _) = error, place.index == 0 { return nil }
            throw error
        }
        var tree = MergedTree()
        do { try tree.apply(scan.index) } catch {
            throw OperationError.analysis(image: file.path, error)
        }
        return LayeredFiles(TreeFiles(tree, [scan.index]), session, limits) { _ throws(ContentError) in open() }
    }

    /// A compressed file, or one with a tar's mark in its first block.
    private static func mayBeTar(_ file: File, offset: Int64, size: Int64) throws(StorageError) -> Bool {
        var block = [UInt8](repeating: 0, count: Int(min(size, 512)))
        let wanted = block.count
        var failure: StorageError?
        let count = block.withUnsafeMutableBytes { buffer in
            do throws(StorageError) { return try file.read(into: buffer, at: offset) } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        guard count == wanted else { return false }
        let isCompressed = Compression.detect(prefix: block) != .none
        return isCompressed || (block.count == 512 && block[257..<262].elementsEqual("ustar".utf8))
    }
}
