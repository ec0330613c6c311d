import OCISpec
import StorageIO
import SystemPackage

/// What other tools write into a layout, which know nothing of sessions and holds.
///
/// Such a tool looks at its beginning which blobs are there, and names what it brought in `index.json` at its end. Until then
/// nothing says what it counts on; that it is writing, its temporary files tell.
package struct ForeignWrites: Sendable {
    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// How the names of temporary files and folders at the top of a layout begin: those of containers/image (skopeo, podman,
    /// buildah), and of umoci.
    private static let prefixes = ["oci-put-blob", ".umoci-"]

    /// The path, below the store, of something that another tool was writing after `seconds` since 1970; nil where there is no sign
    /// of any.
    ///
    /// Looks at three places: the top; `ingest/`, where containerd's stores and oras keep what is on its way; and the names of
    /// blobs, among which crane and regclient do.
    package func first(after seconds: Int64) throws(ContentError) -> String? {
        try lift(to: ContentError.init) { () throws(StorageError) in
            let root = content.root
            for name in try root.names() where Self.prefixes.contains(where: name.hasPrefix) {
                if try isYounger(name, in: root, than: seconds) { return name }
            }
            if let name = try download(after: seconds) { return "\(IngestSessions.folderName)/\(name)" }
            for algorithm in Digest.Algorithm.allCases {
                if let name = try blob(algorithm, after: seconds) { return "\(StoredBlobs.folderPath(algorithm))/\(name)" }
            }
            return nil
        }
    }

    private func download(after seconds: Int64) throws(StorageError) -> String? {
        guard let ingest = try content.subfolder(IngestSessions.folderName, of: content.root) else { return nil }
        for name in try ingest.names() where try isYounger(name, in: ingest, than: seconds) {
            guard let status = try ingest.status(name) else { continue }
            guard status.kind == .directory else { return name }
            // A session of our own may end at any moment.
            let files = try content.subfolder(name, of: ingest)?.names() ?? []
            if files.contains(where: { !IngestSession.isOwnFile($0) }) { return name }
        }
        return nil
    }

    private func blob(_ algorithm: Digest.Algorithm, after seconds: Int64) throws(StorageError) -> String? {
        guard let blobs = try content.subfolder(StoredBlobs.folderName, of: content.root),
            let folder = try content.subfolder(algorithm.rawValue, of: blobs)
        else { return nil }
        // A file that came since has changed its folder.
        guard try folder.status().modifiedSeconds > seconds else { return nil }
        let others = try folder.mapNames { name in
            Digest(algorithm: algorithm, hex: name) == nil ? String(decoding: name, as: UTF8.self) : nil
        }
        for name in others.sorted() {
            if try isYounger(name, in: folder, than: seconds) { return name }
        }
        return nil
    }

    /// Whether the file, or what is in the folder, changed after that moment.
    private func isYounger(_ name: String, in folder: Directory, than seconds: Int64) throws(StorageError) -> Bool {
        guard let status = try folder.status(name) else { return false }
        if status.lastChangeSeconds > seconds { return true }
        guard status.kind == .directory, let below = try content.subfolder(name, of: folder) else { return false }
        for file in try below.names() {
            guard let status = try below.status(file) else { continue }
            if status.lastChangeSeconds > seconds { return true }
        }
        return false
    }
}

extension ContentStore {
    /// What other tools are writing.
    package var foreignWrites: ForeignWrites { ForeignWrites(self) }
}
