import ArgumentParser
import Distribution
import Glibc
import LayerArchive
import OCISpec
import Operations
import StorageIO
import SystemPackage

/// `strata registry …`.
struct RegistryCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "Look at registries.", subcommands: [RegistryLs.self])
}

/// `strata registry ls SOURCE…`.
struct RegistryLs: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the images of a registry as JSON lines, with their layers.",
        discussion: """
            A source is `docker://HOST`, `docker://HOST/REPOSITORY[:TAG]`, a registry's folder (`registry:DIR`), an image layout \
            (`oci:DIR`), a store (`store:DIR`, `store:` for yours) or an engine (`containerd:`, `docker-daemon:`, `containers-storage:`, \
            with `[ROOT]` behind it for another root). No image is pulled: tags are looked at by HEAD, manifests are fetched by digest, \
            each once. docs/fleet.md describes the lines.
            """)

    @Argument(help: "What to list.")
    var sources: [String]

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "List only images for this platform, such as linux/arm64 (repeatable; default: all).", valueName: "platform"))
    var platform: [String] = []

    @Flag(help: "Also list what is not an image: signatures, attestations, charts.")
    var artifacts = false

    @Option(
        help: ArgumentHelp(
            "JSON lines with the repositories to look at, for a registry without a catalog; `-` is standard input.",
            valueName: "file"))
    var repositories: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("An earlier listing; what it has is not fetched again (repeatable).", valueName: "file"))
    var known: [String] = []

    @Option(help: ArgumentHelp("Number of tags to look at at a time.", valueName: "count"))
    var concurrency = 4

    @OptionGroup var politeness: PoliteOptions
    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func validate() throws {
        guard (1...64).contains(concurrency) else { throw ValidationError("`--concurrency` takes a number from 1 to 64") }
        for source in sources where ListedPlace(source) == nil {
            throw ValidationError(
                "`\(AddressText.withoutUser(source))` is not a source that can be listed: write docker://HOST, registry:DIR, oci:DIR or store:DIR"
            )
        }
    }

    func run() throws {
        let output = LineOutput { Terminal.standardOutput.write($0) }
        var settings = ImageLister.Settings(words: ErrorSentence.line)
        settings.listsArtifacts = artifacts
        settings.workerCount = concurrency
        for text in platform {
            guard let parsed = Platform(parsing: text) else { throw CommandError.badPlatform(text) }
            settings.platforms.append(parsed)
        }
        for path in known { try settings.known.read(try Self.lines("--known", path)) }
        let registries = politeness.settings(registry, .default)
        let globals = globals
        let opened = try ListingSources(
            sources.compactMap { ListedPlace($0) },
            repositories: try repositories.map { try NamedRepository.read(try Self.lines("--repositories", $0)) },
            store: { try globals.storePath() }, registries: { try registries(globals.telling) },
            engines: { try EngineAccess().roots })
        try PipeEnd.watch { try opened.list(settings, to: output) }
    }

    /// The lines of a file, or of standard input.
    private static func lines(_ option: String, _ path: String) throws -> LineInput {
        if path == "-" { return LineInput(PipeSource(fd: 0, name: "standard input")) }
        let fd = open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else {
            throw CommandError.unreadableFile(option, path, StorageError(.open, path, Errno(rawValue: errno)))
        }
        let file = File(adopting: FileDescriptor(rawValue: fd), path: path)
        return LineInput(PipeSource(fd: fd, name: path, keeping: file))
    }
}
