import ContainerRuntime
import ContentStorage
import DockerfileLanguage
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import StorageIO

/// The execution of one `RUN`: the layers unpacked, a folder for what it changes, its mounts.
///
/// All but unpacked layers and caches is in a folder of the session, so that whatever ends the build, the next command takes it away.
struct RunExecutor {
    let worker: StoreBuildWorker
    let step: RunStep

    /// What a step's machine is called, as with BuildKit.
    static let hostName = "buildkitsandbox"

    private var store: ContentStore { worker.session.store }

    func run(output: @escaping @Sendable ([UInt8]) -> Void) throws -> MadeLayer {
        try ContainerPermission.check(store)
        guard try ForeignPrograms.areRunnable(for: step.platform) else { throw BuildError.foreignPlatform(step.platform) }
        let program = try worker.runtime()
        let snapshotter = Snapshotter(
            store: store, session: worker.session, limits: worker.workspace.options.limits)
        let layers = try snapshotter.prepare(
            step.layers.map { LayerRecord(descriptor: $0.descriptor, diffID: $0.diffID) })
        let (name, folder) = try worker.session.makeFolder()
        for part in ["diff", "work", "merged", "empty", "mounts"] { _ = try folder.ensureTree(part) }
        let mounts = try RunMounts(worker, step, folder)
        defer { mounts.release() }
        let process = RuntimeSpec.Process(
            args: step.command, env: step.environment, cwd: step.workingDirectory, uid: step.uid, gid: step.gid,
            groups: step.groups)
        var spec = RuntimeSpec(
            process: process, root: "\(folder.path)/merged", hostname: Self.hostName, isIsolated: step.network == .none)
        spec.mounts += mounts.mounts
        let limits = step.surroundings.limits
        if !limits.isEmpty { spec.process.rlimits = limits }
        if let bytes = step.surroundings.sharedMemoryBytes { spec.setSharedMemory(bytes: bytes) }
        spec.linux.seccomp = .usual(capabilities: RuntimeSpec.usualCapabilities)
        let stubs = try MountStubs(spec.mounts.map(\.destination), in: layers.tree)
        let overlay = Confinement.Overlay(
            layersFolder: store.layers.shortNamesPath, lower: layers.names.isEmpty ? ["\(folder.path)/empty"] : layers.names,
            upper: "\(folder.path)/diff", work: "\(folder.path)/work", merged: "\(folder.path)/merged")
        let status = try ConfinedRun(folder: folder.path, spec: spec, overlay: overlay).run(program) {
            output(Array($0))
        } waiting: { end, wait in
            // Where another stage fails, what this one does is of no use to anybody.
            step.stop.whileRunning(end, wait)
        }
        guard status == 0 else {
            throw BuildError.commandFailed(command: step.command.joined(separator: " "), status: status)
        }
        let upper = try DirectoryLayer(try folder.directory("diff"), marks: .own) { stubs.isChange($0, isEmptyDirectory: $1) }
        let latest = worker.latest
        let made = try worker.makeLayer { try upper.write(to: $0, latest: latest) }
        try worker.session.removeFolder(name)
        return made
    }
}
