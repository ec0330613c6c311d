import ArgumentParser
import EngineStores
import ImageTransfer
import Operations
import Reports

/// `strata waste --engine NAME[=ROOT]`.
struct Waste: ResultCommand {
    enum Format: String, CaseIterable { case text, json, csv }

    static let configuration = CommandConfiguration(
        commandName: "waste", abstract: "List the images of another engine by the bytes they waste.",
        discussion: """
            Reads the images of Docker, podman or containerd where they lie, without asking the engine, and lists the most \
            wasteful first with the causes of the waste; then how much the images share. `strata analyze` shows the paths. \
            Nothing is imported. Formats: text, json, csv.
            """)

    @Option(
        help: ArgumentHelp(
            "The engine: docker, podman or containerd, and its root if it is not the default.", valueName: "name[=root]"))
    var engine: String

    @Option(help: "Number of images to list (text: 20, json and csv: all).")
    var top: Int?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if let top, top < 0 { throw ValidationError("`--top` takes a number from 0 on, not \(top)") }
    }

    func run() throws {
        let choice = try EngineChoice(parsing: engine)
        try Workspace.run(globals, platform: platform, limits: limits.scanLimits) { workspace in
            let waste = try workspace.waste(of: choice, globals.showing("reading the images of \(choice.kind.rawValue)"))
            for problem in waste.problems.prefix(20) {
                globals.note("\(problem.title) is left out: \(ErrorSentence(any: problem.error).message)")
            }
            if waste.problems.count > 20 { globals.note("\(waste.problems.count - 20) more are left out") }
            let report = WasteReport(waste, try EngineAccess().answer(of: waste.engine, root: waste.root))
            switch try chosenFormat() {
            case .text: try Output.write(globals.quiet ? report.ids() : report.text(globals.style, top: top ?? 20))
            case .json: try Output.write(report.json(top: top))
            case .csv: try Output.write(report.csv(top: top), .format)
            }
        }
    }
}

extension EngineRootError: ExplainedError {
    var sentence: ErrorSentence {
        let text = EngineReference.text(of: engine, root: root)
        guard let reference = EngineReference(parsing: text) else {
            return ErrorSentence(code: "unreadable", message: "cannot read \(root)")
        }
        return ErrorSentence(fault, reference)
    }
}
