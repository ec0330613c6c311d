import CXXHash
import CZstd

/// Why bytes are no record.
package enum RecordDecodeError: Error, Hashable, Sendable {
    /// Written by a later version of the format.
    case unknownVersion(UInt8)
    /// Cut short, changed, or never a record.
    case damaged
}

/// A derived record as it is kept in a database that other processes may damage.
///
/// `version (1) · XXH3-64 of all that follows (8) · zstd frame of the payload`
package enum SealedRecord {
    static let headerBytes = 9
    /// More than any record has; what a damaged number can ask for stays bounded.
    static let maxBytes = 8 << 30

    /// The payload, compressed and with version and checksum before it.
    package static func seal(_ payload: [UInt8], version: UInt8) -> [UInt8] {
        let frame = compress(payload)
        let sum = XXH3_64bits(frame, frame.count)
        return [version] + withUnsafeBytes(of: sum.littleEndian) { Array($0) } + frame
    }

    /// The payload of a record of this version.
    package static func open(_ bytes: [UInt8], version: UInt8) throws(RecordDecodeError) -> [UInt8] {
        guard bytes.count > headerBytes else { throw .damaged }
        guard bytes[0] == version else { throw .unknownVersion(bytes[0]) }
        var payload: [UInt8]?
        bytes.withUnsafeBytes { bytes in
            let sum = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt64.self))
            let frame = UnsafeRawBufferPointer(rebasing: bytes[headerBytes...])
            guard XXH3_64bits(frame.baseAddress, frame.count) == sum else { return }
            let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
            guard size <= UInt64(maxBytes) else { return }
            let target = [UInt8](unsafeUninitializedCapacity: Int(size)) { target, count in
                let result = ZSTD_decompress(target.baseAddress, target.count, frame.baseAddress, frame.count)
                count = ZSTD_isError(result) == 0 ? result : 0
            }
            if target.count == Int(size) { payload = target }
        }
        guard let payload else { throw .damaged }
        return payload
    }

    private static func compress(_ bytes: [UInt8]) -> [UInt8] {
        let bound = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            let size = ZSTD_compress(target.baseAddress, bound, bytes, bytes.count, 3)
            // With room for the bound only a lack of memory is left to fail.
            precondition(ZSTD_isError(size) == 0, "zstd is out of memory")
            count = size
        }
    }
}
