import Crypto
package import OCISpec

/// A SHA-256 that grows with a stream.
///
/// Crypto's SHA-256 uses the processor's own instructions where it has them.
package struct StreamHash {
    private var hash = SHA256()

    /// The hash of no bytes.
    package init() {}

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    /// The digest of all bytes so far.
    package func digest() -> OCISpec.Digest {
        guard let digest = OCISpec.Digest(bytes: Array(hash.finalize())) else {
            preconditionFailure("SHA-256 gives 32 bytes")
        }
        return digest
    }
}
