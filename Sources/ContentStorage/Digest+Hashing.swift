package import OCISpec
package import StorageIO

import protocol Crypto.HashFunction
import struct Crypto.SHA256
import struct Crypto.SHA512

extension Digest {
    /// The digest of all that is in `file` now; `progress` gets the bytes of each step.
    package init(
        hashing file: File, with algorithm: Algorithm, progress: (Int64) -> Void = { _ in }
    ) throws(StorageError) {
        let hash: [UInt8] =
            switch algorithm {
            case .sha256: try Self.hash(file, SHA256(), progress)
            case .sha512: try Self.hash(file, SHA512(), progress)
            }
        guard let digest = Digest(algorithm: algorithm, bytes: hash) else {
            preconditionFailure("a hash has its algorithm's length")
        }
        self = digest
    }

    private static func hash(
        _ file: File, _ function: some HashFunction, _ progress: (Int64) -> Void
    ) throws(StorageError) -> [UInt8] {
        var function = function
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try file.read(into: buffer, at: offset)
            if count == 0 { return Array(function.finalize()) }
            function.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
            progress(Int64(count))
        }
    }

    /// The digest of `bytes`.
    package init(hashing bytes: [UInt8], with algorithm: Algorithm = .sha256) {
        let hash: [UInt8] =
            switch algorithm {
            case .sha256: Array(SHA256.hash(data: bytes))
            case .sha512: Array(SHA512.hash(data: bytes))
            }
        guard let digest = Digest(algorithm: algorithm, bytes: hash) else {
            preconditionFailure("a hash has its algorithm's length")
        }
        self = digest
    }
}
