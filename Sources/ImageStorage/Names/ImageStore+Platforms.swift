import ContentStorage
package import OCISpec
import StorageIO

extension ImageStore {
    /// How deep indexes nest in one another at most; real ones once or twice.
    package static let maxDepth = 8
    /// How many documents one entry of `index.json` leads to at most.
    package static let maxManifests = DocumentLimits.stored.maxManifests

    /// A manifest that an index lists.
    struct ListedManifest {
        let descriptor: Descriptor
        /// What it says, or why it cannot be read; nil where the store does not have it.
        let content: Result<ImageManifest, ImageError>?
    }

    /// Whether a text means an index, and not a manifest that stands alone.
    package func isIndex(_ text: String) throws(ImageError) -> Bool {
        guard case .index = try document(ImageDocument.self, try resolve(text)).value else { return false }
        return true
    }

    /// What an index lists, and what of that is an image that the store has.
    package struct IndexParts: Sendable {
        /// The index itself.
        package let index: ImageIndex
        /// Its images, those of nested indexes in their place; one that is listed for several platforms is there several times.
        package let images: [Descriptor]
        /// How many images it lists that the store does not have.
        package let absentCount: Int
        /// How many entries are no image's: attestations and other artifacts.
        package let artifactCount: Int
    }

    /// The parts of an index; nil for a manifest.
    ///
    /// What cannot be read is an error.
    package func parts(of root: Descriptor) throws(ImageError) -> IndexParts? {
        guard case .index(let index) = try document(ImageDocument.self, root).value else { return nil }
        var images: [Descriptor] = []
        var absentCount = 0
        var artifactCount = index.manifests.count { !$0.isImageEntry } + index.oddEntries.count
        for listed in try manifests(of: root) {
            guard let content = listed.content else {
                absentCount += 1
                continue
            }
            if try content.get().isImage { images.append(listed.descriptor) } else { artifactCount += 1 }
        }
        return IndexParts(index: index, images: images, absentCount: absentCount, artifactCount: artifactCount)
    }

    /// Every image that `index.json` lists and that can be read, each platform by itself, with its names.
    package func allImages() throws(ImageError) -> [(entry: NamedImage, record: ImageRecord)] {
        var images: [(entry: NamedImage, record: ImageRecord)] = []
        for entry in try names() {
            do throws(ImageError) {
                for manifest in try parts(of: entry.descriptor)?.images ?? [entry.descriptor] {
                    images.append((entry, try load(manifest, takesAnyAlone: true)))
                }
            } catch {
                // What cannot be read, or is no image, has nothing in common with others; `images` and `fsck` say what is wrong.
            }
        }
        return images
    }

    /// The manifests that an index lists, those of nested indexes in their place.
    ///
    /// Attestations and other artifacts are left out.
    func manifests(of root: Descriptor) throws(ImageError) -> [ListedManifest] {
        var found: [ListedManifest] = []
        var visited: Set<Digest> = [root.digest]
        try collect(
            try document(ImageIndex.self, root).value, root: root.digest, depth: 1, visited: &visited, into: &found)
        return found
    }

    private func collect(
        _ index: ImageIndex, root: Digest, depth: Int, visited: inout Set<Digest>, into found: inout [ListedManifest]
    ) throws(ImageError) {
        for child in index.manifests where child.isImageEntry {
            // One manifest may be listed for several platforms; an index that was looked into has no more to say.
            let isFirst = visited.insert(child.digest).inserted
            if !isFirst, MediaType.isIndex(child.mediaType) { continue }
            guard depth <= Self.maxDepth, found.count < Self.maxManifests else { throw .tooManyManifests(root) }
            guard try isPresent(child.digest) else {
                if MediaType.isManifest(child.mediaType) { found.append(ListedManifest(descriptor: child, content: nil)) }
                continue
            }
            let document: ImageDocument
            do { document = try self.document(ImageDocument.self, child).value } catch {
                found.append(ListedManifest(descriptor: child, content: .failure(error)))
                continue
            }
            switch document {
            case .manifest(let manifest): found.append(ListedManifest(descriptor: child, content: .success(manifest)))
            case .index(let nested) where isFirst:
                try collect(nested, root: root, depth: depth + 1, visited: &visited, into: &found)
            case .index: break
            }
        }
    }

