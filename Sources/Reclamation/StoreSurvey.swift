package import ContentStorage
package import OCISpec
package import StorageIO

/// Where the bytes of a store's directory are: one walk that puts every inode into exactly one class, so that the classes sum
/// to what `du` says.
///
/// Bytes are allocated ones (`st_blocks × 512`), each inode once. Other processes may change the store meanwhile: what they
/// bring or take away may or may not be counted.
package struct StoreSurvey: Sendable {
    /// A blob's file.
    package struct Blob: Hashable, Sendable {
        package let status: FileStatus
        /// What removing it gives back: nothing where the inode has a name elsewhere.
        package var freeableBytes: Int64 { status.linkCount == 1 ? status.allocatedBytes : 0 }
        /// Since when it is as it is: whole seconds since 1970.
        ///
        /// A copy that keeps its original's time is as new as the copying.
        package var sinceSeconds: Int64 { max(status.modifiedSeconds, status.changedSeconds) }
    }

    /// A directory tree.
    package struct Tree: Hashable, Sendable {
        package var diskBytes: Int64 = 0
        /// What removing it gives back.
        package var freeableBytes: Int64 = 0
        /// When something in it changed last: whole seconds since 1970.
        package var sinceSeconds: Int64 = 0
    }

    /// What nothing accounts for.
    package struct Stray: Hashable, Sendable {
        package let path: String
        package let diskBytes: Int64
    }

    /// The blobs.
    package private(set) var blobs: [Digest: Blob] = [:]
    /// The unpacked layers, by diff ID.
    package private(set) var layers: [Digest: Tree] = [:]
    /// The containers, by the names of their directories.
    package private(set) var containers: [String: Tree] = [:]
    /// The sessions, by the names of their directories.
    package private(set) var sessions: [String: Tree] = [:]
    /// The bins of the trash.
    package private(set) var trash: [String: Tree] = [:]
    /// The catalog's files.
    package private(set) var catalog: [Stray] = []
    /// Folders, locks and the store's own files.
    package private(set) var other: [Stray] = []
    /// Files and folders that no part of the store accounts for.
    package private(set) var strays: [Stray] = []
    /// Bytes of all of it.
    package private(set) var totalBytes: Int64 = 0

    /// Walks the store of `content`.
    package init(_ content: ContentStore) throws(ContentError) {
        do throws(StorageError) {
            try StoreWalk.visit(content.root) { item throws(StorageError) in add(item) }
        } catch {
            throw ContentError(error)
        }
    }

    private mutating func add(_ item: StoreWalk.Item) {
        totalBytes += item.status.allocatedBytes
        let stray = Stray(path: item.path.isEmpty ? "." : item.path, diskBytes: item.status.allocatedBytes)
        switch StorePlace(item.path, item.status.kind) {
        case .blob(let digest): blobs[digest] = Blob(status: item.status)
        case .layer(let diffID): layers[diffID, default: Tree()].add(item)
        case .container(let name): containers[name, default: Tree()].add(item)
        case .session(let name): sessions[name, default: Tree()].add(item)
        case .bin(let name): trash[name, default: Tree()].add(item)
        case .catalog: catalog.append(stray)
        case .own: other.append(stray)
        case .stray: strays.append(stray)
        }
    }
}

extension StoreSurvey.Tree {
    fileprivate mutating func add(_ item: StoreWalk.Item) {
        diskBytes += item.status.allocatedBytes
        sinceSeconds = max(sinceSeconds, item.status.modifiedSeconds, item.status.changedSeconds)
        if item.status.kind == .directory || item.status.linkCount == 1 { freeableBytes += item.status.allocatedBytes }
    }
}
