package import OCISpec
package import StorageIO
import SystemPackage

/// The result of one step of a build, kept for the next build that takes the same step with the same inputs.
///
/// It stands in `cache/<slot>/<contents>.json`. The layer stays in the store for as long as the record does.
package struct CacheRecord: Hashable, Sendable, Codable {
    /// The layer's blob; nil for a step that stores nothing.
    package var layer: Descriptor?
    /// The layer that the step made; nil where it only changed the config.
    package var diffID: Digest?
    /// When the step was taken, as RFC 3339 has it.
    package var created: String
    /// The step, for people.
    package var text: String

    /// A record from its parts.
    package init(layer: Descriptor?, diffID: Digest?, created: String, text: String) {
        self.layer = layer
        self.diffID = diffID
        self.created = created
        self.text = text
    }
}

/// A record with where it is, and when it was of use.
package struct CacheEntry: Hashable, Sendable {
    /// What the step is, its inputs aside.
    package var slot: Digest
    /// What its inputs are.
    package var contents: Digest
    /// What the file says, decoded.
    package var record: CacheRecord
    /// When a build took it last, or made it: seconds since 1970.
    package var usedSeconds: Int64

    /// What the record keeps: its layer's blob, and the layer unpacked, by its diff ID.
    package var digests: [Digest] { [record.layer?.digest, record.diffID].compactMap(\.self) }

    /// The name of its file, in the folder of its slot.
    package var fileName: String { "\(contents.hex).json" }

    /// By which listings and plans name it: the first half of its contents' digest after the first half of its slot's.
    package var id: String { "\(slot.hex.prefix(12))-\(contents.hex.prefix(12))" }
}

/// The build cache.
///
/// A record is written whole or not at all; a reader sees the one before, the one after, or none. Files that cannot be read
/// count as absent: a cache may always be forgotten.
extension ContentStore {
    static let cacheName = "cache"
    /// Directories that `RUN --mount=type=cache` keeps, each by the digest of its name.
    package static let cacheMountsName = "mounts"
    static let cacheLimits = DocumentLimits(maxBytes: 1 << 20)
    static let looksName = "looks"
    /// How many looks a slot remembers.
    private static let looksKept = 16

    /// The record of a step with these inputs; nil where there is none.
    package func cacheRecord(_ slot: Digest, _ contents: Digest) throws(ContentError) -> CacheRecord? {
        let path = "\(Self.cacheName)/\(slot.hex)/\(contents.hex).json"
        let bytes = try storing { () throws(StorageError) in
            do throws(StorageError) { return try root.readFile(path, limit: Self.cacheLimits.maxBytes) } catch {
                if error.isAbsent { return nil }
                throw error
            }
        }
        guard let bytes else { return nil }
        do throws(DocumentError) {
            return try decodeDocument(CacheRecord.self, from: bytes, limits: Self.cacheLimits)
        } catch {
            // The step is taken anew and the record written over; `fsck` tells of it until then.
            return nil
        }
    }

    /// Whether there is any record of a step, whatever its inputs.
    package func hasCacheRecords(_ slot: Digest) throws(ContentError) -> Bool {
        try storing { () throws(StorageError) in try root.status("\(Self.cacheName)/\(slot.hex)") != nil }
    }

    /// Keeps a record; one that is there counts as used now.
    package func writeCacheRecord(_ record: CacheRecord, _ slot: Digest, _ contents: Digest) throws(ContentError) {
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
        try storing { () throws(StorageError) in
            for isLast in [false, false, false, true] {
                do throws(StorageError) {
                    return try body(try root.ensureDirectory(Self.cacheName).ensureDirectory(slot.hex))
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
    package func cachedLook(_ slot: Digest, _ look: Digest) throws(ContentError) -> Digest? {
        let lines = try looks(slot)
        guard let line = lines.last(where: { $0.hasPrefix(look.hex) }) else { return nil }
        return Digest(ifValid: "sha256:\(line.dropFirst(look.hex.count + 1))")
    }

    /// Remembers which contents the files of a look had.
    package func writeCachedLook(_ slot: Digest, _ look: Digest, _ contents: Digest) throws(ContentError) {
        let line = "\(look.hex) \(contents.hex)"
        var lines = try looks(slot)
        if lines.last == line { return }
        lines = Array((lines.filter { !$0.hasPrefix(look.hex) } + [line]).suffix(Self.looksKept))
        try inSlot(slot) { folder throws(StorageError) in
            try folder.writeQuickly(Self.looksName, Array(lines.joined(separator: "\n").utf8))
        }
    }

    private func looks(_ slot: Digest) throws(ContentError) -> [String] {
        let bytes = try storing { () throws(StorageError) in
            do throws(StorageError) {
                return try root.readFile(
                    "\(Self.cacheName)/\(slot.hex)/\(Self.looksName)", limit: Self.cacheLimits.maxBytes)
            } catch {
                if error.isAbsent { return nil }
                throw error
            }
        }
        return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// All records, oldest use first.
    package func cacheEntries() throws(ContentError) -> [CacheEntry] {
        try storing { () throws(StorageError) in
            var found: [CacheEntry] = []
            guard let cache = try cacheDirectory() else { return [] }
            for name in try cache.names() {
                guard let slot = Digest(fileName: "sha256-\(name)"), let folder = try subfolder(name, of: cache) else { continue }
                for file in try folder.names() where file.hasSuffix(".json") {
                    guard let contents = Digest(fileName: "sha256-\(file.dropLast(".json".count))"),
                        let status = try folder.status(file),
                        let bytes = try folder.readFile(file, limit: Self.cacheLimits.maxBytes)
                    else { continue }
                    do throws(DocumentError) {
                        let record = try decodeDocument(CacheRecord.self, from: bytes, limits: Self.cacheLimits)
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
    package func removeCacheEntry(_ entry: CacheEntry) throws(ContentError) -> Int64? {
        try storing { () throws(StorageError) in
            guard let cache = try cacheDirectory(), let folder = try subfolder(entry.slot.hex, of: cache) else { return nil }
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
    package func removeCacheMount(_ name: Digest) throws(ContentError) -> Int64? {
        try storing { () throws(StorageError) in
            guard let cache = try cacheDirectory(), let mounts = try subfolder(Self.cacheMountsName, of: cache),
                let folder = try subfolder(name.hex, of: mounts),
                let lock = try FileLock.attempt(directory: folder, .exclusive)
            else { return nil }
            defer { lock.release() }
            return try mounts.removeTreeMeasured(name.hex)
        }
    }

    func cacheDirectory() throws(StorageError) -> Directory? { try ownFolder(Self.cacheName) }

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
}
