package import ContentStorage
import Glibc
package import OCISpec
package import StorageIO
import Synchronization

/// Runs a container from its start to its end, and keeps the record of that.
///
/// The keeper is the process that people started, or for a container in the background one of its own. It holds the folder's lock;
/// when it is killed the container is too, and the lock is free once all of it has gone.
package final class Keeper: Sendable {
    /// What is around the container's streams.
    package struct Streams: Sendable {
        /// Nothing, unless a terminal or a pipe is attached.
        package var input = ConfinedProcess.Input.nothing
        /// Rows and columns of the terminal that it shows on.
        package var size: (rows: UInt16, columns: UInt16) = (24, 80)
        /// Gets what the container writes, beside the log.
        package var deliver: ConfinedProcess.Delivery = { _, _ in true }

        /// Streams that lead nowhere.
        package init() {}
    }

    /// The container, and its folder.
    package let container: Container
    private let folder: ContainerFolder
    private let bundle: Bundle
    private let process: ConfinedProcess
    private let gate: StartGate
    private let log: ContainerLogWriter?
    private let lock: FileLock
    private let now: @Sendable () -> Timestamp
    private let removing: @Sendable (Container) -> Void
    private let began: Timestamp
    private let network: RunNetwork?

    /// Starts the container; an error where it is running already.
    ///
    /// `held` is the folder's lock, where the caller has it. The caller's thread must outlive it. `removing` is called before a
    /// container goes because it ended.
    package init(
        _ folder: ContainerFolder, _ held: FileLock?, layersFolder: String, _ program: RuntimeProgram, _ streams: Streams,
        now: @escaping @Sendable () -> Timestamp, removing: @escaping @Sendable (Container) -> Void
    ) throws(RuntimeError) {
        self.folder = folder
        self.now = now
        self.removing = removing
        lock = if let held { held } else { try lift(try folder.lock(), to: RuntimeError.init) }
        container = try lift(try folder.container(), to: RuntimeError.init)
        Failpoint.containerBeforeRun.hit(folder.path)
        bundle = try folder.makeBundle()
        log =
            switch container.settings.log {
            case .nothing?: nil
            case .limited(let bytes, let files)?: try ContainerLogWriter(folder, (bytes, files), now: now)
            case nil: try ContainerLogWriter(folder, now: now)
            }
        try bundle.write(try container.spec(in: folder.path, size: streams.size))
        ControlGroup.remove(of: container.id)
        let usesControlGroup = ControlGroup.isUsable
        try bundle.note(program)
        var plan = Confinement(
            .new(try folder.overlay(layersFolder: layersFolder)),
            command: program.run(
                bundle, usesControlGroup: usesControlGroup, hasTerminal: container.settings.hasTerminal))
        plan.receivesMounts = container.settings.receivesMounts
        plan.noteAt = bundle.runtimePath
        plan.problemAt = bundle.problemPath
        plan.mayHideControlGroups = program.isCrun && !usesControlGroup
        var setup = ConfinedProcess.Setup()
        setup.input = streams.input
        if container.settings.hasTerminal {
            setup.terminal = streams.size
            if program.handsOverTerminals { setup.consoleAt = bundle.consolePath }
        }
        setup.lock = lock.descriptor
        network = try RunNetwork.join(container, folder, bundle, at: now())
        setup.network = network?.namespace.fd
        let run = ContainerRun(began: now())
        began = run.began
        if container.settings.isRemovedAtEnd {
            try ContainerEnd.prepare(folder)
            try lift(try folder.noteRestart(false), to: RuntimeError.init)
        }
        try lift(try folder.write(run), to: RuntimeError.init)
        Failpoint.containerAfterNote.hit(folder.path)
        let (log, deliver) = (log, streams.deliver)
        let gate = StartGate(bundle) { stream, bytes in
            log?.add(bytes, from: stream)
            return deliver(stream, bytes)
        }
        self.gate = gate
        do { process = try ConfinedProcess(plan, planAt: bundle.planPath, setup) { gate.pass($0, $1) } } catch {
            network?.leave(folder)
            throw error
        }
        gate.open(atStartOf: process)
        Failpoint.containerAfterRun.hit(folder.path)
    }

    /// Waits until the command has begun, or has failed to, of which `wait` tells more: false for that.
    func waitForStart() -> Bool { bundle.waitForStart(of: process) || bundle.startProblem == nil }

    /// Waits for the end, keeps how that was, and returns the status of the command.
    ///
    /// A container that goes with its end is removed, unless it is started again. Where the command did not begin that is an error, and
    /// the status that docker gives stands in the record.
    package func wait() throws(RuntimeError) -> Int32 {
        let status = process.wait()
        let problem = bundle.startProblem
        if problem == nil { gate.open() }
        log?.finish()
        var run = ContainerRun(began: began)
        run.ended = now()
        let exitStatus = problem?.exitStatus ?? status
        run.exitStatus = exitStatus
        run.problem = problem?.detail
        network?.leave(folder)
        // From now on the number is another process's.
        unlink(bundle.runtimePath)
        var isRemoved = container.settings.isRemovedAtEnd
        if isRemoved {
            ContainerEnd.note(exitStatus, in: folder)
            isRemoved = try lift(try !folder.isToRestart(), to: RuntimeError.init)
        }
        if isRemoved {
            removing(container)
            _ = try lift(try folder.remove(), to: RuntimeError.init)
        } else {
            ControlGroup.remove(of: container.id)
            try lift(try folder.write(run), to: RuntimeError.init)
        }
        lock.release()
        if let problem { throw problem }
        return status
    }

    /// Sends a signal to the container's first process.
    package func signal(_ number: Int32) { process.signal(number) }

    /// Says that the terminal has another size now.
    package func resize(rows: UInt16, columns: UInt16) { process.resize(rows: rows, columns: columns) }

    /// Ends the container.
    package func end() {
        process.end()
        Freezer.release(container.id)
    }
}

extension RuntimeError {
    /// The status of `run` and `exec`, as docker has it.
    package var exitStatus: Int32 {
        switch self {
        case .noSuchCommand: 127
        case .notExecutable: 126
        default: 125
        }
    }
}
