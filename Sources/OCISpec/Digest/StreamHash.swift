internal import CCrypto

/// A SHA-256 or SHA-512 that grows with a stream; a copy goes on by itself.
///
/// OpenSSL's functions use the processor's own instructions where it has them.
package struct StreamHash: Sendable {
    private enum State: Sendable {
        case sha256(SHA256_CTX)
        case sha512(SHA512_CTX)
    }

    private var state: State

    /// The version of libcrypto whose functions are part of this program.
    package static var libraryVersion: String { OPENSSL_VERSION_STR }

    /// The hash of no bytes.
    package init(_ algorithm: Digest.Algorithm = .sha256) {
        switch algorithm {
        case .sha256:
            var context = SHA256_CTX()
            SHA256_Init(&context)
            state = .sha256(context)
        case .sha512:
            var context = SHA512_CTX()
            SHA512_Init(&context)
            state = .sha512(context)
        }
    }

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch state {
        case .sha256(var context):
            SHA256_Update(&context, bytes.baseAddress, bytes.count)
            state = .sha256(context)
        case .sha512(var context):
            SHA512_Update(&context, bytes.baseAddress, bytes.count)
            state = .sha512(context)
        }
    }

    /// The digest of all bytes so far.
    package func digest() -> Digest {
        switch state {
        case .sha256(var context): Self.digest(.sha256) { SHA256_Final($0, &context) }
        case .sha512(var context): Self.digest(.sha512) { SHA512_Final($0, &context) }
        }
    }

    private static func digest(
        _ algorithm: Digest.Algorithm, _ finish: (UnsafeMutablePointer<UInt8>?) -> Int32
    ) -> Digest {
        let count = algorithm.hexLength / 2
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            _ = finish(buffer.baseAddress)
            filled = count
        }
        guard let digest = Digest(algorithm: algorithm, bytes: bytes) else {
            preconditionFailure("a hash has its algorithm's length")
        }
        return digest
    }
}

extension Digest {
    /// The digest of `bytes`.
    package init(hashing bytes: [UInt8], with algorithm: Algorithm = .sha256) {
        var hash = StreamHash(algorithm)
        bytes.withUnsafeBytes { hash.update($0) }
        self = hash.digest()
    }
}
