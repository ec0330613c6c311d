import ContainerRuntime
import ContentStorage
import DockerfileLanguage
import Foundation
import Glibc
import ImageBuild
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage

/// Where one `RUN` takes place: the layers unpacked, a folder for what it changes, its mounts.
///
/// All but unpacked layers and caches is in a folder of the session, so that whatever ends the build, the next command takes it away.
struct RunRoom {
    let workshop: BuildWorkshop
    let step: RunStep

    private var store: ContentStore { workshop.session.store }

    func run(output: @escaping @Sendable ([UInt8]) -> Void) throws -> MadeLayer {
        guard geteuid() == 0 else { throw RuntimeError.notPermitted(detail: "RUN needs root") }
        let program = try RuntimeProgram.find(
            Environment.value("STRATA_RUNTIME"), searchPath: Environment.value("PATH"))
        let unpacker = LayerUnpacker(workshop: workshop)
        let lower = try unpacker.unpack(step.layers)
        let (name, folder) = try workshop.session.makeFolder()
        for part in ["diff", "work", "merged", "empty", "mounts"] { try folder.makeDirectory(part) }
        let mounts = try RunMounts(workshop, step, folder)
        defer { mounts.release() }
        let process = RuntimeSpec.Process(
            args: step.command, env: step.environment, cwd: step.workingDirectory, uid: step.uid, gid: step.gid,
            groups: step.groups)
        var spec = RuntimeSpec(
            process: process, root: "\(folder.path)/merged", hostname: "buildkitsandbox", isIsolated: step.network == .none)
        spec.mounts += mounts.mounts
        let confinement = Confinement(
            layersFolder: "\(store.root.path)/layers/\(ContentStore.shortNamesName)",
            lower: lower.isEmpty ? ["\(folder.path)/empty"] : lower, upper: "\(folder.path)/diff",
            work: "\(folder.path)/work", merged: "\(folder.path)/merged", command: [])
        let status = try ConfinedRun(folder: folder.path, spec: spec, confinement: confinement).run(program) { data in
            output(Array(data))
        }
        guard status == 0 else {
            throw BuildError.commandFailed(command: step.command.joined(separator: " "), status: status)
        }
        let stubs = MountStubs(spec.mounts.map(\.destination), in: step.tree)
        let upper = try UpperLayer(try folder.directory("diff")) { stubs.isChange($0, isEmptyDirectory: $1) }
        let latest = workshop.inputs.latest
        let made = try workshop.makeLayer { try upper.write(to: $0, latest: latest) }
        try workshop.session.removeFolder(name)
        return made
    }
}

/// Unpacks layers for mounts.
struct LayerUnpacker {
    let workshop: BuildWorkshop

    private var store: ContentStore { workshop.session.store }

    /// The names of the layers' trees for mount options, uppermost first; what is not unpacked is unpacked now.
    func unpack(_ layers: [BuildLayer]) throws -> [String] {
        var names: [String] = []
        var chain: Digest?
        _ = try store.unpackedLayers()
        for (number, layer) in layers.enumerated() {
            // Held, so that nobody takes it away meanwhile.
            _ = try workshop.session.hold(layer.diffID)
            if try store.unpackedLayer(layer.diffID, over: chain) == nil {
                names.append(try unpack(layers, number, over: chain, trees: names))
            } else {
                names.append(try store.shortName(of: layer.diffID))
            }
            chain = Digest(hashing: Array("\(chain?.description ?? "") \(layer.diffID)".utf8))
        }
        // An overlay takes a directory once. Of a layer that is there twice the upper one has the last word on all its paths.
        var seen: Set<String> = []
        return names.reversed().filter { seen.insert($0).inserted }
    }

    private func unpack(_ layers: [BuildLayer], _ number: Int, over chain: Digest?, trees: [String]) throws -> String {
        let layer = layers[number]
        let below = try workshop.files(of: Array(layers[..<number]))
        let (name, folder) = try workshop.session.makeFolder()
        let diff = try folder.ensureDirectory(ContentStore.unpackedTreeName)
        let places = trees.map { $0.hasPrefix("/") ? $0 : "\(store.root.path)/layers/\(ContentStore.shortNamesName)/\($0)" }
        let unpacking = LayerUnpacking(
            into: diff, over: { path in below.file(at: path).map(LowerEntry.init) },
            openLower: { path in
                for place in places.reversed() {
                    let tree = TreeReader(try Directory.open(FilePath(place)))
                    if let item = try tree.item(at: path) { return item.status.kind == .file ? try tree.file(at: path) : nil }
                }
                return nil
            })
        let blob = try store.openBlob(layer.descriptor.digest)
        let source = FileRangeSource(
            fd: blob.fd, length: blob.size, name: "blob \(layer.descriptor.digest)", keeping: blob)
        let digest = try unpacking.unpack(source, limits: workshop.workspace.options.limits)
        guard digest == layer.descriptor.digest else { throw ContentError.blobCorrupt(layer.descriptor.digest, actual: digest) }
        if unpacking.isDependent {
            try folder.writeQuickly(ContentStore.unpackedOverName, Array((chain?.description ?? "").utf8))
        }
        let layersFolder = try store.unpackedLayers()
        if try workshop.session.moveFolder(name, to: layer.diffID.fileName, in: layersFolder) {
            return try store.shortName(of: layer.diffID)
        }
        // Unpacked over other layers, and that makes a difference: this build keeps its own.
        if try store.unpackedLayer(layer.diffID, over: chain) == nil { return "\(folder.path)/\(ContentStore.unpackedTreeName)" }
        try workshop.session.removeFolder(name)
        return try store.shortName(of: layer.diffID)
    }
}

