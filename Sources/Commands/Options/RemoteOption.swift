import ArgumentParser
import ImageTransfer

/// Whether images in registries are told by what registries say of them, their layers not fetched.
struct RemoteOption: ParsableArguments {
    @Flag(
        name: .customLong("remote"),
        help:
            "Do not fetch the layers of a docker:// source: take sizes from the manifest, and files from eStargz and zstd:chunked tables."
    )
    var isOn = false

    /// Refuses sources that cannot be looked at so.
    func requireRegistries(_ sources: [String]) throws {
        guard isOn else { return }
        for source in sources {
            guard case .registry = SourceSpec(parsing: source) else {
                throw ValidationError("`--remote` takes sources of the form docker://NAME, not \(source)")
            }
        }
    }
}
