import ArgumentParser
import ImageStorage
import OCISpec
import Operations
import Reports

/// `strata trend NAME`.
struct Trend: ResultCommand {
    enum Format: String, CaseIterable { case text, json, csv }

    static let configuration = CommandConfiguration(
        commandName: "trend", abstract: "Show how the sizes of a repository's images changed over time.",
        discussion: """
            The store notes each image that a name comes to mean, and keeps its figures when the name moves or the image is \
            removed. A repository shows the images of all its tags, NAME:TAG those of one. Formats: text, json, csv.
            """)

    @Argument(help: ArgumentHelp("The repository, or a name with its tag.", valueName: "name"))
    var name: String

    @Option(help: ArgumentHelp("Show only this many of the newest images.", valueName: "count"))
    var last: Int?

    @Option(help: ArgumentHelp("Show only images since a date, or from the last 30d.", valueName: "time"))
    var since: String?

    @Option(help: "Which time of an image counts: created, or observed (when its name came to mean it).")
    var by: SizeTrend.Clock = .created

    @Option(help: "The platform, such as linux/arm64 (default: this machine's).")
    var platform: String?

    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        if let last, last < 1 { throw ValidationError("`--last` takes a number from 1 on, not \(last)") }
    }

    func run() throws {
        let bound = try since.map { text -> TimeBound in
            guard let bound = TimeBound(parsing: text) else {
                throw CommandError.badOption("--since", text, expected: "a date such as 2024-05-06, or an age such as 30d")
            }
            return bound
        }
        let report = TrendReport(
            try Workspace.run(globals, platform: platform) { workspace in
                try workspace.trend(of: name, by: by, since: bound, last: last)
            })
        switch try chosenFormat() {
        case .text: try Output.write(report.text(globals.style, drawing))
        case .json: try Output.write(report.json())
        case .csv: try Output.write(report.csv(), .format)
        }
    }

    /// Bars only where somebody looks at them, and blocks only where they show.
    private var drawing: TrendReport.Drawing {
        let output = Terminal.standardOutput
        guard output.isTerminal else { return .none }
        return output.isScreen && Environment.isUnicode ? .blocks : .ascii
    }
}

extension SizeTrend.Clock: ExpressibleByArgument {}

extension Environment {
    /// Whether the user's locale writes text in UTF-8.
    static var isUnicode: Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { bytes($0) }.first ?? []
        return String(decoding: locale, as: UTF8.self).lowercased().contains("utf")
    }
}
