import Distribution
import ImageStorage
import OCISpec

/// Follows a manifest or an index to all images that it leads to.
struct ManifestWalk {
    private let source: any ListedSource
    private let settings: ImageLister.Settings
    private let name: ListedName
    private(set) var found = ImageLister.Found()
    private var visited: Set<Digest> = []

    /// A part of an index, to be looked at when it is known how many there are.
    private struct Part {
        let descriptor: Descriptor
        let isArtifact: Bool
    }

    init(_ source: any ListedSource, _ settings: ImageLister.Settings, _ name: ListedName) {
        self.source = source
        self.settings = settings
        self.name = name
    }

    /// Follows `root`, whose document may be at hand.
    mutating func run(_ root: Digest, _ document: ListedDocument?) throws {
        let document = try document ?? source.document(root, of: name)
        switch try decode(document) {
        case .manifest(let manifest):
            try add(manifest, Descriptor(mediaType: "", digest: root, size: 0), within: nil)
        case .index(let index):
            visited.insert(root)
            var parts: [Part] = []
            try collect(index, depth: 1, &parts)
            let count = IndexCount(
                digest: root, imageCount: parts.count { !$0.isArtifact }, artifactCount: parts.count { $0.isArtifact })
            for part in parts where isWanted(part) { addPart(part, within: count) }
        }
    }

    private func decode(_ document: ListedDocument) throws(DistributionError) -> ImageDocument {
        do { return try decodeDocument(ImageDocument.self, from: document.bytes) } catch {
            throw .badDocument("\(name.title), \(document.descriptor.digest.short)", error)
        }
    }

    /// The manifests of an index, those of nested ones in their place.
    private mutating func collect(_ index: ImageIndex, depth: Int, _ parts: inout [Part]) throws {
        for entry in index.manifests {
            guard MediaType.isIndex(entry.mediaType) else {
                let isFirst = visited.insert(entry.digest).inserted
                if isFirst { parts.append(Part(descriptor: entry, isArtifact: !entry.isImageEntry)) }
                continue
            }
            guard visited.insert(entry.digest).inserted else { continue }
            guard depth < ImageStore.maxDepth else {
                throw DistributionError.tooManyManifests(name.title, .nesting(ImageStore.maxDepth))
            }
            let document: ImageDocument
            do { document = try decode(try source.document(entry.digest, of: name)) } catch {
                found.failures.append((entry.digest, nil, error))
                continue
            }
            guard case .index(let nested) = document else { continue }
            try collect(nested, depth: depth + 1, &parts)
        }
        let limit = DocumentLimits.default.maxManifests
        guard parts.count <= limit else { throw DistributionError.tooManyManifests(name.title, .manifests(limit)) }
    }

    /// Whether a part need be looked at at all.
    private func isWanted(_ part: Part) -> Bool {
        if part.isArtifact { return settings.listsArtifacts }
        guard !settings.platforms.isEmpty, let platform = part.descriptor.platform else { return true }
        return settings.platforms.contains { PlatformPreference($0).rank(platform) != nil }
    }

    private mutating func addPart(_ part: Part, within count: IndexCount) {
        do {
            let document = try source.document(part.descriptor.digest, of: name)
            guard case .manifest(let manifest) = try decode(document) else { return }
            try add(manifest, part.descriptor, within: count)
        } catch {
            found.failures.append((part.descriptor.digest, count.digest, error))
        }
    }

    private mutating func add(_ manifest: ImageManifest, _ descriptor: Descriptor, within count: IndexCount?) throws {
        if case .artifact(let type) = manifest.content(listedAs: descriptor.mediaType.isEmpty ? nil : descriptor) {
            found.lines.append(ImageLine(manifest, descriptor, within: count, config: nil, type: type))
            return
        }
        let bytes = try source.config(manifest.config, of: name)
        let config: ImageConfig
        do { config = try decodeDocument(ImageConfig.self, from: bytes) } catch {
            throw DistributionError.badDocument("\(name.title), config \(manifest.config.digest.short)", error)
        }
        found.lines.append(ImageLine(manifest, descriptor, within: count, config: config, type: nil))
    }
}
