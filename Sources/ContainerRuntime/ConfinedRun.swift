package import Foundation
package import OCISpec

/// Runs a container to its end.
package struct ConfinedRun: Sendable {
    /// A folder of its own, absolute: the bundle, the plan and the runtime's notes are put there.
    package var folder: String
    package var spec: RuntimeSpec
    package var confinement: Confinement

    /// A run from its parts; the confinement's command is filled in.
    package init(folder: String, spec: RuntimeSpec, confinement: Confinement) {
        self.folder = folder
        self.spec = spec
        self.confinement = confinement
    }

    /// Runs it, and returns the status of its command.
    ///
    /// Both of its streams go to `output` as they come, in the order in which they come. Standard input is empty.
    package func run(_ program: RuntimeProgram, output: (Data) -> Void) throws(RuntimeError) -> Int32 {
        let process = Process()
        let pipe = Pipe()
        var last = Data()
        do {
            try JSONEncoder().encode(spec).write(to: URL(fileURLWithPath: "\(folder)/config.json"))
            var plan = confinement
            plan.command = program.runCommand(
                bundle: folder, state: "\(folder)/state", id: "strata-" + UUID().uuidString.lowercased())
            try JSONEncoder().encode(plan).write(to: URL(fileURLWithPath: "\(folder)/plan.json"))
            process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = [Confinement.verb, "\(folder)/plan.json"]
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            try pipe.fileHandleForWriting.close()
            while true {
                let data = pipe.fileHandleForReading.availableData
                if data.isEmpty { break }
                last = (last + data).suffix(4096)
                output(data)
            }
        } catch {
            throw .runtimeFailed(detail: "\(error)")
        }
        process.waitUntilExit()
        let status = process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
        let text = String(decoding: last, as: UTF8.self)
        if status == Confinement.failureStatus, let mark = text.range(of: Confinement.failureMark) {
            throw .runtimeFailed(detail: text[mark.upperBound...].trimmingCharacters(in: .whitespacesAndNewlines))
        }
        return status
    }
}
