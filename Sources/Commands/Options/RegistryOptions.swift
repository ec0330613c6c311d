import ArgumentParser
import Distribution
import Foundation
import OCISpec
import Operations

/// How registries are spoken to.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Directory with CA certificates (*.crt), client certificate and key (*.cert, *.key).", valueName: "dir"))
    var certDir: String?

    @Flag(help: "Accept any certificate from this registry, and plain HTTP if it has no TLS.")
    var insecureRegistry = false

    @Option(help: ArgumentHelp("Credentials file (default: those of docker and podman).", valueName: "file"))
    var authfile: String?

    @Option(
        help: ArgumentHelp(
            "Mirrors file (default: strata/registries.yaml in the user's config directory, then in /etc).", valueName: "file"))
    var registries: String?

    @Option(help: ArgumentHelp("Seconds to wait for a server that does not respond.", valueName: "seconds"))
    var timeout = 30.0

    @Option(help: ArgumentHelp("How many times to retry a failed request.", valueName: "count"))
    var retry = 5

    func validate() throws {
        guard timeout > 0, timeout <= 1_000_000 else { throw ValidationError("`--timeout` takes seconds above 0, up to 1000000") }
        guard (1...100).contains(retry) else { throw ValidationError("`--retry` takes a number from 1 to 100") }
    }

    /// The variables by which the user says where files about registries are.
    private static let fileVariables = [
        "HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "STRATA_REGISTRIES",
    ]

    /// The variables; one that says where files are and is not UTF-8 is an error.
    private func environment() throws(CommandError) -> [String: String] {
        for name in Self.fileVariables { _ = try Environment.value(name) }
        return ProcessInfo.processInfo.environment
    }

    /// Where credentials are kept.
    func credentials() throws(CommandError) -> CredentialStore {
        CredentialStore(environment: try environment(), file: authfile, helperSeconds: timeout)
    }

    /// The registries, as the user and his machine say.
    ///
    /// `documents` is how much of a registry's documents is read; `change` has the last word.
    func settings(
        _ documents: DocumentLimits = .default, _ change: @escaping @Sendable (inout NetworkSettings) -> Void = { _ in }
    ) -> Workspace.RegistrySettings {
        { [self] onWait in try makeRegistries(documents, change, onWait: onWait) }
    }

    private func makeRegistries(
        _ documents: DocumentLimits, _ change: (inout NetworkSettings) -> Void, onWait: @escaping @Sendable (Wait) -> Void
    ) throws -> Registries {
        let environment = try environment()
        var settings = NetworkSettings(environment: environment, userAgent: "strata/\(StrataVersion.text)")
        settings.isInsecure = insecureRegistry
        settings.timeouts = Timeouts(silence: timeout)
        settings.retries.attempts = retry
        settings.onWait = onWait
        settings.documents = documents
        if let certDir {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: certDir, isDirectory: &isDirectory), isDirectory.boolValue else {
                throw CommandError.badOption("--cert-dir", certDir, expected: "a directory that is there")
            }
        }
        settings.certificateFolder = certDir
        let config =
            environment["XDG_CONFIG_HOME"].flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil }
            ?? environment["HOME"].map { "\($0)/.config" }
        settings.certificateRoots =
            [config.map { "\($0)/containers/certs.d" }, "/etc/containers/certs.d", "/etc/docker/certs.d"].compactMap(\.self)
        if let registries = registries ?? environment["STRATA_REGISTRIES"].flatMap({ $0.isEmpty ? nil : $0 }) {
            settings.mirrors = try MirrorTable(path: registries, isRequired: true)
        } else {
            let places = [config.map { "\($0)/strata/registries.yaml" }, "/etc/strata/registries.yaml"].compactMap(\.self)
            if let place = places.first(where: { FileManager.default.fileExists(atPath: $0) }) {
                settings.mirrors = try MirrorTable(path: place, isRequired: true)
            }
        }
        change(&settings)
        return Registries(settings, try credentials())
    }
}
