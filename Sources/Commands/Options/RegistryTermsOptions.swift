import ArgumentParser
import Operations

/// What a registry is told that is pruned: where it listens, and what is too new to go.
struct RegistryTermsOptions: ParsableArguments {
    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp(
            "Address of the registry of `--engine registry`, such as http://127.0.0.1:5000.", valueName: "url"))
    var host: String?

    @Option(
        help: ArgumentHelp(
            "Remove nothing from a registry that was pushed less than this long ago (default: 24h).", valueName: "time"))
    var minAge: String?

    /// The terms; a time that is none is an error.
    var terms: EnginePruning.RegistryTerms {
        get throws {
            var terms = EnginePruning.RegistryTerms(address: host)
            if let minAge { terms.minimumAge = try SelectionOptions.duration("--min-age", minAge).components.seconds }
            return terms
        }
    }
}
