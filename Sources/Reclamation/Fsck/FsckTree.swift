import ContentStorage
import OCISpec
import StorageIO

/// Every name of a store: the blobs, and what nothing accounts for.
struct StoreTree {
    /// Everything that stands under a blob's name.
    private(set) var blobs: [Digest] = []
    private(set) var findings: [CheckFinding] = []
    private let content: ContentStore

    private static let nothing = CheckFinding.Value.text("nothing")

    /// Lists the store at `content`.
    init(_ content: ContentStore) {
        self.content = content
        looking(at: "") { tree throws(StorageError) in try tree.lookAtTop() }
        looking(at: "blobs") { tree throws(StorageError) in try tree.lookAtBlobs() }
        looking(at: "layers") { tree throws(StorageError) in try tree.lookAtLayers() }
        looking(at: "locks") { tree throws(StorageError) in try tree.lookAtLocks() }
        looking(at: "ingest") { tree throws(StorageError) in try tree.lookAtIngest() }
        looking(at: "trash") { tree throws(StorageError) in try tree.lookAtTrash() }
        looking(at: "plans") { tree throws(StorageError) in _ = try tree.content.root.directory("plans") }
    }

    private mutating func looking(at path: String, _ body: (inout StoreTree) throws(StorageError) -> Void) {
        do { try body(&self) } catch {
            if error.isAbsent { return }
            findings.append(
                CheckFinding(
                    .unreadable, path.isEmpty ? "." : path, expected: .text("a directory"), actual: .failure(.storage(error))))
        }
    }

    private mutating func lookAtTop() throws(StorageError) {
        let root = content.root
        for name in try root.names() where name != "lost+found" {
            if StoreNames.remnants.contains(name) {
                try add(.leftover, name)
            } else if !StoreNames.all.contains(name) {
                try addAll(name)
            }
        }
    }

    private mutating func lookAtBlobs() throws(StorageError) {
        let root = try content.root.directory("blobs")
        for name in try root.names() {
            guard let algorithm = Digest.Algorithm(rawValue: name), try root.status(name)?.kind == .directory else {
                try addAll("blobs/\(name)")
                continue
            }
            for hex in try root.directory(name).names() {
                do throws(Digest.ParseError) {
                    blobs.append(try Digest("\(algorithm.rawValue):\(hex)"))
                } catch {
                    try addAll("blobs/\(name)/\(hex)")
                }
            }
        }
    }

    /// Names in `layers/` that are no layer's, and short names of layers that are not there.
    private mutating func lookAtLayers() throws(StorageError) {
        for name in try content.root.directory("layers").names()
        where name != UnpackedLayers.shortNamesName && Digest(fileName: name) == nil { try addAll("layers/\(name)") }
        for name in try content.layers.staleShortNames() { try add(.leftover, "layers/\(UnpackedLayers.shortNamesName)/\(name)") }
    }

    private mutating func lookAtLocks() throws(StorageError) {
        for name in try content.root.directory("locks").names() {
            let path = "locks/\(name)"
            if path == IndexFile.remnantPath {
                try add(.leftover, path)
            } else if !StoreLocks.isOwnFile(name) {
                try addAll(path)
            }
        }
    }

    /// What is no session, and what is no file of a session.
    private mutating func lookAtIngest() throws(StorageError) {
        let ingest = try content.root.directory("ingest")
        for name in try ingest.names() where try ingest.status(name)?.kind != .directory { try add(.stray, "ingest/\(name)") }
        for session in try content.sessions.all() {
            let foreign = session.partials.filter { !IngestSession.isOwnFile($0.name) }
            for file in foreign { try addAll("ingest/\(session.name)/\(file.name)") }
            // With a file of another tool it is that tool's, and no command of ours clears it.
            guard !session.isLive, foreign.isEmpty else { continue }
            findings.append(
                CheckFinding(
                    .abandonedSession, "ingest/\(session.name)", expected: .text("a process that holds its lock"),
                    actual: .text("none; partial blobs: \(session.partials.count), bytes: \(session.partialBytes)")))
        }
    }

    private mutating func lookAtTrash() throws(StorageError) {
        let trash = try content.root.directory("trash")
        for name in try trash.names() {
            guard try trash.status(name)?.kind == .directory else {
                try add(.stray, "trash/\(name)")
                continue
            }
            guard let bin = try content.subfolder(name, of: trash) else { continue }
            var bytes: Int64 = 0
            var count = 0
            try StoreWalk.visit(bin) { item throws(StorageError) in
                guard item.status.kind != .directory else { return }
                bytes += item.status.sizeBytes
                count += 1
            }
            findings.append(
                CheckFinding(.trash, "trash/\(name)", expected: Self.nothing, actual: .text("files: \(count), bytes: \(bytes)")))
        }
    }

    /// A finding for what is still there; something that another process made and took away again is none.
    private mutating func add(_ code: CheckFinding.Code, _ path: String) throws(StorageError) {
        guard let status = try content.root.status(path) else { return }
        let what =
            switch status.kind {
            case .file: "a file of \(status.sizeBytes) bytes"
            case .directory: "a directory"
            case .symlink: "a symlink"
            case .other: "a device, socket or pipe"
            }
        findings.append(CheckFinding(code, path, expected: Self.nothing, actual: .text(what)))
    }

    /// The same for each file below a stray directory.
    private mutating func addAll(_ path: String) throws(StorageError) {
        try add(.stray, path)
        guard try content.root.status(path)?.kind == .directory else { return }
        var below: [String] = []
        try StoreWalk.visit(try content.root.directory(path)) { item throws(StorageError) in
            if !item.path.isEmpty { below.append("\(path)/\(item.path)") }
        }
        for path in below { try add(.stray, path) }
    }
}
