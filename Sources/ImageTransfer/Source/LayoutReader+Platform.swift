import OCISpec

/// The image for one platform, of an index that lists several.
extension LayoutReader {
    /// A manifest that an index lists, and how deep indexes nest there.
    private struct ListedManifest {
        let entry: Descriptor
        let depth: Int
    }

    /// Adds the image for a platform; of the others nothing is opened, and no attestation or other artifact.
    ///
    /// The best of those that are there is the image: where something is wrong with it, no other stands in for it.
    func addImage(
        for preference: PlatformPreference, of index: ImageIndex, to image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        var listed: [ListedManifest] = []
        try list(index, into: &listed, of: &image, depth: depth + 1, &seen)
        let order = PlatformOrder(listed, for: preference) { $0.entry.platform }
        for other in order.others { image.others.append(try Self.other(other.entry.entry, other.platform)) }
        for manifest in order.fitting {
            let before = image.passedOver.count
            try add(manifest.entry, to: &image, depth: manifest.depth, &seen)
            if !image.images.isEmpty || image.passedOver[before...].contains(where: { $0.reason != nil }) { return }
        }
        for manifest in order.silent { try add(manifest.entry, to: &image, depth: manifest.depth, &seen) }
    }

    /// The manifests of images that an index lists, those of nested indexes in their place, which become documents of the image.
    private func list(
        _ index: ImageIndex, into listed: inout [ListedManifest], of image: inout SourceImage, depth: Int, _ seen: inout Seen
    ) throws(TransferError) {
        for entry in index.manifests where entry.isImageEntry {
            guard MediaType.isIndex(entry.mediaType) else {
                listed.append(ListedManifest(entry: entry, depth: depth))
                continue
            }
            guard !seen.documents.contains(entry.digest) else { continue }
            try checkCount(seen, depth: depth)
            do {
                switch try nested(entry) {
                case .index(let document, let nested):
                    seen.documents.insert(entry.digest)
                    image.documents.append(document)
                    try list(nested, into: &listed, of: &image, depth: depth + 1, &seen)
                case .manifest: listed.append(ListedManifest(entry: entry, depth: depth))
                case .absent: image.passedOver.append(PassedOver(entry: entry, reason: nil))
                }
            } catch {
                guard passesOver, error.isOfOnePart else { throw error }
                image.passedOver.append(PassedOver(entry: entry, reason: error))
            }
        }
    }

    /// What an entry that is listed as an index is.
    private enum Nested {
        case index(SourceDocument, ImageIndex)
        /// A manifest after all.
        case manifest
        case absent
    }

    private func nested(_ entry: Descriptor) throws(TransferError) -> Nested {
        guard let member = try container.find(try Self.path(of: entry.digest), size: entry.size) else { return .absent }
        let document = SourceDocument(descriptor: entry, bytes: try verified(entry, member))
        switch try container.decode(ImageDocument.self, document.bytes, member: member.title) {
        case .index(let index): return .index(document, index)
        case .manifest: return .manifest
        }
    }
}
