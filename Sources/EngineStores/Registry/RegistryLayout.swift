// https://github.com/distribution/distribution/blob/v2.8.2/registry/storage/paths.go

import OCISpec
import StorageIO

/// Where a registry's parts are below a root, as the distribution project's registry lays them out with its driver `filesystem`.
struct RegistryLayout: Hashable, Sendable {
    /// The folder that has `blobs` and `repositories`, below the root; empty for the root itself.
    let top: String

    /// The whole of it, as the registry's settings name the folder above.
    static let usual = "docker/registry/v2"
    private static let tops = [usual, "registry/v2", "v2", ""]

    /// The layout of a root: the folder of the settings, or one on the way down from it.
    init(in store: StoreFolder) throws(EngineStoreError) {
        for top in Self.tops {
            guard let folder = try store.folder(top) else { continue }
            for name in ["repositories", "blobs"] where try StoreFolder.folder(name, in: folder) != nil {
                self.top = top
                return
            }
        }
        throw .notAStore(.registry, path: store.root.path, missing: Self.usual)
    }

    /// A path below the folder, as one below the root.
    func path(_ below: String) -> String { top.isEmpty ? below : "\(top)/\(below)" }

    /// The folders on the way from the root to the folder, that one included.
    var folders: [String] {
        var found: [String] = []
        for part in top.split(separator: "/") { found.append(found.last.map { "\($0)/\(part)" } ?? String(part)) }
        return found
    }

    /// The folder of all blobs.
    var blobs: String { path("blobs") }
    /// The folder of all repositories.
    var repositories: String { path("repositories") }
    /// The folder of a repository.
    func repository(_ name: String) -> String { "\(repositories)/\(name)" }
    /// The folder of a blob.
    func blob(_ digest: Digest) -> String {
        "\(blobs)/\(digest.algorithm.rawValue)/\(digest.hex.prefix(2))/\(digest.hex)"
    }
    /// The folder with the link of a manifest.
    func revision(_ digest: Digest, of repository: String) -> String {
        "\(self.repository(repository))/_manifests/revisions/\(digest.algorithm.rawValue)/\(digest.hex)"
    }

    /// What a folder's name of a digest's digits is, in a folder that is called by an algorithm.
    static func digest(_ algorithm: PathPart, _ name: PathPart) -> Digest? { Digest(ifValid: "\(algorithm):\(name)") }
}
