import ArgumentParser
import LayerAnalysis
import OCISpec
import Operations
import Reports

/// The options of `strata optimize --across`.
struct AcrossOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Several images, to be written again so that what they have in common lies in common layers.", valueName: "image"))
    var across: [String] = []

    @Option(
        help: ArgumentHelp(
            "The names of the new images, such as 'app:{name}': {name} is the last part of the old repository, and '-' and the tag.",
            valueName: "pattern"))
    var into: String?

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("Whose bytes are to be few with --across: a registry's or a host's.", valueName: "registry|host"))
    var goal = "registry"

    @Option(
        help: ArgumentHelp("With --across, how many layers an image has at the most, 127 or fewer (default: 32).", valueName: "n")
    )
    var maxLayers: Int?

    /// Whether several images are meant.
    var isGiven: Bool { !across.isEmpty }

    /// Refuses what goes with one image alone, and the other way round.
    func check(isDryRun: Bool, hasOther: Bool) throws {
        guard isGiven else {
            guard into == nil, maxLayers == nil, goal == "registry" else {
                throw ValidationError("`--into`, `--for` and `--max-layers` need `--across`")
            }
            return
        }
        if hasOther {
            throw ValidationError(
                "`--across` takes no other image, and none of `--all`, `--tag`, `--squash` and `--drop`"
            )
        }
        if into == nil, !isDryRun { throw ValidationError("`--across` needs `--into PATTERN`, or `--dry-run`") }
        if let into, !into.contains(AcrossNames.place) {
            throw ValidationError("`--into \(into)` has no `{name}`, so all images would have one name")
        }
    }

    /// What the layers are to be.
    func order(keep: String?, form: LayerForm) throws -> AcrossOrder {
        var order = AcrossOrder()
        guard let goal = AcrossRequest.Goal(rawValue: goal) else {
            throw CommandError.badOption("--for", goal, expected: "registry or host")
        }
        order.layers.goal = goal
        if let maxLayers {
            guard (1...AcrossRequest.mostLayers).contains(maxLayers) else {
                throw CommandError.badOption(
                    "--max-layers", "\(maxLayers)", expected: "a number from 1 to \(AcrossRequest.mostLayers)")
            }
            order.layers.maxLayers = maxLayers
        }
        switch keep {
        case nil, "base": order.layers.kept = .shared
        case "none": order.layers.kept = .lowest(0)
        case let text?:
            guard let count = Int(text), count >= 0 else {
                throw CommandError.badOption("--keep", text, expected: "base, none, or a number of layers")
            }
            order.layers.kept = .lowest(count)
        }
        order.form = form
        return order
    }
}

extension Optimize {
    /// `strata optimize --across A B C --into PATTERN`.
    func runAcross(_ form: LayerForm) throws {
        let order = try acrossOptions.order(keep: keep, form: form)
        let names = acrossOptions.into.map { AcrossNames($0) { try Reference(naming: $0) } }
        let moment = try Clock.buildMoment()
        let format = try chosenFormat()
        let result = try Workspace.run(globals, platform: platform) { workspace in
            try workspace.optimizeAcross(
                acrossOptions.across, as: names, order, isWriting: !dryRun, at: moment
            ) { globals.reading($0) }
        }
        let report = AcrossReport(result)
        switch format {
        case .text: try Output.write(report.text(globals.style))
        case .json: try Output.write(report.json())
        case .markdown: try Output.write(report.markdown(), .format)
        }
    }
}
