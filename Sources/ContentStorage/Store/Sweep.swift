package import OCISpec
import StorageIO
import SystemPackage

/// What may be done while no session can take a hold: look at everything that protects blobs, and move what nothing protects.
///
/// Only valid inside `ContentStore.sweep`. Look at the holds before the index: a session that ends in between has changed the
/// index by then.
package struct Sweep {
    private let content: ContentStore
    private let sources = Sources()

    init(_ content: ContentStore) { self.content = content }

    /// The directories out of which something was moved: a collection moves tens of thousands of blobs out of one.
    private final class Sources {
        private var opened: [String: Directory] = [:]

        func directory(_ path: String, in root: Directory) throws(StorageError) -> Directory {
            if let directory = opened[path] { return directory }
            let directory = try root.directory(path)
            opened[path] = directory
            return directory
        }
    }

    /// What live sessions count on.
    package func liveHolds() throws(ContentError) -> Set<Digest> {
        try lift(try content.sessions.allWhileSweeping(), to: ContentError.init).reduce(into: []) { holds, session in
            if session.isLive { holds.formUnion(session.holds) }
        }
    }

    /// The bins that processes left unfinished when they died, those whose time is over at `now`, and those in `names`; their
    /// locks are taken.
    ///
    /// What a repair set aside is none. A bin whose record cannot be read is left alone.
    package func abandonedBins(now: Timestamp, and names: Set<String> = []) throws(ContentError) -> [TrashBin] {
        try lift(try content.trash.abandonedBins(now: now, and: names), to: ContentError.init)
    }

    /// Moves a blob into a bin; false when there is none of that name.
    ///
    /// A reader that has it open keeps it.
    package func move(blob digest: Digest, to bin: TrashBin) throws(ContentError) -> Bool {
        try move(digest.hex, in: StoredBlobs.folderPath(digest.algorithm), to: digest.fileName, in: bin)
    }

    /// Moves an unpacked layer into a bin; false when there is none.
    package func move(layer diffID: Digest, to bin: TrashBin) throws(ContentError) -> Bool {
        let name = "layer-\(diffID.fileName)"
        guard try move(diffID.fileName, in: UnpackedLayers.folderName, to: name, in: bin) else { return false }
        try lift(try content.layers.takeShortName(of: diffID, into: try bin.directory.directory(name)), to: ContentError.init)
        return true
    }

    /// Removes short names whose layers are not there, and returns the bytes that gave back.
    package func removeStaleShortNames() throws(ContentError) -> Int64 {
        try lift(try content.layers.removeStaleShortNames(), to: ContentError.init)
    }

    private func move(_ name: String, in path: String, to newName: String, in bin: TrashBin) throws(ContentError) -> Bool {
        try lift(try ifPresent(try rename(name, in: path, to: newName, in: bin.directory)), to: ContentError.init) != nil
    }

    private func rename(
        _ name: String, in path: String, to newName: String, in target: Directory
    ) throws(StorageError) {
        let source = try sources.directory(path, in: content.root)
        try Failpoint.releaseBeforeMove.check(.rename, source.path)
        try source.rename(name, to: newName, in: target)
        try Failpoint.releaseAfterMove.check(.rename, source.path)
    }
}

extension ContentStore {
    /// Runs `body` while no session can begin, or take a hold, anywhere; keep it short.
    package func sweep<T, E: Error>(
        orElse convert: (ContentError) -> E, _ body: (Sweep) throws(E) -> T
    ) throws(E) -> T {
        let lock = try lift(try locks.sweep(), to: convert)
        defer { lock.release() }
        return try body(Sweep(self))
    }
}
