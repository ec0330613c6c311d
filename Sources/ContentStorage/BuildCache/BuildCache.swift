package import OCISpec
package import StorageIO
import SystemPackage

/// The build cache of a store, `cache/`: what each step made, and the folders that `RUN --mount=type=cache` keeps.
///
/// A record is written whole or not at all; a reader sees the one before, the one after, or none. Files that cannot be read
/// count as absent: a cache may always be forgotten.
package struct BuildCache: Sendable {
    static let folderName = "cache"
    /// Folders that `RUN --mount=type=cache` keeps, each by the digest of its name.
    package static let mountsName = "mounts"
    /// The same, below the store.
    static let mountsPath = "\(folderName)/\(mountsName)"
    static let limits = DocumentLimits(maxBytes: 1 << 20)
    static let looksName = "looks"
    /// How many looks a slot remembers.
    private static let looksKept = 16

    let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The record of a step with these inputs; nil where there is none.
    package func record(_ slot: Digest, _ contents: Digest) throws(ContentError) -> CacheRecord? {
        let path = "\(Self.folderName)/\(slot.hex)/\(contents.hex).json"
        let bytes = try lift(try ifPresent(try content.root.readFile(path, limit: Self.limits.maxBytes)), to: ContentError.init)
        guard let bytes else { return nil }
        do throws(DocumentError) {
            return try decodeDocument(CacheRecord.self, from: bytes, limits: Self.limits)
        } catch {
            // The step is taken anew and the record written over; `fsck` tells of it until then.
            return nil
        }
    }

    /// Whether there is any record of a step, whatever its inputs.
    package func hasRecords(_ slot: Digest) throws(ContentError) -> Bool {
        try lift(try content.root.status("\(Self.folderName)/\(slot.hex)") != nil, to: ContentError.init)
    }

    /// Keeps a record; one that is there counts as used now.
    package func write(_ record: CacheRecord, _ slot: Digest, _ contents: Digest) throws(ContentError) {
        let name = "\(contents.hex).json"
        try inSlot(slot) { folder throws(StorageError) in
            if try folder.touch(name) { return }
            guard let bytes = Self.encoded(record) else { return }
            try Failpoint.cacheBeforeWrite.check(.write, folder.path)
            try folder.writeQuickly(name, bytes)
            try Failpoint.cacheAfterWrite.check(.write, folder.path)
        }
    }

    /// Runs `body` in the folder of a slot, made when it is missing; again where a prune took the folder away meanwhile.
    private func inSlot(_ slot: Digest, _ body: (Directory) throws(StorageError) -> Void) throws(ContentError) {
        try lift(to: ContentError.init) { () throws(StorageError) in
            for isLast in [false, false, false, true] {
                do throws(StorageError) {
                    return try body(try content.root.ensureDirectory(Self.folderName).ensureDirectory(slot.hex))
                } catch let error where error.isAbsent && !isLast {
                    continue
                }
            }
        }
    }

    private static func encoded(_ record: CacheRecord) -> [UInt8]? {
        // A record has nothing that JSON could not say.
        do throws(DocumentError) { return try encodeDocument(record) } catch { return nil }
    }

    /// The contents that the files of a look had; nil where nobody knows.
    package func look(_ slot: Digest, _ look: Digest) throws(ContentError) -> Digest? {
        let lines = try looks(slot)
        guard let line = lines.last(where: { $0.hasPrefix(look.hex) }) else { return nil }
        return Digest(ifValid: "sha256:\(line.dropFirst(look.hex.count + 1))")
    }

    /// Remembers which contents the files of a look had.
    package func noteLook(_ slot: Digest, _ look: Digest, _ contents: Digest) throws(ContentError) {
        let line = "\(look.hex) \(contents.hex)"
        var lines = try looks(slot)
        if lines.last == line { return }
        lines = Array((lines.filter { !$0.hasPrefix(look.hex) } + [line]).suffix(Self.looksKept))
        try inSlot(slot) { folder throws(StorageError) in
            try folder.writeQuickly(Self.looksName, Array(lines.joined(separator: "\n").utf8))
        }
    }

    private func looks(_ slot: Digest) throws(ContentError) -> [String] {
        let bytes = try lift(
            try ifPresent(
                try content.root.readFile(
                    "\(Self.folderName)/\(slot.hex)/\(Self.looksName)", limit: Self.limits.maxBytes)), to: ContentError.init)
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// All records, oldest use first.
    package func entries() throws(ContentError) -> [CacheEntry] {
        try lift(to: ContentError.init) { () throws(StorageError) in
            var found: [CacheEntry] = []
            guard let cache = try directory() else { return [] }
            for name in try cache.names() {
                guard let slot = Digest(fileName: "sha256-\(name)"), let folder = try content.subfolder(name, of: cache) else {
                    continue
                }
                for file in try folder.names() where file.hasSuffix(".json") {
                    guard let contents = Digest(fileName: "sha256-\(file.dropLast(".json".count))"),
                        let status = try folder.status(file),
                        let bytes = try folder.readFile(file, limit: Self.limits.maxBytes)
                    else { continue }
                    do throws(DocumentError) {
                        let record = try decodeDocument(CacheRecord.self, from: bytes, limits: Self.limits)
                        found.append(
                            CacheEntry(slot: slot, contents: contents, record: record, usedSeconds: status.modifiedSeconds))
                    } catch {
                        // A build takes it for none, and `fsck` tells of it.
                        continue
                    }
                }
            }
            return found.sorted { ($0.usedSeconds, $0.id) < ($1.usedSeconds, $1.id) }
        }
    }

    /// Forgets a record, and its slot with the last one; returns the bytes that gives back, and nil where it was not there.
    @discardableResult
    package func remove(_ entry: CacheEntry) throws(ContentError) -> Int64? {
        try lift(to: ContentError.init) { () throws(StorageError) in
            guard let cache = try directory(), let folder = try content.subfolder(entry.slot.hex, of: cache) else { return nil }
            let wasThere = try folder.status(entry.fileName) != nil
            var freed = try folder.removeTreeMeasured(entry.fileName)
            if try !folder.names().contains(where: { $0.hasSuffix(".json") }) {
                freed += try cache.removeTreeMeasured(entry.slot.hex)
            }
            return wasThere ? freed : nil
        }
    }

    /// Removes a folder that steps share, and returns the bytes that gives back; nil when it is gone or a step is using it.
    ///
    /// `name` is the digest of what the steps call it, by which its folder is named.
    package func removeMount(_ name: Digest) throws(ContentError) -> Int64? {
        try lift(to: ContentError.init) { () throws(StorageError) in
            guard let cache = try directory(), let mounts = try content.subfolder(Self.mountsName, of: cache),
                let folder = try content.subfolder(name.hex, of: mounts),
                let lock = try FileLock.attempt(directory: folder, .exclusive)
            else { return nil }
            defer { lock.release() }
            return try mounts.removeTreeMeasured(name.hex)
        }
    }

    /// The folder of a cache that steps share by its name, made when it is missing, and its lock: nobody removes it meanwhile.
    package func mount(
        _ id: String, _ mode: FileLock.Mode, patience: Duration
    ) throws(ContentError) -> (folder: Directory, lock: FileLock) {
        let name = Digest(hashing: Array(id.utf8)).hex
        return try lift(to: ContentError.init) { () throws(StorageError) in
            let mounts = try content.root.ensureDirectory(Self.folderName).ensureDirectory(Self.mountsName)
            while true {
                let folder: Directory
                do throws(StorageError) { folder = try mounts.ensureTree(name) } catch let error where error.isAbsent {
                    continue
                }
                let lock = try FileLock.acquire(directory: folder, mode, patience: patience)
                // A prune may have removed it before the lock was had: then another stands under the name, or none.
                let status = try folder.status()
                if let now = try mounts.status(name), now.inode == status.inode, now.device == status.device {
                    return (folder, lock)
                }
                lock.release()
            }
        }
    }

    /// Puts the folder `name` of `parent` in the place of an empty one that steps share by the name `id`, and whose lock the caller has.
    package func replaceMount(_ id: String, by name: String, of parent: Directory) throws(ContentError) {
        try lift(to: ContentError.init) { () throws(StorageError) in
            let mounts = try content.root.ensureDirectory(Self.folderName).ensureDirectory(Self.mountsName)
            try parent.rename(name, to: Digest(hashing: Array(id.utf8)).hex, in: mounts)
        }
    }

    func directory() throws(StorageError) -> Directory? { try content.ownFolder(Self.folderName) }
}

extension ContentStore {
    /// The build cache.
    package var buildCache: BuildCache { BuildCache(self) }
}
