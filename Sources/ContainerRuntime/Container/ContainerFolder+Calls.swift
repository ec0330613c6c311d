package import ContentStorage
import FoundationEssentials
import Glibc
package import OCISpec
import StorageIO
import Synchronization

/// What is done to a container that runs: from within its namespaces, by the runtime that runs it.
extension ContainerFolder {
    /// Sends a signal, by its name without `SIG` or by number, to the container's first process.
    package func send(_ signal: String) throws(RuntimeError) {
        let process = try runtimeProcess()
        let program = try bundle.program
        let call = try makeCall()
        defer { removeCall(call) }
        var plan = Confinement(.of(process), command: program.kill(signal, bundle))
        plan.problemAt = call.problemPath
        let said = Mutex<[UInt8]>([])
        var setup = ConfinedProcess.Setup()
        setup.isMerged = true
        let status = try ConfinedProcess(plan, planAt: call.planPath, setup) { _, bytes in
            said.withLock { $0 += bytes }
            return true
        }.wait()
        guard status != 0 else { return }
        // It ended meanwhile.
        if try !lift(try isLocked(), to: RuntimeError.init) { throw .notRunning(id: name) }
        if let problem = call.startProblem { throw problem }
        throw .signalFailed(detail: String(decoding: said.withLock { $0 }.prefix { $0 != 10 }, as: UTF8.self))
    }

    /// Starts one more process in the container, which ends with it; the caller's thread must outlive it.
    package func exec(_ process: RuntimeSpec.Process, _ streams: Keeper.Streams) throws(RuntimeError) -> ContainerCall {
        let call = try makeCall(of: process)
        do { return try start(call, hasTerminal: process.terminal, streams) } catch {
            removeCall(call)
            throw error
        }
    }

    /// The notes on a process that is to be started.
    func makeCall(of process: RuntimeSpec.Process) throws(RuntimeError) -> Bundle {
        _ = try runtimeProcess()
        let call = try makeCall()
        try PlanFile.write(process, to: "\(call.folder)/process.json")
        return call
    }

    /// The call of this name.
    func call(_ name: String) -> Bundle { Bundle(folder: "\(path)/\(Self.runName)/\(name)", id: name) }

    /// Starts the process that the notes tell.
    func start(_ call: Bundle, hasTerminal: Bool, _ streams: Keeper.Streams) throws(RuntimeError) -> ContainerCall {
        let runtime = try runtimeProcess()
        let program = try bundle.program
        var plan = Confinement(
            .of(runtime),
            command: program.exec(
                process: "\(call.folder)/process.json", call, in: bundle, hasTerminal: hasTerminal))
        plan.problemAt = call.problemPath
        plan.noteAt = call.runtimePath
        var setup = ConfinedProcess.Setup()
        setup.input = streams.input
        if hasTerminal {
            setup.terminal = streams.size
            if program.handsOverTerminals { setup.consoleAt = call.consolePath }
        }
        let gate = StartGate(call, streams.deliver)
        let confined = try ConfinedProcess(plan, planAt: call.planPath, setup) { gate.pass($0, $1) }
        gate.open(atStartOf: confined)
        return ContainerCall(bundle: call, process: confined, gate: gate, folder: self)
    }

    /// A folder for the notes of one call.
    func makeCall() throws(RuntimeError) -> Bundle {
        let name = "call.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        try lift(to: RuntimeError.storage) { () throws(StorageError) in
            let run = try directory.ensureDirectory(Self.runName, mode: 0o700)
            _ = try run.ensureTree("empty")
            try run.makeDirectory(name, mode: 0o700)
        }
        return call(name)
    }

    func removeCall(_ call: Bundle) {
        // The next run clears what stays.
        do throws(StorageError) { try directory.directory(Self.runName).removeTree(call.id) } catch {}
    }
}

/// One more process of a container.
package final class ContainerCall: Sendable {
    private let bundle: Bundle
    private let process: ConfinedProcess
    private let gate: StartGate
    private let folder: ContainerFolder

    init(bundle: Bundle, process: ConfinedProcess, gate: StartGate, folder: ContainerFolder) {
        self.bundle = bundle
        self.process = process
        self.gate = gate
        self.folder = folder
    }

    /// Waits until it has begun, or has failed to, of which `wait` tells more: false for that.
    func waitForStart() -> Bool { bundle.waitForStart(of: process) || bundle.startProblem == nil }

    /// Waits for its end, and returns its status; an error where it could not begin.
    package func wait() throws(RuntimeError) -> Int32 {
        let status = process.wait()
        defer { folder.removeCall(bundle) }
        if status != 0, let problem = bundle.startProblem { throw problem }
        gate.open()
        return status
    }

    /// Sends it a signal.
    package func signal(_ number: Int32) { process.signal(number) }

    /// Says that its terminal has another size now.
    package func resize(rows: UInt16, columns: UInt16) { process.resize(rows: rows, columns: columns) }
}
