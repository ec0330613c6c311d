package import OCISpec

import struct Crypto.SHA256
import struct Crypto.SHA512

extension Digest {
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
