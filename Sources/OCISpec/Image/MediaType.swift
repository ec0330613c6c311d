// https://github.com/opencontainers/image-spec/blob/v1.1.1/media-types.md
// https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/manifest-v2-2.md#media-types

/// The media types of images, and what a type claims a blob to be.
package enum MediaType {
    /// An OCI image index.
    package static let index = "application/vnd.oci.image.index.v1+json"
    /// An OCI image manifest.
    package static let manifest = "application/vnd.oci.image.manifest.v1+json"
    /// An OCI image config.
    package static let config = "application/vnd.oci.image.config.v1+json"
    /// The two bytes `{}`: the config of an artifact that needs none.
    package static let empty = "application/vnd.oci.empty.v1+json"
    /// An uncompressed layer.
    package static let layer = "application/vnd.oci.image.layer.v1.tar"
    /// A layer under gzip.
    package static let layerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    /// A layer under zstd.
    package static let layerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    /// An uncompressed layer that registries do not carry.
    package static let nondistributableLayer = "application/vnd.oci.image.layer.nondistributable.v1.tar"

    /// Docker's index: a manifest list.
    package static let dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
    /// Docker's manifest, schema 2.
    package static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    /// Docker's image config.
    package static let dockerConfig = "application/vnd.docker.container.image.v1+json"
    /// Docker's uncompressed layer.
    package static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"
    /// Docker's layer under gzip.
    package static let dockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    /// Docker's layer under zstd.
    package static let dockerLayerZstd = "application/vnd.docker.image.rootfs.diff.tar.zstd"
    /// Docker's uncompressed layer that registries do not carry.
    package static let dockerForeignLayer = "application/vnd.docker.image.rootfs.foreign.diff.tar"

    /// Whether the type is an index's, OCI's or Docker's.
    package static func isIndex(_ type: String) -> Bool {
        type == index || type == dockerManifestList
    }

    /// Whether the type is an image manifest's, OCI's or Docker's schema 2.
    package static func isManifest(_ type: String) -> Bool {
        type == manifest || type == dockerManifest
    }

    /// Whether the type is an image config's, OCI's or Docker's.
    package static func isImageConfig(_ type: String) -> Bool {
        type == config || type == dockerConfig
    }

    /// Whether the type may be that of a document which leads to others: an index's or a manifest's of whatever specification and
    /// version, by its own word.
    ///
    /// OCI's artifact manifest, Docker's first schema and what comes later all say so in their names.
    package static func mayBeDocument(_ type: String) -> Bool {
        let type = type.lowercased()
        return type.contains("manifest") || type.contains("index")
    }

    /// Whether a manifest with a config of this type is an image's, as docker has it.
    ///
    /// Beside the types of image configs these are the wrong ones that docker 1.10 and registries of its time gave to images; an
    /// empty one is a config that came without a type.
    package static func countsAsImageConfig(_ type: String) -> Bool {
        isImageConfig(type) || ["application/octet-stream", "application/json", "text/html", ""].contains(type)
    }

    /// Whether the type is a tar layer's, under any compression, foreign ones included; an encrypted layer is no tar.
    package static func isLayer(_ type: String) -> Bool {
        isTar(type, of: layer, joint: "+") || isTar(type, of: dockerLayer, joint: ".") || isForeignLayer(type)
    }

    /// Whether the type is a layer's that registries do not carry; its bytes may be had from the descriptor's `urls`.
    package static func isForeignLayer(_ type: String) -> Bool {
        isTar(type, of: nondistributableLayer, joint: "+") || isTar(type, of: dockerForeignLayer, joint: ".")
    }

    /// Whether the type is an encrypted layer's, whose bytes nobody can read who lacks its key.
    ///
    /// https://github.com/containers/ocicrypt/blob/v1.2.1/spec/spec.go
    package static func isEncryptedLayer(_ type: String) -> Bool {
        let mark = "+encrypted"
        return type.hasSuffix(mark) && isLayer(String(type.dropLast(mark.count)))
    }

    /// Whether the text has the form `type/subtype` of RFC 6838, which a descriptor's media type must have.
    package static func isWellFormed(_ type: String) -> Bool {
        let parts = type.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy(isRestrictedName)
    }

    private static func isTar(_ type: String, of plain: String, joint: Character) -> Bool {
        guard type.hasPrefix(plain) else { return false }
        let rest = type.dropFirst(plain.count)
        return rest.isEmpty || (rest.first == joint && rest.count > 1 && !rest.dropFirst().contains("+"))
    }

    private static func isRestrictedName(_ name: Substring.UTF8View.SubSequence) -> Bool {
        guard let first = name.first, first.isASCIIAlphanumeric, name.count <= 127 else { return false }
        return name.dropFirst().allSatisfy { $0.isASCIIAlphanumeric || "!#$&-^_.+".utf8.contains($0) }
    }
}
