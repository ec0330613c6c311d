import ContentStorage
import ImageStorage
import OCISpec
import Synchronization

/// Other repositories of the same registry that may have a blob already: those whose images in the store have it.
///
/// Looked for once, when the first blob proves absent. What cannot be read is nobody's source.
final class MountSources: Sendable {
    private let reference: Reference
    private let store: ImageStore
    private let found = Mutex<[Digest: String]?>(nil)

    /// How many images are looked into at most; a mount only saves an upload.
    private static let maxImages = 500

    init(_ reference: Reference, _ store: ImageStore) {
        self.reference = reference
        self.store = store
    }

    /// A repository to mount the blob from; nil where none is known.
    func repository(for digest: Digest) -> String? {
        found.withLock { found in
            if let found { return found[digest] }
            let all = search()
            found = all
            return all[digest]
        }
    }

    private func search() -> [Digest: String] {
        var repositories: [Digest: String] = [:]
        let names: [NamedImage]
        // Mounting only saves bytes: what cannot be looked up is uploaded.
        do throws(ImageError) { names = try store.names() } catch { return [:] }
        var count = 0
        for entry in names.reversed() {
            guard case .reference(let other)? = entry.name, other.domain == reference.domain, other.path != reference.path
            else { continue }
            count += 1
            if count > Self.maxImages { break }
            do throws(ImageError) {
                let image = try store.load(entry.descriptor)
                for layer in image.layers { repositories[layer.descriptor.digest] = other.path }
            } catch {
                // Another image's layers are uploaded where they cannot be mounted.
            }
        }
        return repositories
    }
}
