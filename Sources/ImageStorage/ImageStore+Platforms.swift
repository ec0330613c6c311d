import ContentStorage
import OCISpec

extension ImageStore {
    /// How deep indexes nest in one another at most; real ones once or twice.
    package static let maxDepth = 8
    /// How many documents one entry of `index.json` leads to at most.
    package static let maxManifests = 10_000

    /// The manifests that an index lists, those of nested indexes in their place; of a manifest, itself.
    ///
    /// Attestations are left out; manifests that the store has not are among them.
    func manifests(of root: Descriptor) throws(ImageError) -> [Descriptor] {
        var found: [Descriptor] = []
        var visited: Set<Digest> = []
        try collect(root, root: root.digest, depth: 0, visited: &visited, into: &found)
        return found
    }

    func isPresent(_ digest: Digest) throws(ImageError) -> Bool {
        try reading { () throws(ContentError) in try content.size(of: digest) } != nil
    }

    private func collect(
        _ descriptor: Descriptor, root: Digest, depth: Int, visited: inout Set<Digest>, into found: inout [Descriptor]
    ) throws(ImageError) {
        guard visited.insert(descriptor.digest).inserted else { return }
        guard depth <= Self.maxDepth, visited.count <= Self.maxManifests else { throw .tooManyManifests(root) }
        guard MediaType.isIndex(descriptor.mediaType) else {
            found.append(descriptor)
            return
        }
        if depth > 0, try !isPresent(descriptor.digest) { return }
        for child in try document(ImageIndex.self, descriptor).value.manifests where !child.isAttestation {
            try collect(child, root: root, depth: depth + 1, visited: &visited, into: &found)
        }
    }

    /// The manifest to take from an index: for the wanted platform, else for this machine, else the only one there is.
    func choose(from index: Descriptor, platform wanted: Platform?) throws(ImageError) -> Descriptor {
        var available: [(platform: Platform, descriptor: Descriptor)] = []
        for manifest in try manifests(of: index) where MediaType.isManifest(manifest.mediaType) {
            guard try isPresent(manifest.digest) else { continue }
            if let platform = try platform(of: manifest) { available.append((platform, manifest)) }
        }
        let fitting = available.filter { $0.platform.satisfies(wanted ?? .host) }
        // Of several variants that fit, the plain one.
        let best = fitting.first { $0.platform.plainVariant == nil } ?? fitting.first
        if let best { return best.descriptor }
        if wanted == nil, available.count == 1 { return available[0].descriptor }
        throw .noSuchPlatform(index.digest, wanted: wanted, available: available.map(\.platform))
    }

    /// The platform by the index's word, else by the config's; nil for what is no image.
    private func platform(of manifest: Descriptor) throws(ImageError) -> Platform? {
        let document = try document(ImageManifest.self, manifest).value
        if document.isArtifact { return nil }
        if let platform = manifest.platform { return platform }
        return try self.document(ImageConfig.self, document.config).value.platform
    }
}
