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
        let names = try storing { () throws(StorageError) in try root.names() }
        if names.contains(indexName) {
            // Any program may have an index.json; one with blobs or the marker beside it, or alone, is a layout's.
            let isLayout = names.contains(ImageLayoutMarker.fileName) || names.contains(blobsName)
            return isLayout || names.allSatisfy { $0 == indexName || isIgnorable($0) } ? .layout : .other
        }
        if names.contains(ImageLayoutMarker.fileName) || names.contains(blobsName) { return .layoutWithoutIndex }
        return names.allSatisfy(isIgnorable) ? .nothing : .other
    }

    /// Makes a store of an empty directory, or completes one, and opens it.
    ///
    /// `index.json` comes first and `strata.json` last: whoever sees the latter sees a whole store. The directory's own lock
    /// keeps processes that make the same store apart; the second one finds it made.
    static func writeNewStore(in root: Directory, patience: Duration) throws(ContentError) -> ContentStore {
        let lock = try storing { () throws(StorageError) in
            try FileLock.acquire(directory: root, .exclusive, patience: patience)
        }
        defer { lock.release() }
        if let format = try readFormat(in: root) {
            try requireIndex(in: root)
            return try storing { () throws(StorageError) in
                try ContentStore(root, format, closes: true, patience: patience)
            }
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
        let store = try storing { () throws(StorageError) in
            try ContentStore(root, format, closes: true, patience: patience)
        }
        let (own, layout) = (store.root, store.layoutRoot)
        let index = try encoded(ImageIndex(), as: .index, in: root)
        let marker = try encoded(ImageLayoutMarker(), as: .format, in: root)
        let formatBytes = try encoded(format, as: .format, in: root)
        try storing { () throws(StorageError) in
            if !isForeign { try layout.writeDurably(indexName, index, points: .newIndex) }
            try makeDirectories(in: own, layout)
            if try root.status(ImageLayoutMarker.fileName) == nil {
                try layout.writeDurably(ImageLayoutMarker.fileName, marker, points: .marker)
            }
            try layout.writeDurably(StoreFormat.fileName, formatBytes, points: .format)
        }
        return store
    }

    private static func makeDirectories(in root: Directory, _ layout: Directory) throws(StorageError) {
        try Failpoint.storeBeforeDirectories.check(.makeDirectory, root.path)
        let blobs = try layout.ensureDirectory(blobsName)
        try blobs.makeDirectory(Digest.Algorithm.sha256.rawValue)
        try blobs.sync()
        try root.makeDirectory(ingestName)
        try root.makeDirectory(locksName)
        try root.sync()
        try Failpoint.storeAfterDirectories.check(.makeDirectory, root.path)
    }

    static func encoded(
        _ value: some Encodable, as part: ContentError.Part, in root: Directory
    ) throws(ContentError) -> [UInt8] {
        do throws(DocumentError) { return try encodeDocument(value) } catch { throw .damaged(part, path: root.path, error) }
    }

    /// What may lie in a directory that is to become a store: a file system's own, and our temporary files.
    private static func isIgnorable(_ name: String) -> Bool {
        let temporary = [indexName, ImageLayoutMarker.fileName, StoreFormat.fileName].map { "\($0).new" }
        return name == "lost+found" || temporary.contains(name)
    }
}
