import ArgumentParser
import Distribution
import OCISpec
import Operations

/// How a registry is spared by a command that asks it for much.
struct PoliteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Most requests a second to a registry; with several workers, each one's share (default: no limit).",
            valueName: "count"))
    var rate: Double?

    func validate() throws {
        guard let rate else { return }
        guard rate > 0, rate <= 100_000 else { throw ValidationError("`--rate` takes a number above 0, up to 100000") }
    }

    /// Seconds that a server may ask to be left alone for.
    private static let longestWait = 900.0

    /// The registries as `options` have them, asked at this pace.
    func settings(_ options: RegistryOptions, _ documents: DocumentLimits) -> Workspace.RegistrySettings {
        let pace = RequestPace(perSecond: rate)
        return options.settings(documents) { settings in
            settings.pace = pace
            settings.retries.maxSeconds = Self.longestWait
        }
    }
}
