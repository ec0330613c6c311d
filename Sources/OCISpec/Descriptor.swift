// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md

/// Names a blob: what it is, its digest, and its length.
package struct Descriptor: Hashable, Sendable, Codable {
    /// What the blob claims to be; never trusted without a look at the bytes.
    package var mediaType: String
    /// The digest of the blob's bytes as stored.
    package var digest: Digest
    /// The blob's length in bytes as stored; never negative once decoded.
    package var size: Int64
    /// Where else the blob may be had (foreign layers).
    package var urls: [String]?
    /// Notes on the blob, such as the name of an image.
    package var annotations: [String: String]?
    /// The machine that an index's image runs on.
    package var platform: Platform?
    /// What kind of artifact the blob is, when it is a manifest of one.
    package var artifactType: String?

    /// A descriptor from its parts.
    package init(
        mediaType: String, digest: Digest, size: Int64, urls: [String]? = nil, annotations: [String: String]? = nil,
        platform: Platform? = nil, artifactType: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.urls = urls
        self.annotations = annotations
        self.platform = platform
        self.artifactType = artifactType
    }
}
