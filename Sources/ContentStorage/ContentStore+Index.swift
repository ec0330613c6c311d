import Glibc
package import OCISpec
package import StorageIO

extension ContentStore {
    /// An index of a hundred thousand images is still read.
    static let indexLimits = DocumentLimits(maxBytes: 64 << 20)

    /// `index.json` as it is now.
    ///
    /// Nothing is locked: a reader sees the index before or after another's change.
    package func readIndex() throws(ContentError) -> ImageIndex {
        try readSettledIndex().index
    }

    /// The same, and the status of the very file it was read from.
    package func readIndexAndStatus() throws(ContentError) -> (index: ImageIndex, status: FileStatus) {
        try readSettledIndex()
    }

    /// Whether `index.json` is still the file of that status.
    package func isIndexUnchanged(since status: FileStatus) throws(ContentError) -> Bool {
        try storing { () throws(StorageError) in try root.status(Self.indexName)?.isUnchanged(since: status) == true }
    }

    /// Changes `index.json` and returns what `change` returned.
    ///
    /// Other processes' updates come before or after, never between.
    ///
    /// When `change` throws, or leaves the index equal, nothing is written. `change` may be called again when another tool,
    /// which knows nothing of the lock, wrote the file meanwhile; its edit is kept. On return the new index is on the disk.
    package func updateIndex<T>(
        _ change: (inout ImageIndex) throws(ContentError) -> T
    ) throws(ContentError) -> T {
        let locks = try locks()
        let lock = try closeIndex(patience: patience)
        defer { lock.release() }
        for _ in 0..<100 {
            let (index, status) = try readSettledIndex()
            var changed = index
            let result = try change(&changed)
            if changed == index { return result }
            let bytes = try Self.encoded(changed, as: .index, in: root)
            let isWritten = try storing { () throws(StorageError) in
                try syncBlobNames()
                return try layoutRoot.writeDurably(
                    Self.indexName, bytes, scratch: locks, points: .index,
                    stillWanted: { () throws(StorageError) in
                        try root.status(Self.indexName)?.isUnchanged(since: status) == true
                    })
            }
            if isWritten {
                if storeID != nil { keepReserve(indexBytes: bytes.count, in: locks) }
                return result
            }
        }
        throw .busy(path: root.path + "/" + Self.indexName)
    }

    /// Keeps everybody, this process too, from changing `index.json` for as long as the returned lock is held.
    ///
    /// For a process that ends: once its session is gone, no thread of it may list what that held.
    package func closeIndex(patience: Duration) throws(ContentError) -> FileLock {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            try FileLock.acquire(Self.indexLockName, in: locks, .exclusive, patience: patience)
        }
    }

    /// Another session may have committed a blob that the new index reaches and not have synced its name yet.
    private func syncBlobNames() throws(StorageError) {
        for algorithm in Digest.Algorithm.allCases {
            do throws(StorageError) {
                try root.directory("\(Self.blobsName)/\(algorithm.rawValue)").sync()
            } catch let error where error.isAbsent {
                continue
            }
        }
    }

    /// The index and the status of the very file it was read from.
    ///
    /// Some tools write the file in place, so one that does not parse is read again until it has stayed the same for a while.
    private func readSettledIndex() throws(ContentError) -> (index: ImageIndex, status: FileStatus) {
        var earlier: [UInt8]?
        var sameCount = 0
        while true {
            let file = try storing { () throws(StorageError) in try root.openFile(Self.indexName) }
            guard let file else { throw .indexMissing(path: root.path) }
            let status = try storing { () throws(StorageError) in try file.status() }
            let bytes = try storing { () throws(StorageError) in try file.readAll(limit: Self.indexLimits.maxBytes) }
            do throws(DocumentError) {
                return (try ImageIndex(decoding: bytes, limits: Self.indexLimits, passesOddEntries: true), status)
            } catch {
                sameCount = bytes == earlier ? sameCount + 1 : 0
                guard sameCount < 5 else { throw .damaged(.index, path: root.path, error) }
            }
            earlier = bytes
            usleep(50_000)
        }
    }

    /// By which one state of the index is told from another: the digest of `index.json`.
    package func generation() throws(ContentError) -> Digest {
        let bytes = try storing { () throws(StorageError) in
            try root.readFile(Self.indexName, limit: Self.indexLimits.maxBytes)
        }
        guard let bytes else { throw .indexMissing(path: root.path) }
        return Digest(hashing: bytes)
    }
}
