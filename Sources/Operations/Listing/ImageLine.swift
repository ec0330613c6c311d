import OCISpec

/// What a listing says of one image, but for the names that it goes by: the same wherever it stands.
struct ImageLine: Sendable {
    let digest: Digest
    /// The fields, without braces.
    let fields: [UInt8]
    /// What it is for; nil for an artifact.
    let platform: Platform?
    let isArtifact: Bool

    /// The fields that a listing writes, which no field of a file takes the place of.
    static let fields: Set = [
        "repository", "tag", "source", "digest", "index", "images", "artifacts", "platform", "created", "labels", "config",
        "diffIDs",
        "layers", "artifactType", "subject", "error", "retry",
    ]

    /// Those among them that depend on the image alone.
    static let imageFields = fields.subtracting(["repository", "tag", "source", "error", "retry"])

    /// A line that was written by an earlier listing.
    init(_ digest: Digest, fields: [UInt8], platform: Platform?, isArtifact: Bool) {
        self.digest = digest
        self.fields = fields
        self.platform = platform
        self.isArtifact = isArtifact
    }

    /// The line of a manifest; `config` is nil for an artifact's.
    init(_ manifest: ImageManifest, _ descriptor: Descriptor, within index: IndexCount?, config: ImageConfig?, type: String?) {
        digest = descriptor.digest
        let listed = descriptor.platform
        platform = config.map { $0.platform.isSilent ? listed ?? $0.platform : $0.platform }
        isArtifact = config == nil
        var line = JSONLine()
        line.begin(with: [])
        line.field("digest", descriptor.digest)
        line.field("index", index?.digest)
        if let index {
            line.field("images", Int64(index.imageCount))
            line.field("artifacts", Int64(index.artifactCount))
        }
        line.field("platform", platform?.description)
        line.field("created", config?.created)
        line.field("labels", json: .textFields(config?.config?.labels ?? [:]))
        line.key("config")
        line.begin()
        line.field("digest", manifest.config.digest)
        line.field("size", manifest.config.size)
        line.endObject()
        line.key("diffIDs")
        if let config { line.list(config.rootfs.diffIDs) { $0.digest($1) } } else { line.null() }
        line.key("layers")
        line.list(manifest.layers) { Self.write($1, to: &$0) }
        if let type { line.field("artifactType", type) }
        if let subject = manifest.subject { line.field("subject", subject.digest) }
        // The comma before the first field.
        fields = Array(line.bytes.dropFirst())
    }

    private static func write(_ layer: Descriptor, to line: inout JSONLine) {
        line.begin()
        line.field("digest", layer.digest)
        line.field("size", layer.size)
        line.field("mediaType", layer.mediaType)
        let notes = (layer.annotations ?? [:]).filter { TableAnnotation.isOne($0.key.text) }
        if !notes.isEmpty { line.field("annotations", json: .textFields(notes)) }
        line.endObject()
    }
}

/// How many manifests an index leads to, so that its lines can be told to be all of them.
struct IndexCount: Sendable {
    let digest: Digest
    var imageCount = 0
    var artifactCount = 0
}

/// Annotations of a layer by which its table of contents is found.
enum TableAnnotation {
    /// Whether a key is one of them.
    static func isOne(_ key: String) -> Bool {
        key == "containerd.io/snapshot/stargz/toc.digest" || key.contains("containers.zstd-chunked.manifest-")
    }
}
