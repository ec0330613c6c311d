import OCISpec
package import StorageIO
import SystemPackage

/// Looking through the cache, unlike using it, passes over nothing.
extension BuildCache {
    /// Everything in the cache but what it always has.
    package func files() throws(StorageError) -> [CacheFile] {
        guard let cache = try directory() else { return [] }
        var found: [CacheFile] = []
        for name in try cache.names() {
            let path = "\(Self.folderName)/\(name)"
            let slot = Digest(fileName: "sha256-\(name)")
            guard slot != nil || name == Self.mountsName, let folder = try content.subfolder(name, of: cache) else {
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
        if let isAbandoned = TemporaryName.isAbandoned(name) { return isAbandoned ? .remnant : nil }
        guard status.kind == .file, name.hasSuffix(".json"), let contents = Digest(fileName: "sha256-\(name.dropLast(5))") else {
            return .stray
        }
        guard let bytes = try folder.readFile(name, limit: Self.limits.maxBytes) else { return nil }
        do {
            let record = try decodeDocument(CacheRecord.self, from: bytes, limits: Self.limits)
            return .record(CacheEntry(slot: slot, contents: contents, record: record, usedSeconds: status.modifiedSeconds))
        } catch {
            return .unreadable(error)
        }
    }

    /// Removes a file of a slot, and the slot when it has no record left; false where it was gone.
    package func removeFile(_ path: String) throws(ContentError) -> Bool {
        let parts = path.split(separator: "/").compactMap { PathPart($0)?.text }
        guard parts.count == 3, parts[0] == Self.folderName else { return false }
        return try lift(to: ContentError.init) { () throws(StorageError) in
            guard let cache = try directory(), let folder = try content.subfolder(parts[1], of: cache) else {
                return false
            }
            let wasThere = try folder.removeFile(parts[2])
            if try folder.names().allSatisfy({ $0 == Self.looksName }) { try cache.removeTree(parts[1]) }
            return wasThere
        }
    }
}
