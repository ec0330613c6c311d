// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

import OCISpec
package import StorageIO
package import SystemPackage

/// A store's blobs and its `index.json`: an OCI image layout on disk, shared with any number of other processes.
///
/// Readers take no locks. What is written becomes visible whole, by a rename; docs/store-format.md has the protocol.
package final class ContentStore: Sendable {
    /// The store's directory.
    package let root: Directory
    /// Who may use it.
    package let access: StoreAccess
    /// What was changed at its opening so that nobody else may.
    package let closing: StoreClosing?
    /// Which store this is; nil for an image layout that another tool made and nothing was ever written to.
    package let storeID: String?
    /// How long to wait for a lock that others hold.
    package let patience: Duration

    static let indexName = "index.json"
    static let blobsName = "blobs"
    static let ingestName = "ingest"
    static let locksName = "locks"
    static let sweepLockName = "sweep.lock"
    static let indexLockName = "index.lock"

    /// The store of that directory, whose `strata.json` says `format`; with `closes` it is closed to those whom it is not for.
    init(
        _ root: Directory, _ format: StoreFormat?, closes: Bool, patience: Duration
    ) throws(StorageError) {
        let status = try root.status()
        // Without a format it is a layout that another tool made.
        access = StoreAccess(status, keepsModes: format?.keepsModes ?? true)
        closing = closes ? try access.close(root) : nil
        owner = FileOwner.ofForeignStore(status)
        self.root = root.making(by: access.rules(owner))
        storeID = format?.id
        self.patience = patience
    }

    /// Whose what is made in it is, where that is not this user.
    private let owner: FileOwner?

    /// Runs `body`, which opens files of the store by their paths, as its owner where root uses it in that user's place: whatever
    /// stands at those paths.
    package func asOwner<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
        if let owner { try owner.acting(body) } else { try body() }
    }

    /// The same directory, for the files of the image layout.
    var layoutRoot: Directory { root.making(by: access.layoutRules(owner)) }

    /// The store's path, for messages.
    package var path: String { root.path }

    /// Opens the store at `path`.
    ///
    /// With `create` a missing or half-made one is written first, and a plain image layout gets what a store has besides;
    /// without, a missing one is `.absent` and nothing is written.
    ///
    /// A store without `index.json` is `.indexMissing`, whatever `create` says; a directory with other things in it is
    /// `.notAStore`. With `create` a store that is open to those whom it is not for is closed, see `StoreAccess`. Any number of processes may open, and make, the same store at the same time.
    package static func open(
        at path: FilePath, create: Bool, patience: Duration = .seconds(30)
    ) throws(ContentError) -> ContentStore {
        let root: Directory
        do throws(StorageError) {
            root = create ? try Directory.make(path, mode: StoreAccess.newStoreMode) : try Directory.open(path)
        } catch {
            if !create, error.isAbsent { throw .absent(path: path.string) }
            throw ContentError(error)
        }
        try requireKnownLayout(in: root)
        if let format = try readFormat(in: root) {
            try requireIndex(in: root)
            return try storing { () throws(StorageError) in
                try ContentStore(root, format, closes: create, patience: patience)
            }
        }
        guard create else {
            try requireLayout(in: root)
            return try storing { () throws(StorageError) in
                try ContentStore(root, nil, closes: false, patience: patience)
            }
        }
        return try writeNewStore(in: root, patience: patience)
    }

    /// The directory of the lock files, made where it is missing.
    package func locks() throws(ContentError) -> Directory {
        try storing { () throws(StorageError) in try root.ensureDirectory(Self.locksName) }
    }

    /// `strata.json`, or nil where there is none; one from the future is refused.
    static func readFormat(in root: Directory) throws(ContentError) -> StoreFormat? {
        let path = root.path
        guard
            let bytes = try storing({ () throws(StorageError) in
                try root.readFile(StoreFormat.fileName, limit: StoreFormat.maxBytes)
            })
        else { return nil }
        let format: StoreFormat
        do throws(DocumentError) {
            format = try decodeDocument(StoreFormat.self, from: bytes)
        } catch {
            throw .damaged(.format, path: path, error)
        }
        guard format.format <= StoreFormat.current else {
            throw .newerFormat(path: path, found: format.format, supported: StoreFormat.current)
        }
        guard format.format >= 1 else {
            throw .damaged(.format, path: path, .malformed(detail: "format: \(format.format) was never one"))
        }
        return format
    }

    /// Where the folders of a store may be.
    package enum FolderPlacement: Sendable {
        /// In the store's directory, on its file system: what is brought in and what is removed is moved between them by renames.
        case onOneFileSystem
        /// In the store's directory, where another file system may be mounted: that is enough to count what is there.
        case inPlaceOrMounted
    }

    /// The folders between which blobs and unpacked layers are moved, each after the one that it is in.
    private static let movingFolders =
        [blobsName, layersName, ingestName, Trash.folderName, locksName]
        + Digest.Algorithm.allCases.map { "\(blobsName)/\($0.rawValue)" }
    /// Those of which each is changed by itself.
    private static let otherFolders = [
        StoredContainers.folderName, BuildCache.folderName, BuildCache.mountsPath, StoredPlans.folderName,
    ]

    /// Refuses a store of which a folder is elsewhere.
    ///
    /// No symlink is followed, so what is in a folder that is one is not known: neither what it needs nor what it occupies.
    package func requireFolders(_ placement: FolderPlacement) throws(ContentError) {
        for folder in Self.movingFolders + Self.otherFolders { try requireInPlace(folder) }
        guard placement == .onOneFileSystem else { return }
        let mounted = try storing { () throws(StorageError) -> String? in
            for folder in Self.movingFolders where try root.isMountPoint(folder) { return folder }
            return nil
        }
        if let mounted { throw .splitStore(path: root.path, folder: mounted, isLink: false) }
    }

    /// Refuses a symlink in place of a folder of the store.
    func requireInPlace(_ folder: String) throws(ContentError) {
        let status = try storing { () throws(StorageError) in try root.status(folder) }
        if status?.kind == .symlink { throw .splitStore(path: root.path, folder: folder, isLink: true) }
    }

    /// A folder that is the store's own; nil where no command has made it yet.
    ///
    /// Something else in its place, such as a symlink, is an error: then it is not known what is in the folder.
    func ownFolder(_ name: String) throws(StorageError) -> Directory? {
        do throws(StorageError) { return try root.directory(name) } catch {
            if error.isAbsent { return nil }
            throw error
        }
    }

    /// A folder of a folder that was listed; nil where it is gone by now, or none.
    package func subfolder(_ name: String, of parent: Directory) throws(StorageError) -> Directory? {
        do throws(StorageError) { return try parent.directory(name) } catch {
            if error.isAbsent || error.errno == .notDirectory { return nil }
            throw error
        }
    }

    /// Refuses a layout of a version that is not known: what is in it may mean something else.
    ///
    /// Without the marker, or with one that cannot be read, a directory is told by its other parts.
    private static func requireKnownLayout(in root: Directory) throws(ContentError) {
        let name = ImageLayoutMarker.fileName
        let bytes = try storing { () throws(StorageError) -> [UInt8]? in
            do throws(StorageError) { return try root.readFile(name, limit: 64 << 10) } catch {
                if error.errno == .fileTooLarge || error.errno == .isDirectory || error.errno == .tooManySymbolicLinkLevels {
                    return nil
                }
                throw error
            }
        }
        guard let bytes else { return }
        let marker: ImageLayoutMarker
        do throws(DocumentError) { marker = try decodeDocument(ImageLayoutMarker.self, from: bytes) } catch {
            // It names no version that could be refused; `fsck` tells of it.
            return
        }
        guard marker.imageLayoutVersion == ImageLayoutMarker.currentVersion else {
            throw .otherLayout(path: root.path, version: marker.imageLayoutVersion)
        }
    }

    static func requireIndex(in root: Directory) throws(ContentError) {
        let status = try storing { () throws(StorageError) in try root.status(indexName) }
        guard status != nil else { throw .indexMissing(path: root.path) }
    }

    /// Tells a plain or half-made layout, which can be read, from what is damaged, empty or something else.
    private static func requireLayout(in root: Directory) throws(ContentError) {
        switch try contents(of: root) {
        case .layout: return
        case .nothing: throw .absent(path: root.path)
        case .layoutWithoutIndex: throw .indexMissing(path: root.path)
        case .other: throw .notAStore(path: root.path)
        }
    }
}
