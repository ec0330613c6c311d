package import OCISpec

/// A JSON document as its source holds it: the bytes are the truth.
package struct SourceDocument: Hashable, Sendable {
    /// What names the document; its digest is that of `bytes`.
    package var descriptor: Descriptor
    /// As they stand in the source, unchanged.
    package var bytes: [UInt8]
}

/// An image's config as its source holds it.
struct SourceConfig: Sendable {
    let document: SourceDocument
    let decoded: ImageConfig
}

/// One layer as its source describes it.
package struct SourceLayer: Hashable, Sendable {
    /// What the config says it decompresses to; `nil` for a root file system without a config.
    package var diffID: Digest?
    /// What the manifest says of the blob; `nil` where the source has no manifest.
    package var descriptor: Descriptor?
    /// Where its bytes are; `nil` for a foreign layer that the source does not hold.
    package var member: Member?
}

/// One image for one platform.
package struct SourcePlatformImage: Hashable, Sendable {
    /// `nil` where the source has no manifest: one is made once the layers are known.
    package var manifest: SourceDocument?
    /// `nil` for a root file system without one.
    package var config: SourceDocument?
    /// What `config` says, decoded once.
    package var decodedConfig: ImageConfig
    /// The manifest's annotations.
    package var annotations: [ExactText: String] = [:]
    /// In the order of the manifest, lowest first.
    package var layers: [SourceLayer]

    /// The platform that the index lists, where it does, else the one that the config names.
    package var platform: Platform { candidate.platform }
    /// It and its platform, to choose among several.
    var candidate: PlatformCandidate<SourcePlatformImage> {
        PlatformCandidate(self, listed: manifest?.descriptor.platform, own: decodedConfig.platform)
    }
}

/// A blob that an image reaches without being a layer of it: an attestation's or an artifact's.
package struct SourceBlob: Hashable, Sendable {
    /// What the document says of it: a claim, until the bytes were read.
    package var descriptor: Descriptor
    /// Where the source has it.
    package var member: Member
}

/// Something that an index lists and its source does not hold whole, or not in a form that can be read.
package struct PassedOver: Sendable {
    /// What the index says of it.
    package var entry: Descriptor
    /// Why; nil where the source does not have it at all, as with platforms that nobody fetched.
    package var reason: TransferError?

    /// The machine that it is for; nil for an attestation or another artifact.
    package var platform: Platform? { entry.isImageEntry ? entry.platform : nil }
    /// How messages call it.
    package var title: String { platform?.description ?? "\(entry.isAttestation ? "attestation " : "")\(entry.digest.short)" }
}

/// An image for another platform than the one asked for: nothing was looked at but what names it.
package struct OtherImage: Hashable, Sendable {
    /// What it is for.
    package var platform: Platform
    /// Its manifest's digest; its config's where the source has no manifest.
    package var digest: Digest
    /// What the source would have it under, if it has it.
    var member: String
}

/// What one entry of an index, or one element of a `manifest.json`, brings.
package struct SourceImage: Sendable {
    /// Full names, in the source's order.
    package var names: [Reference]
    /// What the source calls it beside them that is no full name, such as a bare tag.
    package var labels: [String]
    /// The entry for `index.json`; `nil` until a manifest is made.
    package var top: Descriptor?
    /// The images that the source holds, in the index's order; empty for an artifact.
    package var images: [SourcePlatformImage]
    /// Indexes and the manifests of attestations and artifacts.
    package var documents: [SourceDocument]
    /// Their configs and layers.
    package var blobs: [SourceBlob]
    /// What the index lists and the source does not hold whole.
    package var passedOver: [PassedOver] = []
    /// What it lists for other platforms than the one asked for.
    package var others: [OtherImage] = []
    /// What says that it is no image, for an artifact.
    package var artifactType: String?
    /// Why nothing of it can be read; it then has no images.
    package var failure: TransferError?
    /// Whether what cannot be read is an artifact, and no image.
    package var isOddArtifact = false

    /// How messages and `:REF` name it.
    package var title: String {
        names.first?.familiar ?? labels.last ?? top?.digest.short ?? images.first?.config?.descriptor.digest.short
            ?? others.first?.digest.short ?? "<none>"
    }

    /// Whether `reference` names it: a name in any form, a label, or the beginning of a digest.
    package func isNamed(_ reference: String) -> Bool {
        if labels.contains(reference) { return true }
        if let wanted = Self.fullName(reference), names.contains(wanted) { return true }
        if names.contains(where: { $0.tag == reference }) { return true }
        let digests =
            [top?.digest] + images.flatMap { [$0.manifest?.descriptor.digest, $0.config?.descriptor.digest] }
            + others.map(\.digest)
        return reference.count >= 4 && digests.contains { $0?.hex.hasPrefix(reference) ?? false || $0?.description == reference }
    }

    /// Whether a label is a tag, which would be a name behind a repository.
    package static func isTag(_ label: String) -> Bool { fullName("x:\(label)")?.tag == label }

    /// What a user or a document calls a name as a full one; `nil` when it is none.
    static func fullName(_ text: String) -> Reference? {
        Reference(ifValid: text)?.withDefaultTag
    }
}
