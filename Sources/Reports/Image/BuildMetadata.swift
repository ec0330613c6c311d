// https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file

package import OCISpec

/// What `build --metadata-file` writes, in buildx' words.
package struct BuildMetadata: Sendable {
    private let root: Descriptor
    private let config: Digest?
    private let names: [String]

    /// The metadata of an image; `config` is nil where it has several.
    package init(root: Descriptor, config: Digest?, names: [String]) {
        self.root = root
        self.config = config
        self.names = names
    }

    /// The document.
    package var json: JSONValue {
        var fields: JSONFields = [
            "containerimage.digest": .string(root.digest.description),
            "containerimage.descriptor": .object([
                "mediaType": .string(root.mediaType), "digest": .string(root.digest.description), "size": .integer(root.size),
            ]),
        ]
        if let config { fields["containerimage.config.digest"] = .string(config.description) }
        if !names.isEmpty { fields["image.name"] = .string(names.joined(separator: ",")) }
        return .object(fields)
    }
}
