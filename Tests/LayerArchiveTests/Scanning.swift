import Foundation
import LayerArchive
import TestSupport

/// The scan of a layer whose stored bytes are `bytes`.
func scan(
    _ bytes: [UInt8], limits: ScanLimits = ScanLimits(), step: Int = .max
) throws(LayerArchiveError) -> LayerScan {
    try LayerScanner.scan(source: MemorySource(bytes, step: step), limits: limits)
}

/// The entries of a tar of `members`.
func entries(_ members: [TarMember]) throws(LayerArchiveError) -> [LayerEntry] {
    let index = try scan(Tar(members).bytes).index
    return (0..<index.count).map { index[$0] }
}

/// What scanning `bytes` throws; nil when it is fine.
func failure(_ bytes: [UInt8], limits: ScanLimits = ScanLimits()) -> LayerArchiveError? {
    do throws(LayerArchiveError) {
        _ = try scan(bytes, limits: limits)
        return nil
    } catch {
        return error
    }
}

/// What scanning a tar of `members` throws.
func failure(_ members: [TarMember]) -> LayerArchiveError? { failure(Tar(members).bytes) }

extension LayerArchiveError {
    /// The case without its values.
    var name: String { String("\(self)".prefix { $0 != "(" }) }

    /// The name of the entry that is to blame.
    var entryName: String? {
        switch self {
        case .tarTruncated(let place), .badTar(let place, _), .parentTraversal(let place), .badWhiteout(let place),
            .linkTargetTraversal(let place, _), .emptyLinkTarget(let place), .unsupportedEntry(let place),
            .badSparseMap(let place), .emptyName(let place), .limitExceeded(_, _, .some(let place)):
            place.path.map { String(decoding: $0, as: UTF8.self) }
        default: nil
        }
    }
}

extension LayerEntry {
    var name: String { String(decoding: path, as: UTF8.self) }
    var target: String { String(decoding: linkTarget, as: UTF8.self) }
}

/// A file of these bytes, gone when the test is over.
final class TemporaryFile {
    let url: URL

    init(_ bytes: [UInt8] = []) throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("strata-test-\(UUID().uuidString)")
        try Data(bytes).write(to: url)
    }

    deinit { _ = try? FileManager.default.removeItem(at: url) }

    /// Runs `body` with the file open for reading and writing.
    func opened<T>(_ body: (Int32) throws -> T) throws -> T {
        let handle = try FileHandle(forUpdating: url)
        defer { _ = try? handle.close() }
        return try body(handle.fileDescriptor)
    }
}
