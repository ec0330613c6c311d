import ContainerRuntime
import ContentStorage
import DockerfileLanguage
import Foundation
import Glibc
import ImageBuild
import LayerArchive
import OCISpec
import StorageIO

/// The mounts of a step besides those that every container has.
struct RunMounts {
    private(set) var mounts: [RuntimeSpec.Mount] = []
    private var locks: [FileLock] = []

    init(_ worker: StoreBuildWorker, _ step: RunStep, _ folder: Directory) throws {
        let places = try folder.directory("mounts")
        if step.network != .none, FileManager.default.fileExists(atPath: Self.resolver) {
            bind(Self.resolver, to: Self.resolver, isWritable: false)
        }
        try places.createFile("hosts").write(try Self.hosts(step))
        bind("\(places.path)/hosts", to: Self.hostsPath, isWritable: false)
        for (number, mount) in step.mounts.enumerated() {
            let path = "\(places.path)/\(number)"
            switch mount.source {
            case .files(let source, let inside):
                let isFile = try Self.copy(source, inside, to: try places.ensureTree("\(number)"), worker)
                bind(isFile ? "\(path)/content" : path, to: mount.target, isWritable: mount.isWritable)
            case .cache(let id, let mode, let uid, let gid, let sharing, let seed):
                // Another owner or mode is another cache, and so is another beginning, as BuildKit has it.
                var name = id + (mode == nil && uid == 0 && gid == 0 ? "" : "\n\(uid):\(gid):\(mode ?? 0o755)")
                if let seed { name += "\n\(seed.contents)" }
                if let seed { try Self.fill(name, with: seed, worker) { Self.prepare($0, mode, uid, gid) } }
                // One that is used by several is locked all the same, so that nobody removes it meanwhile.
                let (cache, lock) = try worker.session.store.buildCache.mount(
                    name, sharing == .shared ? .shared : .exclusive, patience: Self.patience)
                locks.append(lock)
                if try cache.names().isEmpty { Self.prepare(cache, mode, uid, gid) }
                bind(cache.path, to: mount.target, isWritable: mount.isWritable)
            case .tmpfs(let bytes):
                let size = bytes.map { ["size=\($0)"] } ?? []
                mounts.append(
                    RuntimeSpec.Mount(
                        mount.target, type: "tmpfs", source: "tmpfs",
                        options: ["nosuid", "nodev", "mode=1777", mount.isWritable ? "rw" : "ro"] + size))
            case .secret(let bytes, let mode, let uid, let gid):
                let file = try places.createFile("\(number)", mode: 0o600)
                try file.write(bytes)
                fchown(file.fd, uid, gid)
                fchmod(file.fd, mode_t(mode))
                bind(path, to: mount.target, isWritable: false)
            }
        }
        mounts = mounts.outerFirst
    }

    private static let resolver = "/etc/resolv.conf"
    private static let hostsPath = "/etc/hosts"
    /// As many bytes of this machine's file as are passed on.
    private static let hostsLimit = 1 << 20

    /// The names that a step knows: this machine's, unless it is cut off from it, and the one that it has itself.
    private static func hosts(_ step: RunStep) throws -> [UInt8] {
        let usual = Array("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n".utf8)
        let isKnown = step.network != .none && FileManager.default.fileExists(atPath: hostsPath)
        let machine = isKnown ? try File.readStream(hostsPath, limit: hostsLimit) : usual
        let added = step.surroundings.hosts.map(\.line).joined()
        return machine + Array("\n127.0.0.1\t\(RunExecutor.hostName)\n\(added)".utf8)
    }

    private mutating func bind(_ source: String, to target: String, isWritable: Bool) {
        mounts.append(
            RuntimeSpec.Mount(target, type: "bind", source: source, options: ["rbind", isWritable ? "rw" : "ro"]))
    }

    private static func prepare(_ cache: Directory, _ mode: UInt16?, _ uid: UInt32, _ gid: UInt32) {
        chmod(cache.path, mode_t(mode ?? 0o755))
        chown(cache.path, uid, gid)
    }

    /// How long a step waits for a cache that another one has to itself.
    private static let patience = Duration.seconds(3600)

    /// Makes a new cache hold what it is to begin with: all of it, by one rename, or nothing.
    private static func fill(
        _ name: String, with seed: RunStep.CacheSeed, _ worker: StoreBuildWorker, _ prepare: (Directory) -> Void
    ) throws {
        let caches = worker.session.store.buildCache
        let (cache, lock) = try caches.mount(name, .exclusive, patience: patience)
        defer { lock.release() }
        guard try cache.names().isEmpty else { return }
        let (place, folder) = try worker.session.makeFolder()
        let filled = try folder.ensureTree("seed")
        _ = try copy(seed.source, seed.path, to: filled, worker)
        prepare(filled)
        try caches.replaceMount(name, by: "seed", of: folder)
        try worker.session.removeFolder(place)
    }

    /// Puts files of a source into a folder: a directory's content, or one file as `content`; true for the latter.
    private static func copy(
        _ source: any FileSource, _ path: [UInt8], to folder: Directory, _ worker: StoreBuildWorker
    ) throws -> Bool {
        let isFile = try SourceLookup.file(path, in: source)?.kind == .file
        let request = CopyRequest(destination: Array((isFile ? "/content" : "/").utf8))
        var part = CopyPart(source, .files([path]))
        part.keepsOwners = true
        let plan = try CopyPlan(request, [part], onto: EmptyTree())
        let contents = [try source.contents(of: plan.neededContents(partCount: 1)[0])]
        let spool = try worker.session.temporaryFile()
        let end = SpoolEnd()
        _ = try LayerAssembly.assemble(
            into: { bytes in
                try spool.write(bytes, at: end.bytes)
                end.bytes += Int64(bytes.count)
            }, compression: .none
        ) { try plan.write(to: $0, contents) }
        let unpacking = LayerUnpacking(into: folder, over: StackedTree([]))
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
