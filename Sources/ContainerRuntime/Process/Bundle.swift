// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/bundle.md

import FoundationEssentials
import Glibc
package import OCISpec
import StorageIO

/// What a runtime is given of a container, and what it leaves: a folder of one run.
package struct Bundle: Sendable {
    /// An absolute path.
    package let folder: String
    /// What the runtime calls the container.
    package let id: String

    /// The bundle in a folder that is there.
    package init(folder: String, id: String) {
        self.folder = folder
        self.id = id
    }

    var planPath: String { "\(folder)/plan.json" }
    /// Where the runtime notes what it does.
    var statePath: String { "\(folder)/state" }
    /// What the runtime says of a failure, one JSON document a line.
    var logPath: String { "\(folder)/log" }
    /// There once the command has begun: its number in the runtime's own namespace.
    var pidPath: String { "\(folder)/pid" }
    /// The number, for the machine, of the runtime that runs it.
    var runtimePath: String { "\(folder)/runtime" }
    /// Where the runtime hands over a terminal.
    var consolePath: String { "\(folder)/console" }
    /// What the confinement says of a failure of its own.
    var problemPath: String { "\(folder)/problem" }

    /// Writes the runtime's `config.json`, as the user namespace that this process is in allows it.
    package func write(_ spec: RuntimeSpec) throws(RuntimeError) {
        var spec = spec
        if !UserNamespace.isInitial { spec.fitUserNamespace() }
        try PlanFile.write(spec, to: "\(folder)/config.json")
    }

    /// Whether the command has begun.
    package var hasStarted: Bool { FileManager.default.fileExists(atPath: pidPath) }

    /// Waits until the command of `process` has begun; false where the process has ended before.
    func waitForStart(of process: ConfinedProcess) -> Bool {
        while !hasStarted {
            if process.hasEnded { return false }
            usleep(1000)
        }
        return true
    }

    /// The runtime's program.
    var programPath: String { "\(folder)/program" }

    /// The first process of the container's namespaces; nil while there is none.
    package var runtimeProcess: Int32? { ProcessNote.process(at: runtimePath) }

    /// The number of the command in the runtime's own namespace; nil before it has begun.
    var commandProcess: Int32? { Self.process(at: pidPath) }

    /// The number that a runtime wrote to a file.
    static func process(at path: String) -> Int32? { text(path).flatMap { Int32($0) } }

    /// Notes which runtime runs it: no other one knows it.
    func note(_ program: RuntimeProgram) throws(RuntimeError) {
        try PlanFile.write(bytes: Array(program.path.utf8), to: programPath)
    }

    /// The runtime that runs it.
    var program: RuntimeProgram {
        get throws(RuntimeError) {
            guard let path = Self.text(programPath) else { throw .noRuntime(wanted: nil) }
            return RuntimeProgram(path: path)
        }
    }

    /// Why the command did not begin; nil where it did, or where nothing is known against it.
    package var startProblem: RuntimeError? {
        Self.problem(confinement: Self.text(problemPath), log: Self.text(logPath), hasStarted)
    }

    /// The problem that these notes tell.
    static func problem(confinement: String?, log: String?, _ hasStarted: Bool) -> RuntimeError? {
        if let confinement, !confinement.isEmpty { return .runtimeFailed(detail: confinement) }
        guard !hasStarted, let log else { return nil }
        let messages = log.split(separator: "\n").compactMap { line in
            message(String(line))
        }
        guard let message = messages.last else { return nil }
        let words = message.lowercased()
        // What the kernel says of a program that cannot be started, in the words of crun and of runc.
        if words.contains("executable file") || (words.contains("exec") && words.contains("no such file")) {
            return .noSuchCommand(detail: message)
        }
        if words.contains("open executable") || (words.contains("exec") && words.contains("permission denied"))
            || words.contains("exec format error")
        {
            return .notExecutable(detail: message)
        }
        return .runtimeFailed(detail: message)
    }

    private static func message(_ line: String) -> String? {
        struct Line: Decodable {
            var level: String
            var msg: String
        }
        do {
            let line = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            return ["error", "fatal"].contains(line.level) ? line.msg : nil
        } catch {
            // Runtimes also write lines that are no records; without any record the exit status is what is told.
            return nil
        }
    }

    private static func text(_ path: String) -> String? {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            let text = String(decoding: data, as: UTF8.self)
            return String(text.reversed().drop { $0.isWhitespace }.reversed())
        } catch {
            // A runtime that says nothing writes no file.
            return nil
        }
    }
}
