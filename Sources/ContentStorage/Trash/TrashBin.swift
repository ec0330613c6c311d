package import OCISpec
import StorageIO
import SystemPackage

/// A directory of the trash: what one release removes passes through it, or stays there for a while.
///
/// It is locked while its process lives. One whose lock is free, and that is not kept, is what a killed process left: the
/// next release finishes it by the record inside.
package final class TrashBin: Sendable {
    /// What a release is about, on the disk before anything is changed.
    package struct Record: Hashable, Sendable, Decodable, JSONRepresented {
        /// Tells the document from others, should the file be found elsewhere.
        package var kind = "release"
        /// Raised when the meaning of a field changes.
        package var schemaVersion = 1
        /// The entries of `index.json` that go.
        package var entries: [Descriptor]
        /// The blobs that go unless something else reaches them.
        package var blobs: [Digest]
        /// The unpacked layers that go unless something else needs them, by diff ID.
        package var layers: [Digest]
        /// Until when the bin is kept, in RFC 3339; nil for one that is emptied at once.
        package var keepUntil: String?
        /// The plan that the release carries out.
        package var plan: String?

        /// A record from its parts.
        package init(
            entries: [Descriptor], blobs: [Digest], layers: [Digest], keepUntil: String? = nil, plan: String? = nil
        ) {
            self.entries = entries
            self.blobs = blobs
            self.layers = layers
            self.keepUntil = keepUntil
            self.plan = plan
        }

        /// What is written; what is nil is left out.
        package var json: JSONValue {
            .fields([
                "kind": .string(kind), "schemaVersion": .integer(Int64(schemaVersion)), "entries": .array(entries.map(\.json)),
                "blobs": .textList(blobs.map(\.description)), "layers": .textList(layers.map(\.description)),
                "keepUntil": keepUntil.map(JSONValue.string), "plan": plan.map(JSONValue.string),
            ])
        }
    }

    /// The name of the file in a bin that holds its record.
    package static let recordName = "release.json"
    /// Stands in a bin that is kept, once all that was to be moved into it is there.
    package static let completeName = "complete"
    static let recordLimits = DocumentLimits(maxBytes: 256 << 20)

    /// The bin's name below `trash/`.
    package let name: String
    /// What it was made for.
    package let record: Record
    /// Whether all that was to be moved into it was there when it was found: what came since is not what a dead process left.
    package let isComplete: Bool
    let directory: Directory
    private let store: ContentStore
    private let trash: Directory
    private let lock: FileLock

    init(
        name: String, record: Record, isComplete: Bool = false, store: ContentStore, directory: Directory, trash: Directory,
        lock: FileLock
    ) {
        self.store = store
        self.isComplete = isComplete
        self.name = name
        self.record = record
        self.directory = directory
        self.trash = trash
        self.lock = lock
    }

    /// Removes the bin and all in it, and returns how many bytes the file system got back.
    ///
    /// A file that has another name elsewhere gives none back. Without `isDone` the record stays, and the next release goes on.
    package func empty(isDone: Bool = true) throws(ContentError) -> Int64 {
        defer { lock.release() }
        return try lift(to: ContentError.init) { () throws(StorageError) in
            try Failpoint.releaseBeforeRemove.check(.remove, directory.path)
            // What is mounted over it is none of the store's.
            if try trash.isMountPoint(name) { throw StorageError(.remove, directory.path, .resourceBusy) }
            // The mark goes first: a bin that lacks something is none that can be undone. The record goes last: while it is there,
            // what is left can be told from an accident.
            try directory.removeFile(Self.completeName)
            let freed = try directory.removeContentsMeasured(but: [Self.recordName]) { () throws(StorageError) in
                try Failpoint.releaseAfterRemove.check(.remove, directory.path)
            }
            guard isDone else { return freed }
            try directory.removeFile(Self.recordName)
            try trash.removeDirectory(name)
            return freed
        }
    }

    /// Allocated bytes of the bin itself: its folder, its record and its mark.
    package func ownBytes() throws(ContentError) -> Int64 {
        try lift(to: ContentError.init) { () throws(StorageError) in
            var bytes = try trash.status(name)?.allocatedBytes ?? 0
            for file in [Self.recordName, Self.completeName] { bytes += try directory.status(file)?.allocatedBytes ?? 0 }
            return bytes
        }
    }

    /// Leaves the bin to the next release, which finds it as one that a dead process left.
    package func leave() { lock.release() }

    /// Leaves the bin where it is, and returns how many bytes are in it; on return what is in it is on the disk.
    ///
    /// Without `isDone` the next release goes on with it.
    package func keep(isDone: Bool = true) throws(ContentError) -> Int64 {
        defer { lock.release() }
        return try lift(to: ContentError.init) { () throws(StorageError) in
            var bytes: Int64 = 0
            for name in try directory.names() where name != Self.recordName && name != Self.completeName {
                guard let status = try directory.status(name) else { continue }
                bytes +=
                    status.kind == .directory
                    ? try StoreWalk.allocatedBytes(of: try directory.directory(name)) : status.allocatedBytes
            }
            guard isDone else { return bytes }
            try Failpoint.releaseBeforeComplete.check(.write, directory.path)
            _ = try directory.createFile(Self.completeName, replacing: true)
            try directory.sync()
            try Failpoint.releaseAfterComplete.check(.sync, directory.path)
            return bytes
        }
    }

    /// Puts what is in the bin back where it was, unless something of the same name is there; on return it is on the disk.
    ///
    /// The caller holds the blobs by a session, and brings the entries back afterwards. A reader sees each blob once it is back.
    package func restore() throws(ContentError) {
        let (blobs, layers) = try contents()
        try restore(blobs: blobs, layers: layers)
    }

    /// The same of some of it; returns how many came back.
    @discardableResult
    package func restore(blobs: [Digest], layers: [Digest]) throws(ContentError) -> Int {
        try lift(to: ContentError.init) { () throws(StorageError) in
            var count = 0
            for digest in blobs {
                let target = try store.blobs.makeFolder(digest.algorithm)
                if try move(digest.fileName, to: digest.hex, in: target) { count += 1 }
            }
            if !layers.isEmpty {
                let target = try store.root.ensureDirectory(UnpackedLayers.folderName)
                for diffID in layers where try move("layer-\(diffID.fileName)", to: diffID.fileName, in: target) {
                    try store.layers.giveShortName(of: diffID)
                    count += 1
                }
                try target.sync()
            }
            for algorithm in Set(blobs.map(\.algorithm)) { try store.blobs.makeFolder(algorithm).sync() }
            return count
        }
    }

    private func move(_ name: String, to newName: String, in target: Directory) throws(StorageError) -> Bool {
        guard try target.status(newName) == nil else { return false }
        try Failpoint.undoBeforeMove.check(.rename, target.path)
        try directory.rename(name, to: newName, in: target)
        try Failpoint.undoAfterMove.check(.rename, target.path)
        return true
    }

    /// The items that are in the bin now, by their kind and digest.
    package func contents() throws(ContentError) -> (blobs: [Digest], layers: [Digest]) {
        let names = try lift(try directory.names(), to: ContentError.init)
        let prefix = "layer-"
        return (
            names.compactMap { Digest(fileName: $0) },
            names.filter { $0.hasPrefix(prefix) }.compactMap { Digest(fileName: String($0.dropFirst(prefix.count))) }
        )
    }
}
