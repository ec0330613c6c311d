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
    }

    /// A directory tree.
    package struct Tree: Hashable, Sendable {
        package var diskBytes: Int64 = 0
        /// What removing it gives back.
        package var freeableBytes: Int64 = 0
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
        let bytes = item.status.allocatedBytes
        totalBytes += bytes
        let parts = item.path.split(separator: "/", omittingEmptySubsequences: true)
        guard let top = parts.first else {
            other.append(Stray(path: ".", diskBytes: bytes))
            return
        }
        let isFolder = item.status.kind == .directory
        var isOwn = false
        switch (String(top), parts.count) {
        case ("blobs", 1), ("layers", 1), ("containers", 1), ("ingest", 1), ("trash", 1), ("plans", 1), ("locks", 1):
            isOwn = isFolder
        case ("blobs", 2): isOwn = isFolder && Digest.Algorithm(rawValue: String(parts[1])) != nil
        case ("blobs", 3): return addBlob(item, parts)
        case ("layers", _): return addLayer(item, parts)
        case ("containers", _): return Self.add(item, parts, to: &containers, or: &strays)
        case ("ingest", _):
            guard parts.count == 2 || IngestSession.isOwnFile(String(parts[2])) else { break }
            return Self.add(item, parts, to: &sessions, or: &strays)
        case ("trash", _): return Self.add(item, parts, to: &trash, or: &strays)
        case ("plans", 2): isOwn = parts[1].hasSuffix(".json")
        case ("locks", 2): isOwn = parts[1].hasSuffix(".lock") || item.path == ContentStore.indexRemnant
        case ("lost+found", _): isOwn = true
        case (let name, 1) where name.hasPrefix("catalog.sqlite"):
            guard ContentStore.topNames.contains(name) || ContentStore.topRemnants.contains(name) else { break }
            catalog.append(Stray(path: item.path, diskBytes: bytes))
            return
        case (let name, 1): isOwn = ContentStore.topNames.contains(name) || ContentStore.topRemnants.contains(name)
        default: break
        }
        let stray = Stray(path: item.path, diskBytes: bytes)
        if isOwn { other.append(stray) } else { strays.append(stray) }
    }

    private mutating func addBlob(_ item: StoreWalk.Item, _ parts: [Substring]) {
        do throws(Digest.ParseError) {
            let digest = try Digest("\(parts[1]):\(parts[2])")
            guard item.status.kind == .file else { throw .malformed(item.path) }
            blobs[digest] = Blob(status: item.status)
        } catch {
            strays.append(Stray(path: item.path, diskBytes: item.status.allocatedBytes))
        }
    }

    private mutating func addLayer(_ item: StoreWalk.Item, _ parts: [Substring]) {
        if let diffID = Digest(fileName: String(parts[1])) {
            layers[diffID, default: Tree()].add(item)
        } else if parts[1] == "l" {
            other.append(Stray(path: item.path, diskBytes: item.status.allocatedBytes))
        } else {
            strays.append(Stray(path: item.path, diskBytes: item.status.allocatedBytes))
        }
    }

    /// Adds to the tree that the second part names; a file in its place is a stray.
    private static func add(
        _ item: StoreWalk.Item, _ parts: [Substring], to trees: inout [String: Tree], or strays: inout [Stray]
    ) {
        guard parts.count > 2 || item.status.kind == .directory else {
            strays.append(Stray(path: item.path, diskBytes: item.status.allocatedBytes))
            return
        }
        trees[String(parts[1]), default: Tree()].add(item)
    }
}

extension StoreSurvey.Tree {
    fileprivate mutating func add(_ item: StoreWalk.Item) {
        diskBytes += item.status.allocatedBytes
        if item.status.kind == .directory || item.status.linkCount == 1 { freeableBytes += item.status.allocatedBytes }
    }
}
