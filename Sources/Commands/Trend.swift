import ArgumentParser
import ImageStorage
import ImageTransfer
import OCISpec
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

    @Option(help: ArgumentHelp("Only the newest images, so many.", valueName: "count"))
    var last: Int?

    @Option(help: ArgumentHelp("Only images since a date, or not older than 30d.", valueName: "time"))
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
        let report = try Workspace.run(globals, platform: platform) { workspace in
            try workspace.trend(of: name, by: by, since: bound, last: last)
        }
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

extension Workspace {
    /// Images whose figures are worked out for a trend at most, those without them: a merged tree takes a tenth of a second.
    private static let mostAnalysed = 16

    /// The trend of a repository, or of one of its names.
    func trend(of text: String, by clock: SizeTrend.Clock, since: TimeBound?, last: Int?) throws -> TrendReport {
        let isBare = try store.names().contains { $0.name == .bare(text) }
        let asked = try isBare ? AskedName(bare: text) : AskedName(text)
        let observations = try history(of: asked, isCompleting: true)
        let whole = SizeTrend(observations, by: clock, platform: options.platform)
        guard !whole.points.isEmpty else {
            throw observations.isEmpty
                ? CommandError.noHistory(text) : .noHistoryOfPlatform(text, available: whole.platforms)
        }
        let current = try currentManifests(of: asked)
        return TrendReport(
            asked.familiar, whole.since(since?.moment(now: Clock.now), last: last), by: clock, current: current)
    }

    /// What was noted of a name; with `isCompleting` the figures too that can be had without reading a layer.
    func history(of asked: AskedName, isCompleting: Bool = false) throws -> [Observation] {
        let noted = { try self.store.observations(of: asked.repository, now: Clock.now).filter { asked.means($0.tag) } }
        let observations = try noted()
        guard isCompleting else { return observations }
        var analysed: Set<Digest> = []
        for seen in observations.reversed() where seen.image.visibleBytes == nil && analysed.count < Self.mostAnalysed {
            if analysed.insert(seen.image.manifest).inserted { completeFigures(of: seen.image) }
        }
        return analysed.isEmpty ? observations : try noted()
    }

    /// Works out the figures of an image that is here, if all its layers were read.
    private func completeFigures(of image: ObservedImage) {
        do {
            let record = try store.image(image.manifest.description, takesAnyAlone: true)
            let isKnown = record.layers.allSatisfy {
                store.catalog.standing(ofBlob: $0.descriptor.digest, bytes: $0.descriptor.size, as: $0.diffID) == .known
            }
            guard isKnown else { return }
            _ = try analysis(try indexed(record, ProgressDisplay(globals, title: "")), base: nil)
        } catch {
            // The image has gone, or cannot be read: its figures stay as they are.
            let reason = ErrorSentence(anyError: error)?.message ?? "\(error)"
            if globals.verbose { globals.note("no figures of \(image.manifest.short): \(reason)") }
        }
    }

    /// The manifests that the names mean now, those for other platforms too.
    private func currentManifests(of asked: AskedName) throws -> Set<Digest> {
        let documents = DocumentReader(store)
        let entries = try store.names().filter { entry in
            entry.name.map { $0.repositoryName == asked.repository && asked.means($0.observedTag) } ?? false
        }
        return Set(store.summaries(of: entries, documents).flatMap { $0.variants.map(\.manifest) })
    }
}

/// The repository that somebody asked for, or one name of it.
struct AskedName {
    /// As the catalog has it.
    let repository: String
    /// How people call what was asked for.
    let familiar: String
    /// nil for all tags.
    private let tag: String?

    /// What a text means: a name without a tag is a repository.
    init(_ text: String) throws {
        let reference: Reference
        do throws(ReferenceError) { reference = try Reference(normalizing: text) } catch {
            throw CommandError.noHistory(text)
        }
        guard reference.digest == nil else { throw CommandError.digestAsName(text) }
        repository = reference.repository
        familiar = reference.familiar
        tag = reference.tag
    }

    /// A name as another tool wrote it, which says no repository.
    init(bare text: String) {
        repository = text
        familiar = text
        tag = nil
    }

    /// The repository that an image is of; nil for one without a name.
    init?(repositoryOf image: ScannedImage) {
        guard let name = image.name else { return nil }
        do throws(ReferenceError) {
            let reference = try Reference(normalizing: name)
            repository = reference.repository
            familiar = reference.familiarRepository
            tag = nil
        } catch {
            return nil
        }
    }

    /// Whether a tag is among those that are meant.
    func means(_ other: String?) -> Bool { tag == nil || tag == other }
}
