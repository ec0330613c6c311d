import ArgumentParser
import Distribution

/// `-H URL`: where the registry listens whose folder is pruned.
struct RegistryAddressOption: ParsableArguments {
    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp(
            "Address of the registry of `--engine registry`, such as http://127.0.0.1:5000.", valueName: "url"))
    var host: String?

    func validate() throws {
        guard let host, MirrorEndpoint(host) == nil else { return }
        throw ValidationError(
            "`--host` takes the address of a registry, such as http://127.0.0.1:5000, not `\(AddressText.shown(host))`")
    }

    /// The address without a user and a password, which have their place in a file of credentials.
    var address: String? { host.map(AddressText.shown) }
}
