import OCISpec
import StorageIO

/// A manifest or an index of a registry, as far as it is needed to tell who holds what.
struct RegistryManifest: Sendable {
    /// Something that the document names.
    struct Part: Hashable, Sendable {
        let digest: Digest
        /// What it is by the word of the document; empty where that says nothing.
        let mediaType: String

        /// Whether it may lead on to manifests, so that it must be read to know what is below it.
        var mayLeadOn: Bool { mediaType.isEmpty || (MediaType.mayBeDocument(mediaType) && !MediaType.isManifest(mediaType)) }
        /// Whether it may be a document at all.
        var mayBeDocument: Bool { mediaType.isEmpty || MediaType.mayBeDocument(mediaType) }
    }

    /// All that it names but its subject: what it holds, whatever the field.
    let parts: [Part]
    /// What the registry's collector keeps for its sake, beside the document itself.
    let marked: [Digest]
    /// What it is about.
    let subject: Digest?
    /// Whether it is an index.
    let isIndex: Bool
    /// The configuration of an image; nil of an index, and of what is no image.
    let config: Digest?
    /// Bytes of what it names, by its own word.
    let sizes: [Digest: Int64]
    /// Bytes of the document.
    let byteCount: Int
    /// Of an index, the images that it lists; not attestations, nor other artifacts.
    let images: [Digest]

    /// Reads a document; one that is none is an error.
    init(_ bytes: [UInt8]) throws(DocumentError) {
        let shape = try decodeDocument(DocumentShape.self, from: bytes, limits: .stored)
        let mentions = DigestMention.all(in: bytes)
        var subject = mentions.first { $0.field == "subject" }?.digest
        var sizes: [Digest: Int64] = [:]
        switch shape.kind {
        case .index:
            let index = try decodeDocument(ImageIndex.self, from: bytes, limits: .stored)
            marked = index.manifests.map(\.digest)
            for entry in index.manifests { sizes[entry.digest] = entry.size }
            images = index.manifests.filter(\.isImageEntry).map(\.digest)
            subject = index.subject?.digest ?? subject
            config = nil
            isIndex = true
        case .manifest:
            let manifest = try decodeDocument(ImageManifest.self, from: bytes, limits: .stored)
            marked = [manifest.config.digest] + manifest.layers.map(\.digest)
            for part in [manifest.config] + manifest.layers { sizes[part.digest] = part.size }
            images = []
            subject = manifest.subject?.digest ?? subject
            config = manifest.isImage ? manifest.config.digest : nil
            isIndex = false
        case nil:
            // Docker's first schema, or what came later: whatever it names, it may need.
            marked = mentions.filter { $0.field != "subject" }.map(\.digest)
            (images, config, isIndex) = ([], nil, false)
        }
        self.subject = subject
        self.sizes = sizes
        byteCount = bytes.count
        var seen: Set<Digest> = []
        parts = mentions.compactMap { mention in
            guard mention.field != "subject", seen.insert(mention.digest).inserted else { return nil }
            let type = mention.mediaType ?? (mention.field == "fslayers" ? MediaType.layer : "")
            return Part(digest: mention.digest, mediaType: type)
        }
    }
}

/// The manifests of a root, each read once and compared with its digest.
///
/// A blob's bytes never change, so what was read stays true for as long as the blob is there.
final class RegistryDocuments {
    /// What reading a manifest gave.
    enum Found {
        case manifest(RegistryManifest)
        /// There is no such blob.
        case absent
        /// It is there, and is not what it must be.
        case unreadable(EngineProblem.Reason)
    }

    private let store: StoreFolder
    private let layout: RegistryLayout
    private var known: [Digest: RegistryManifest] = [:]
    /// Bytes of one document.
    private static let byteLimit = DocumentLimits.stored.maxBytes

    init(_ store: StoreFolder, _ layout: RegistryLayout) {
        self.store = store
        self.layout = layout
    }

    /// The manifest of a digest.
    func manifest(_ digest: Digest) -> Found {
        if let manifest = known[digest] { return .manifest(manifest) }
        switch bytes(digest) {
        case .success(nil): return .absent
        case .success(let bytes?):
            do throws(DocumentError) {
                let manifest = try RegistryManifest(bytes)
                known[digest] = manifest
                return .manifest(manifest)
            } catch {
                return .unreadable(.document(error))
            }
        case .failure(let reason): return .unreadable(reason.reason)
        }
    }

    /// What an image's configuration says of it; nil where it cannot be read.
    func config(_ digest: Digest) -> ImageConfigOutline? {
        guard case .success(let bytes?) = bytes(digest) else { return nil }
        // Who keeps what does not depend on it: when the image was made and its labels are not known.
        do throws(DocumentError) { return try decodeDocument(ImageConfigOutline.self, from: bytes, limits: .stored) } catch {
            return nil
        }
    }

    /// Why a blob gave no bytes.
    private struct Fault: Error { let reason: EngineProblem.Reason }

    private func bytes(_ digest: Digest) -> Result<[UInt8]?, Fault> {
        do throws(EngineStoreError) {
            guard let folder = try store.folder(layout.blob(digest)) else { return .success(nil) }
            let read: [UInt8]?
            do throws(StorageError) { read = try StoreFolder.bytes("data", in: folder, limit: Self.byteLimit) } catch {
                throw .storage(error)
            }
            guard let read else { return .success(nil) }
            guard Digest(hashing: read, with: digest.algorithm) == digest else {
                return .failure(Fault(reason: .badValue("data")))
            }
            return .success(read)
        } catch .storage(let error) {
            return .failure(Fault(reason: .storage(error)))
        } catch {
            return .failure(Fault(reason: .missing("")))
        }
    }
}
