import ArgumentParser
import Distribution
import ImageStorage
import ImageTransfer
import OCISpec
import Reports

/// `strata push NAME`.
struct PushCommand: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Bring an image of the store to the registry that its name says.",
        discussion: """
            What the registry has is not sent again, nor what it can take from another of its repositories. Layers that are \
            stored without compression are compressed on the way, which gives the image a new manifest there.
            """)

    @Argument(help: ArgumentHelp("The image: [registry/]repository[:tag].", valueName: "name"))
    var name: String

    @Option(help: "Only the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Flag(name: [.customShort("a"), .long], help: "All tags that the store has of the repository.")
    var allTags = false

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let name = name.hasPrefix("docker://") ? String(name.dropFirst("docker://".count)) : name
        let asked = try Reference(normalizing: name)
        guard asked.digest == nil else { throw CommandError.digestAsName(name) }
        guard !allTags || asked.tag == nil else { throw ValidationError("`--all-tags` takes a repository without a tag") }
        try Workspace.run(globals, platform: platform) { workspace in
            let images = try workspace.pushed(asked, all: allTags)
            let display = TransferDisplay(globals, words: .push, showsResult: globals.format == .text && !globals.quiet)
            let registries = try registry.makeRegistries(note: display.note)
            var documents: [JSONValue] = []
            for (number, image) in images.enumerated() {
                if globals.format == .text, !globals.quiet, number == 0 {
                    try Output.write("The push refers to repository [\(asked.repository)]\n")
                }
                let report = try workspace.push(image.reference, image.root, registries, display)
                switch globals.format {
                case .text: try Output.write(globals.quiet ? report.shortText : report.text)
                case .json: documents.append(report.json())
                }
            }
            if globals.format == .json {
                try Output.write(allTags ? PushReport.json(of: documents) : documents.first ?? .null)
            }
        }
    }
}

extension Workspace {
    /// What a push sends: the image of a name, or those of all tags of a repository.
    fileprivate func pushed(_ asked: Reference, all: Bool) throws -> [(reference: Reference, root: Descriptor)] {
        var found: [(reference: Reference, root: Descriptor)] = []
        for entry in try store.names() {
            guard case .reference(let name)? = entry.name, name.digest == nil, name.repository == asked.repository else {
                continue
            }
            if all || name == asked.withDefaultTag { found.append((name, entry.descriptor)) }
        }
        guard !found.isEmpty else { throw ImageError.noSuchImage(all ? asked.familiarRepository : asked.withDefaultTag.familiar) }
        return found.sorted { $0.reference < $1.reference }
    }

    fileprivate func push(
        _ reference: Reference, _ root: Descriptor, _ registries: Registries, _ display: TransferDisplay
    ) throws -> PushReport {
        var pushing = PushOptions()
        pushing.platform = options.platform
        let push = try Push(
            reference, to: registries, from: store, session: try openSession(), tools: LayerTools(limits: options.limits),
            pushing, report: display.report)
        defer { display.finish() }
        let pushed = try push.run(root)
        store.noteUse(of: root, at: Clock.now)
        if pushed.isRewritten {
            note("layers were compressed, so \(reference.familiar) has the digest \(pushed.root.digest) in the registry")
        }
        return PushReport(
            name: reference.full, tag: reference.tag ?? Reference.defaultTag, digest: pushed.root.digest,
            manifestBytes: pushed.root.size, sentBytes: pushed.sentBytes)
    }
}
