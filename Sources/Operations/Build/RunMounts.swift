import ContainerRuntime
import ContentStorage
import DockerfileLanguage
import Foundation
import Glibc
import ImageBuild
import LayerArchive
import OCISpec
import StorageIO
import TextValues

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
        // Before any lock is held, since two mounts of a step may be of one cache.
        for case .cache(let cache) in step.mounts.map(\.source) { try Self.fill(cache, worker) }
        // A step that mounts a cache twice does not wait for itself.
        var held: [String: Directory] = [:]
        for (number, mount) in step.mounts.enumerated() {
            let path = "\(places.path)/\(number)"
            switch mount.source {
            case .files(let source, let inside):
                let isFile = try Self.copy(source, inside, to: try places.ensureTree("\(number)"), worker)
                bind(isFile ? "\(path)/content" : path, to: mount.target, isWritable: mount.isWritable)
            case .cache(let cache):
                let name = Self.name(of: cache)
                let folder: Directory
                if let own = held[name] {
                    folder = own
                } else {
                    // One that is used by several is locked all the same, so that nobody removes it meanwhile.
                    let lock: FileLock
                    (folder, lock) = try worker.session.store.buildCache.mount(
                        name, Self.isShared(name, step) ? .shared : .exclusive, patience: Self.patience)
                    locks.append(lock)
                    held[name] = folder
                }
                if try folder.names().isEmpty { Self.prepare(folder, cache) }
                bind(folder.path, to: mount.target, isWritable: mount.isWritable)
            case .tmpfs(let bytes):
                let size = bytes.map { ["size=\($0)"] } ?? []
                mounts.append(
                    RuntimeSpec.Mount(
                        mount.target, type: "tmpfs", source: "tmpfs",
                        options: ["nosuid", "nodev", "mode=1777", mount.isWritable ? "rw" : "ro"] + size))
            case .socket(let path): bind(path, to: mount.target, isWritable: true)
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

    private static func prepare(_ folder: Directory, _ cache: RunStep.Cache) {
        chmod(folder.path, mode_t(cache.mode ?? 0o755))
        chown(folder.path, cache.uid, cache.gid)
    }

    /// What a cache is kept by: another owner or mode is another one, and so is another beginning, as BuildKit has it.
    private static func name(of cache: RunStep.Cache) -> String {
        var name = cache.id
        if cache.mode != nil || cache.uid != 0 || cache.gid != 0 {
            name += "\n\(cache.uid):\(cache.gid):\(cache.mode ?? 0o755)"
        }
        if let seed = cache.seed { name += "\n\(seed.contents)" }
        return name
    }

    /// Whether no mount of the step wants the cache of this name for itself.
    private static func isShared(_ name: String, _ step: RunStep) -> Bool {
        step.mounts.allSatisfy { mount in
            guard case .cache(let cache) = mount.source, self.name(of: cache) == name else { return true }
            return cache.sharing == .shared
        }
    }

    /// How long a step waits for a cache that another one has to itself.
    private static let patience = Duration.seconds(3600)

    /// Makes a new cache hold what it is to begin with: all of it, by one rename, or nothing.
    private static func fill(_ cache: RunStep.Cache, _ worker: StoreBuildWorker) throws {
        guard let seed = cache.seed else { return }
        let caches = worker.session.store.buildCache
        let name = name(of: cache)
        // A step that uses a filled one meanwhile is not waited for.
        for mode in [FileLock.Mode.shared, .exclusive] {
            let (folder, lock) = try caches.mount(name, mode, patience: patience)
            defer { lock.release() }
            guard try folder.names().isEmpty else { return }
            guard mode == .exclusive else { continue }
            let (place, made) = try worker.session.makeFolder()
            let filled = try made.ensureTree("seed")
            _ = try copy(seed.source, seed.path, to: filled, worker)
            prepare(filled, cache)
            try caches.replaceMount(name, by: "seed", of: made)
            try worker.session.removeFolder(place)
        }
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
            }, packing: LayerPacking(.none)
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
