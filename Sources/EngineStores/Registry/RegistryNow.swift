package import OCISpec
package import StorageIO

/// A registry's folder at the moment of asking: for whoever is about to delete, and wants to know what has changed.
///
/// Links are read anew each time; documents are read once, since a blob's bytes never change.
package final class RegistryNow {
    private let store: StoreFolder
    private let layout: RegistryLayout
    private let documents: RegistryDocuments

    /// The root, for messages.
    package var root: String { store.root.path }

    /// The folder of a root.
    package init(_ root: Directory) throws(EngineStoreError) {
        store = StoreFolder(root: root)
        layout = try RegistryLayout(in: store)
        documents = RegistryDocuments(store, layout)
    }

    /// One repository as it is now.
    package struct Repository {
        fileprivate let graph: RegistryGraph

        /// Whether it has a manifest.
        package func has(_ manifest: Digest) -> Bool { graph.repository.revisions[manifest] != nil }
        /// The tags that mean a manifest, in order.
        package func tags(of manifest: Digest) -> [String] { graph.tags[manifest] ?? [] }
        /// What a tag means; nil for none.
        package func digest(of tag: String) -> Digest? { graph.repository.tags.first { $0.name.isExactly(tag) }?.digest }
        /// The manifests that list one and are here.
        package func listers(of manifest: Digest) -> Set<Digest> {
            graph.listers(of: manifest).filter { has($0) || !tags(of: $0).isEmpty }
        }
        /// What a manifest is about, of what is here.
        package func subjects(of manifest: Digest) -> Set<Digest> { graph.knownSubjects(of: manifest) }
        /// Since when a manifest and its tags are as they are; nil where it is not here.
        package func changed(of manifest: Digest) -> Timestamp? { graph.moments[manifest]?.map(\.changed).max() }
        /// What cannot be read and may hold any manifest of it.
        package var doubt: EngineProblem? { graph.doubt }
        /// Whether a tag is one that a program makes of a digest, and which.
        package static func subject(ofTag tag: String) -> Digest? { RegistryTagName.subject(tag)?.digest }
    }

    /// The names of all repositories.
    package func repositories() throws(EngineStoreError) -> [String] { try RegistryRepository.all(in: store, layout) }

    /// Reads a repository's links anew.
    package func repository(_ name: String) throws(EngineStoreError) -> Repository {
        Repository(
            graph: RegistryGraph(
                try RegistryRepository(name, in: store, layout, isWhole: false), documents, layout, findsTops: false))
    }

    /// Whether the repository has a manifest, asked by its link alone.
    package func has(_ manifest: Digest, in repository: String) throws(EngineStoreError) -> Bool {
        guard let folder = try store.folder(layout.revision(manifest, of: repository)) else { return false }
        do throws(StorageError) { return try folder.status("link") != nil } catch { throw .storage(error) }
    }

    /// Whether an upload of this name is there.
    package func hasUpload(_ id: PathPart, to repository: String) throws(EngineStoreError) -> Bool {
        try store.folder("\(layout.repository(repository))/_uploads/\(id)") != nil
    }

    /// A small blob that a repository has and whose bytes are what its digest says; nil where there is none.
    package func smallBlob(of repository: String) throws(EngineStoreError) -> (digest: Digest, bytes: [UInt8])? {
        for algorithm in try store.names("\(layout.repository(repository))/_layers") {
            for name in try store.names("\(layout.repository(repository))/_layers/\(algorithm)") {
                guard let digest = RegistryLayout.digest(algorithm, name), let folder = try store.folder(layout.blob(digest))
                else {
                    continue
                }
                do throws(StorageError) {
                    guard let status = try folder.status("data"), status.kind == .file, status.sizeBytes <= Self.smallBytes,
                        let bytes = try StoreFolder.bytes("data", in: folder, limit: Self.smallBytes),
                        Digest(hashing: bytes, with: digest.algorithm) == digest
                    else { continue }
                    return (digest, bytes)
                } catch {
                    throw .storage(error)
                }
            }
        }
        return nil
    }

    private static let smallBytes = 4 << 20
}
