import Glibc
package import OCISpec
package import StorageIO

/// The file `index.json` of a store: what is in it by name.
///
/// Nothing is locked for reading: a reader sees the index before or after another's change. Changes go one after another, under
/// `index.lock`.
package struct IndexFile: Sendable {
    static let fileName = "index.json"
    /// An index of a hundred thousand images is still read.
    private static let limits = DocumentLimits(maxBytes: 64 << 20)
    /// Where a changed index is written before it takes its place.
    package static let remnantPath = "\(StoreLocks.folderName)/\(fileName).new"

    private let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The index as it is now.
    package func read() throws(ContentError) -> ImageIndex { try readSettled().index }

    /// The index, and the status of the very file it was read from.
    package func readWithStatus() throws(ContentError) -> (index: ImageIndex, status: FileStatus) { try readSettled() }

    /// Whether `index.json` is still the file of that status.
    package func isUnchanged(since status: FileStatus) throws(ContentError) -> Bool {
        try lift(try isStill(status), to: ContentError.init)
    }

    private func isStill(_ status: FileStatus) throws(StorageError) -> Bool {
        try content.root.status(Self.fileName)?.isUnchanged(since: status) == true
    }

    /// By which one state of the index is told from another: the digest of `index.json`.
    package func generation() throws(ContentError) -> Digest {
        let bytes = try lift(try content.root.readFile(Self.fileName, limit: Self.limits.maxBytes), to: ContentError.init)
        guard let bytes else { throw .indexMissing(path: content.path) }
        return Digest(hashing: bytes)
    }

    /// Changes the index and returns what `change` returned.
    ///
    /// Other processes' updates come before or after, never between.
    ///
    /// When `change` throws, or leaves the index equal, nothing is written. `change` may be called again when another tool,
    /// which knows nothing of the lock, wrote the file meanwhile; its edit is kept. On return the new index is on the disk.
    package func update<T>(_ change: (inout ImageIndex) throws(ContentError) -> T) throws(ContentError) -> T {
        let lock = try lock(patience: content.patience)
        defer { lock.release() }
        for _ in 0..<100 {
            let (index, status) = try readSettled()
            var changed = index
            let result = try change(&changed)
            if changed == index { return result }
            if try write(changed, over: status) { return result }
        }
        throw .busy(path: content.path + "/" + Self.fileName)
    }

    /// Changes the index where it still is `seen`, by which the change was decided; false, and nothing written, where it is another by
    /// now.
    package func update(from seen: ImageIndex, _ change: (inout ImageIndex) -> Void) throws(ContentError) -> Bool {
        try update { index throws(ContentError) in
            guard index == seen else { return false }
            change(&index)
            return true
        }
    }

    /// Writes the index, its blobs' names on the disk before it; false, and nothing changed, where it is not the file of that
    /// status any more.
    private func write(_ index: ImageIndex, over status: FileStatus) throws(ContentError) -> Bool {
        let locks = try content.locks.folder()
        let bytes = try ContentStore.encoded(index, as: .index, in: content.root)
        let isWritten = try lift(to: ContentError.init) { () throws(StorageError) in
            try content.blobs.syncNames()
            return try content.layoutRoot.writeDurably(
                Self.fileName, bytes, scratch: locks, points: .index,
                stillWanted: { () throws(StorageError) in try isStill(status) })
        }
        if isWritten, content.storeID != nil { content.reserve.keep(indexBytes: bytes.count, in: locks) }
        return isWritten
    }

    /// Keeps everybody, this process too, from changing the index for as long as the returned lock is held.
    ///
    /// Also for a process that ends: once its session is gone, no thread of it may list what that held.
    package func lock(patience: Duration) throws(ContentError) -> FileLock { try content.locks.index(patience: patience) }

    /// The index and the status of the very file it was read from.
    ///
    /// Some tools write the file in place, so one that does not parse is read again until it has stayed the same for a while.
    private func readSettled() throws(ContentError) -> (index: ImageIndex, status: FileStatus) {
        var earlier: [UInt8]?
        var sameCount = 0
        while true {
            guard let (bytes, status) = try lift(try bytes(), to: ContentError.init) else {
                throw .indexMissing(path: content.path)
            }
            do {
                return (try ImageIndex(decoding: bytes, limits: Self.limits, passesOddEntries: true), status)
            } catch {
                sameCount = bytes == earlier ? sameCount + 1 : 0
                guard sameCount < 5 else { throw .damaged(.index, path: content.path, error) }
            }
            earlier = bytes
            usleep(50_000)
        }
    }

    private func bytes() throws(StorageError) -> ([UInt8], FileStatus)? {
        guard let file = try content.root.openFile(Self.fileName) else { return nil }
        let status = try file.status()
        return (try file.readAll(limit: Self.limits.maxBytes), status)
    }

    /// From how many bytes on an index is that of thousands of images.
    private static let manyBytes: Int64 = 1 << 20

    /// Refuses a directory without the file: it is damaged, never empty.
    ///
    /// Where it is that of many images, the process is made ready for a look at them.
    static func require(in root: Directory) throws(ContentError) {
        guard let status = try lift(try root.status(fileName), to: ContentError.init) else {
            throw .indexMissing(path: root.path)
        }
        if status.sizeBytes >= manyBytes { ProcessMemory.growInLargeSteps() }
    }
}

extension ContentStore {
    /// The file `index.json`.
    package var index: IndexFile { IndexFile(self) }
}