    private func isPresent(_ digest: Digest) throws(ImageError) -> Bool {
        try lift(try content.blobs.size(of: digest), to: ImageError.content) != nil
    }

    /// The manifest to take from an index, of those that the store has, as `PlatformPreference` chooses.
    ///
    /// What cannot be read is an error only where it is for the platform, or nothing else is. Where the index lists one for the platform
    /// no other is opened.
    func choose(from index: Descriptor, platform wanted: Platform?) throws(ImageError) -> Descriptor {
        let preference = PlatformPreference(wanted ?? .host)
        if let listed = try listedChoice(of: index, preference) { return listed }
        var candidates: [PlatformCandidate<Descriptor>] = []
        var failure: ImageError?
        for listed in try manifests(of: index) {
            guard let content = listed.content else { continue }
            do {
                if let candidate = try candidate(listed.descriptor, try content.get()) { candidates.append(candidate) }
            } catch {
                if let platform = listed.descriptor.platform, preference.rank(platform) != nil { throw error }
                let isOther = wanted != nil && listed.descriptor.platform?.isSilent == false
                failure = failure ?? (isOther ? nil : error)
            }
        }
        // The only one of several is no choice when nobody knows the others.
        if let chosen = PlatformPreference.choose(candidates, for: failure == nil ? wanted : wanted ?? .host) { return chosen }
        if let failure { throw failure }
        throw .noSuchPlatform(index.digest, wanted: wanted, available: candidates.map(\.platform))
    }

    /// The best image for the platform of those that the index lists for it and the store has; nil where there is none.
    private func listedChoice(
        of root: Descriptor, _ preference: PlatformPreference
    ) throws(ImageError) -> Descriptor? {
        var entries: [Descriptor] = []
        var visited: Set<Digest> = [root.digest]
        try list(try document(ImageIndex.self, root).value, root: root.digest, depth: 1, visited: &visited, into: &entries)
        for entry in PlatformOrder(entries, for: preference, listed: \.platform).fitting where try isPresent(entry.digest) {
            // What is an index by its own word is looked through with all the others.
            guard case .manifest(let manifest) = try document(ImageDocument.self, entry).value else { return nil }
            if manifest.isImage { return entry }
        }
        return nil
    }

    /// What an index lists as manifests, those of nested indexes in their place; a nested index that cannot be read is passed over.
    private func list(
        _ index: ImageIndex, root: Digest, depth: Int, visited: inout Set<Digest>, into entries: inout [Descriptor]
    ) throws(ImageError) {
        for entry in index.manifests where entry.isImageEntry {
            guard MediaType.isIndex(entry.mediaType) else {
                entries.append(entry)
                continue
            }
            guard visited.insert(entry.digest).inserted, try isPresent(entry.digest) else { continue }
            guard depth <= Self.maxDepth, entries.count < Self.maxManifests else { throw .tooManyManifests(root) }
            let nested: ImageDocument
            // What is wrong with it is told where no image is found.
            do { nested = try document(ImageDocument.self, entry).value } catch { continue }
            switch nested {
            case .index(let nested): try list(nested, root: root, depth: depth + 1, visited: &visited, into: &entries)
            case .manifest: entries.append(entry)
            }
        }
    }

    /// The image, and the machine that it is for; nil for what is no image.
    private func candidate(
        _ entry: Descriptor, _ manifest: ImageManifest
    ) throws(ImageError) -> PlatformCandidate<Descriptor>? {
        guard manifest.isImage else { return nil }
        if let platform = entry.platform, !platform.isSilent {
            return PlatformCandidate(entry, listed: platform, own: platform)
        }
        return PlatformCandidate(entry, listed: nil, own: try document(ImageConfig.self, manifest.config).value.platform)
    }
}
