package import OCISpec
package import StorageIO
import SystemPackage

/// A registry's folder, of which single things are looked up while the registry may run.
package struct RegistryFiles: Sendable {
    /// An image of a repository: what a tag stands for, or a manifest that none reaches.
    package struct Named: Hashable, Sendable {
        /// The repository.
        package let repository: String
        /// Nil for a manifest that no tag reaches.
        package let tag: String?
        /// The manifest or index.
        package let digest: Digest
    }

    private let store: StoreFolder
    private let layout: RegistryLayout

    /// Opens the folder that the registry's settings name, or one on the way down from it.
    package init(path: String) throws(EngineStoreError) {
        let root: Directory
        do throws(StorageError) { root = try Directory.open(FilePath(path)) } catch { throw .storage(error) }
        store = StoreFolder(root: root)
        layout = try RegistryLayout(in: store)
    }

    /// The repositories, in order.
    package func repositories() throws(EngineStoreError) -> [String] { try RegistryRepository.all(in: store, layout) }

    /// The images of a repository: by tag, then those that no tag reaches.
    package func images(of repository: String) throws(EngineStoreError) -> [Named] {
        let graph = RegistryGraph(
            try RegistryRepository(repository, in: store, layout, isWhole: false), RegistryDocuments(store, layout), layout)
        var found: [Named] = []
        for tag in graph.repository.tags {
            guard let digest = tag.digest else { continue }
            found.append(Named(repository: repository, tag: tag.name, digest: digest))
        }
        for top in graph.tops where top.tags.isEmpty && graph.repository.revisions[top.digest] != nil {
            found.append(Named(repository: repository, tag: nil, digest: top.digest))
        }
        return found
    }

    /// The file of a blob; nil for one that is not there.
    package func blob(_ digest: Digest) throws(EngineStoreError) -> File? {
        guard let folder = try store.folder(layout.blob(digest)) else { return nil }
        do throws(StorageError) { return try folder.openFileQuietly("data") } catch { throw .storage(error) }
    }
}
