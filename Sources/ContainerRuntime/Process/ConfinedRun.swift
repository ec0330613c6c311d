import ContentStorage
import FoundationEssentials
package import OCISpec

/// Runs a container to its end, without a terminal and without input.
package struct ConfinedRun: Sendable {
    /// A folder of its own, absolute: the bundle, the plan and the runtime's notes are put there.
    package var folder: String
    /// What runs, and what it sees.
    package var spec: RuntimeSpec
    /// The tree that it runs in.
    package var overlay: Confinement.Overlay

    /// A run from its parts.
    package init(folder: String, spec: RuntimeSpec, overlay: Confinement.Overlay) {
        self.folder = folder
        self.spec = spec
        self.overlay = overlay
    }

    /// Runs it, and returns the status of its command.
    ///
    /// Both of its streams go to `output` as they come, in the order in which they come. `waiting` gets what ends the command, from any
    /// thread, and what waits for its end.
    package func run(
        _ program: RuntimeProgram, output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void,
        waiting: (_ end: @escaping @Sendable () -> Void, _ wait: () -> Int32) -> Int32 = { _, wait in wait() }
    ) throws(RuntimeError) -> Int32 {
        let bundle = Bundle(folder: folder, id: "strata-run")
        let group = ControlGroup.runName()
        var spec = spec
        if ControlGroup.isUsable {
            ControlGroup.removeAbandonedRuns()
            spec.linux.cgroupsPath = ControlGroup.path(of: group)
            spec.linux.resources = RuntimeSpec.Resources()
        }
        defer { ControlGroup.remove(of: group) }
        try bundle.write(spec)
        var plan = Confinement(.new(overlay), command: program.run(bundle, usesControlGroup: ControlGroup.isUsable))
        plan.problemAt = bundle.problemPath
        plan.mayHideControlGroups = program.isCrun && !ControlGroup.isUsable
        var setup = ConfinedProcess.Setup()
        setup.isMerged = true
        let process = try ConfinedProcess(plan, planAt: bundle.planPath, setup) { _, bytes in
            output(bytes)
            return true
        }
        let status = waiting(process.end, process.wait)
        if let problem = bundle.startProblem { throw problem }
        return status
    }
}
