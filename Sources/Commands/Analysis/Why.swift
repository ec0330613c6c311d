import ArgumentParser
import Operations
import Reports

/// `strata why PATH-OR-DIGEST [IMAGE]`.
struct Why: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Show what keeps a blob, a layer or a file of the store, or which layer stores or hides a path in an image.",
        discussion: """
            Without an image the subject is a digest, the beginning of one, an image of the store, or a file below the store's \
            directory or an engine's root. What is kept is shown with the chain from each name, container or session that keeps it.
            """)

    @Argument(help: ArgumentHelp("A digest, a file of the store, or with an image a path in it.", valueName: "path-or-digest"))
    var subject: String

    @Argument(help: "The image that the path is in: a name in the store, a path, or `-`.")
    var image: String?

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @OptionGroup var selection: EngineOption
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        if image == nil, let reason = try engineReason() {
            let report = EngineReasonReport(reason)
            switch globals.format {
            case .text: return try Output.write(report.text(globals.style, now: Clock.now))
            case .json: return try Output.write(report.json())
            }
        }
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let subjects: [Reason]
            if let image {
                let scanned = try workspace.image(image, globals.reading(image))
                subjects = [.path(try workspace.story(of: subject, in: scanned))]
            } else {
                subjects = try workspace.reasons(for: subject)
            }
            let report = ReasonReport(subjects)
            switch globals.format {
            case .text: try Output.write(report.text(globals.style))
            case .json: try Output.write(report.json())
            }
        }
    }

    /// What a path of an engine is there for; nil where the subject is none, or one of the store.
    private func engineReason() throws -> EngineReason? {
        let choice = try selection.choice()
        guard choice != nil || subject.utf8.contains(UInt8(ascii: "/")) else { return nil }
        let access = try EngineAccess()
        if choice != nil { return try EngineReason(path: subject, choice, access.roots, globals.lookMemory) }
        guard try !AbsolutePath.isBelow(subject, globals.storePath()) else { return nil }
        do throws(EngineError) { return try EngineReason(path: subject, nil, access.roots, globals.lookMemory) } catch {
            switch error {
            // Then it may be something of the store all the same.
            case .outsideOfRoots, .noSuchPath: return nil
            default: throw error
            }
        }
    }
}
