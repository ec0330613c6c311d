import OCISpec
import StorageIO

extension ContentStore {
    /// What a directory without `strata.json` is.
    enum Contents {
        /// Empty, or made so by a process that was killed before it had written `index.json`.
        case nothing
        /// An image layout, or a store whose making was cut short after `index.json`.
        case layout
        /// Parts of a layout, but no `index.json`.
        case layoutWithoutIndex
        case other
    }

    static func contents(of root: Directory) throws(ContentError) -> Contents {
        let names = try lift(try root.names(), to: ContentError.init)
        if names.contains(IndexFile.fileName) {
            // Any program may have an index.json; one with blobs or the marker beside it, or alone, is a layout's.
            let isLayout = names.contains(LayoutMarker.fileName) || names.contains(StoredBlobs.folderName)
            return isLayout || names.allSatisfy { $0 == IndexFile.fileName || isIgnorable($0) } ? .layout : .other
        }
        if names.contains(LayoutMarker.fileName) || names.contains(StoredBlobs.folderName) { return .layoutWithoutIndex }
        return names.allSatisfy(isIgnorable) ? .nothing : .other
    }

    /// Makes a store of an empty directory, or completes one, and opens it.
    ///
    /// `index.json` comes first and `strata.json` last: whoever sees the latter sees a whole store. The directory's own lock
    /// keeps processes that make the same store apart; the second one finds it made.
    static func writeNewStore(in root: Directory, patience: Duration) throws(ContentError) -> ContentStore {
        let lock = try lift(
            try FileLock.acquire(directory: root, .exclusive, patience: patience), to: ContentError.init)
        defer { lock.release() }
        if let format = try StoreFormat.read(in: root) {
            try IndexFile.require(in: root)
            return try lift(try ContentStore(root, format, closes: true, patience: patience), to: ContentError.init)
        }
        let found = try contents(of: root)
        switch found {
        case .other: throw .notAStore(path: root.path)
        case .layoutWithoutIndex: throw .indexMissing(path: root.path)
        case .nothing, .layout: break
        }
        var isForeign = false
        if case .layout = found { isForeign = true }
        let format = StoreFormat(id: randomUUID(), keepsModes: isForeign)
        // A directory that somebody made beforehand is closed before there is anything in it.
        let store = try lift(try ContentStore(root, format, closes: true, patience: patience), to: ContentError.init)
        let (own, layout) = (store.root, store.layoutRoot)
        let index = try encoded(ImageIndex(), as: .index, in: root)
        let marker = try encoded(ImageLayoutMarker(), as: .format, in: root)
        let formatBytes = try encoded(format, as: .format, in: root)
        try lift(to: ContentError.init) { () throws(StorageError) in
            if !isForeign { try layout.writeDurably(IndexFile.fileName, index, points: .newIndex) }
            try makeDirectories(in: own, layout)
            if try root.status(LayoutMarker.fileName) == nil {
                try layout.writeDurably(LayoutMarker.fileName, marker, points: .marker)
            }
            try layout.writeDurably(StoreFormat.fileName, formatBytes, points: .format)
        }
        return store
    }

    private static func makeDirectories(in root: Directory, _ layout: Directory) throws(StorageError) {
        try Failpoint.storeBeforeDirectories.check(.makeDirectory, root.path)
        let blobs = try layout.ensureDirectory(StoredBlobs.folderName)
        try blobs.makeDirectory(Digest.Algorithm.sha256.rawValue)
        try blobs.sync()
        try root.makeDirectory(IngestSessions.folderName)
        try root.makeDirectory(StoreLocks.folderName)
        try root.sync()
        try Failpoint.storeAfterDirectories.check(.makeDirectory, root.path)
    }

    static func encoded(
        _ value: some Encodable, as part: ContentError.Part, in root: Directory
    ) throws(ContentError) -> [UInt8] {
        do { return try encodeDocument(value) } catch { throw .damaged(part, path: root.path, error) }
    }

    /// What may lie in a directory that is to become a store: a file system's own, and our temporary files.
    private static func isIgnorable(_ name: String) -> Bool {
        let temporary = [IndexFile.fileName, LayoutMarker.fileName, StoreFormat.fileName].map { "\($0).new" }
        return name == "lost+found" || temporary.contains(name)
    }
}
