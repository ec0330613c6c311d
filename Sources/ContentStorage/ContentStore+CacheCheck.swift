import Glibc
package import OCISpec
package import StorageIO
import SystemPackage

/// A name in the build cache, and what it is.
package struct CacheFile: Hashable, Sendable {
    /// What a name in the cache may be.
    package enum Kind: Hashable, Sendable {
        case record(CacheEntry)
        /// A record by its name that is none.
        case unreadable(DocumentError)
        /// What a writer left that is no more.
        case remnant
        /// Nothing that the cache knows.
        case stray
    }

    /// Below the store.
    package var path: String
    /// What the name was taken for; whatever fits nothing is stray.
    package var kind: Kind
}

/// Looking through the cache, unlike using it, passes over nothing.
extension ContentStore {
    /// Everything in the cache but what it always has.
    package func cacheFiles() throws(StorageError) -> [CacheFile] {
        guard let cache = try cacheDirectory() else { return [] }
        var found: [CacheFile] = []
        for name in try cache.names() {
            let path = "\(Self.cacheName)/\(name)"
            let slot = Digest(fileName: "sha256-\(name)")
            guard slot != nil || name == Self.cacheMountsName, let folder = try subfolder(name, of: cache) else {
                found.append(CacheFile(path: path, kind: .stray))
                continue
            }
            for file in try folder.names() {
                let kind: CacheFile.Kind?
                if let slot {
                    kind = try self.kind(of: file, in: folder, slot)
                } else {
                    kind = Digest(fileName: "sha256-\(file)") == nil ? .stray : nil
                }
                if let kind { found.append(CacheFile(path: "\(path)/\(file)", kind: kind)) }
            }
        }
        return found
    }

    /// What a name of a slot is; nil for what is always fine there, and for what is gone by now.
    private func kind(
        of name: String, in folder: Directory, _ slot: Digest
    ) throws(StorageError) -> CacheFile.Kind? {
        guard let status = try folder.status(name) else { return nil }
        if status.kind == .file, name == Self.looksName { return nil }
        if name.hasSuffix(".new") {
            // One that is being written has its writer's number.
            guard let writer = name.dropLast(4).split(separator: ".").last.flatMap({ Int32($0) }) else { return .stray }
            return kill(writer, 0) == 0 || errno == EPERM ? nil : .remnant
        }
        guard status.kind == .file, name.hasSuffix(".json"), let contents = Digest(fileName: "sha256-\(name.dropLast(5))") else {
            return .stray
        }
        guard let bytes = try folder.readFile(name, limit: Self.cacheLimits.maxBytes) else { return nil }
        do throws(DocumentError) {
            let record = try decodeDocument(CacheRecord.self, from: bytes, limits: Self.cacheLimits)
            return .record(CacheEntry(slot: slot, contents: contents, record: record, usedSeconds: status.modifiedSeconds))
        } catch {
            return .unreadable(error)
        }
    }

    /// Removes a file of a slot, and the slot when it has no record left; false where it was gone.
    package func removeCacheFile(_ path: String) throws(ContentError) -> Bool {
        let parts = path.split(separator: "/").compactMap { PathPart($0)?.text }
        guard parts.count == 3, parts[0] == Self.cacheName else { return false }
        return try storing { () throws(StorageError) in
            guard let cache = try cacheDirectory(), let folder = try subfolder(parts[1], of: cache) else {
                return false
            }
            let wasThere = try folder.removeFile(parts[2])
            if try folder.names().allSatisfy({ $0 == Self.looksName }) { try cache.removeTree(parts[1]) }
            return wasThere
        }
    }
}