extension LowerEntry {
    fileprivate init(_ file: TreeFile) {
        self.init(
            kind: file.kind, mode: file.mode, uid: file.uid, gid: file.gid, mtimeSeconds: file.mtimeSeconds,
            mtimeNanoseconds: file.mtimeNanoseconds, linkTarget: file.linkTarget)
    }
}

/// What comes to be in an image only because something is mounted on it.
struct MountStubs {
    private let tree: any StageTree
    private var stubs: Set<[UInt8]> = []
    private var parents: Set<[UInt8]> = []

    /// The stubs for these targets in a tree.
    init(_ targets: [String], in tree: any StageTree) {
        self.tree = tree
        for target in targets {
            guard let path = TargetLookup.path(Array(target.utf8), in: tree) else { continue }
            guard tree.entry(at: path) == nil else { continue }
            stubs.insert(path)
            var parent = path
            while let slash = parent.lastIndex(of: UInt8(ascii: "/")) {
                parent = Array(parent[..<slash])
                parents.insert(parent)
            }
        }
    }

    /// Whether a file or directory of an upper directory is there for its own sake.
    func isChange(_ entry: TarHeader, isEmptyDirectory: Bool) -> Bool {
        if stubs.contains(entry.path) { return !(isEmptyDirectory || (entry.kind == .file && entry.size == 0)) }
        guard isEmptyDirectory, parents.contains(entry.path) else { return true }
        // A directory on the way to one: made for it, or changed in nothing but its time.
        guard let before = TargetLookup.file(entry.path, in: tree) else { return false }
        return before.mode != entry.mode || before.uid != entry.uid || before.gid != entry.gid
    }
}

/// The mounts of a step besides those that every container has.
struct RunMounts {
    private(set) var mounts: [RuntimeSpec.Mount] = []
    private var locks: [FileLock] = []

    init(_ workshop: BuildWorkshop, _ step: RunStep, _ folder: Directory) throws {
        if step.network != .none {
            for file in ["/etc/resolv.conf", "/etc/hosts"] where FileManager.default.fileExists(atPath: file) {
                bind(file, to: file, isWritable: false)
            }
        }
        let places = try folder.directory("mounts")
        for (number, mount) in step.mounts.enumerated() {
            let path = "\(places.path)/\(number)"
            switch mount.source {
            case .files(let source, let inside):
                let isFile = try Self.copy(source, inside, to: try places.ensureDirectory("\(number)"), workshop)
                bind(isFile ? "\(path)/content" : path, to: mount.target, isWritable: mount.isWritable)
            case .cache(let id, let mode, let uid, let gid, let sharing):
                // Another owner or mode is another cache, as BuildKit has it.
                let owner = mode == nil && uid == 0 && gid == 0 ? "" : "\n\(uid):\(gid):\(mode ?? 0o755)"
                let cache = try workshop.session.store.cacheMount(id + owner)
                // One that is used by several is locked all the same, so that nobody removes it meanwhile.
                locks.append(
                    try FileLock.acquire(directory: cache, sharing == .shared ? .shared : .exclusive, patience: .seconds(3600)))
                if try cache.names().isEmpty {
                    chmod(cache.path, mode_t(mode ?? 0o755))
                    chown(cache.path, uid, gid)
                }
                bind(cache.path, to: mount.target, isWritable: mount.isWritable)
            case .tmpfs(let bytes):
                let size = bytes.map { ["size=\($0)"] } ?? []
                mounts.append(
                    RuntimeSpec.Mount(
                        mount.target, type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=1777"] + size))
            case .secret(let bytes, let mode, let uid, let gid):
                let file = try places.createFile("\(number)", mode: 0o600)
                try file.write(bytes)
                fchown(file.fd, uid, gid)
                fchmod(file.fd, mode_t(mode))
                bind(path, to: mount.target, isWritable: false)
            }
        }
    }

    private mutating func bind(_ source: String, to target: String, isWritable: Bool) {
        mounts.append(
            RuntimeSpec.Mount(target, type: "bind", source: source, options: ["rbind", isWritable ? "rw" : "ro"]))
    }

    /// Puts files of a source into a folder: a directory's content, or one file as `content`; true for the latter.
    private static func copy(
        _ source: any FileSource, _ path: [UInt8], to folder: Directory, _ workshop: BuildWorkshop
    ) throws -> Bool {
        let isFile = try SourceLookup.file(path, in: source)?.kind == .file
        let request = CopyRequest(destination: Array((isFile ? "/content" : "/").utf8))
        var part = CopyPart(source, .files([path]))
        part.keepsOwners = true
        let plan = try CopyPlan(request, [part], onto: EmptyTree())
        let contents = [try source.contents(of: plan.neededContents(partCount: 1)[0])]
        let spool = try workshop.session.temporaryFile()
        let end = SpoolEnd()
        _ = try LayerAssembly.assemble(
            into: { bytes in
                try spool.write(bytes, at: end.bytes)
                end.bytes += Int64(bytes.count)
            }, compression: .none
        ) { try plan.write(to: $0, contents) }
        let unpacking = LayerUnpacking(into: folder, over: { _ in nil }, openLower: { _ in nil })
        let tar = FileRangeSource(fd: spool.fd, length: end.bytes, name: "a mount", keeping: spool)
        _ = try unpacking.unpack(tar)
        return isFile
    }

    /// How much a spool has; written by one thread, read when that has ended.
    private final class SpoolEnd: @unchecked Sendable {
        var bytes: Int64 = 0
    }

    func release() { for lock in locks { lock.release() } }
}
