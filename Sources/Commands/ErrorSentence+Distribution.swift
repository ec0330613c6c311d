import ContentStorage
import Distribution
import ImageStorage
import LayerArchive
import OCISpec

extension ErrorSentence {
    init(_ error: DistributionError) {
        switch error {
        case .network(let line, let failure): self.init(failure, line)
        case .refused(let line, let status, let faults): self.init(status: status, line, faults)
        case .loginNeeded(let registry, let faults):
            self.init(
                code: "login-needed", message: "\(registry) does not let strangers do this\(Self.words(faults))",
                hint: "`strata login \(registry)`, or look whether the name is right")
        case .wrongCredentials(let registry, let faults):
            self.init(
                code: "denied", message: "\(registry) does not accept the credentials there are\(Self.words(faults))",
                hint: "`strata login \(registry)` replaces them; it may also be that this user may not do this")
        case .noSuchImage(let name):
            self.init(
                code: "no-such-image", message: "the registry has no image \(name)", hint: "look whether name and tag are right")
        case .noSuchPlatform(let name, let wanted, let available):
            self.init(
                code: "no-such-platform",
                message: "\(name) has no image for \(wanted?.description ?? "this machine's platform")",
                hint: available.isEmpty ? nil : Self.list("`--platform` takes", available.map(\.description)))
        case .schemaOne(let name):
            self.init(
                code: "schema-1", message: "\(name) is an image of docker's manifest schema 1, which is not supported",
                hint: "pull and push it once with a docker of version 17 to 27, which makes schema 2 of it")
        case .unknownMediaType(let name, let type):
            self.init(code: "bad-document", message: "\(name) is neither a manifest nor an index but `\(type)`")
        case .artifact(let name, let digest):
            self.init(code: "artifact", message: "\(name) (\(digest)) is an artifact, not an image")
        case .badDocument(let name, let error): self.init(code: "bad-document", message: "\(name) \(Self.words(error))")
        case .digestMismatch, .sizeMismatch, .tooLong, .unexpectedEncoding, .unsupportedDigest, .diffIDMismatch,
            .layerCountMismatch, .tooManyManifests, .badLayer:
            self.init(content: error)
        case .badChallenge(let registry, let detail):
            self.init(code: "bad-challenge", message: "\(registry) asks for a login that cannot be answered: \(detail)")
        case .badToken, .openCredentials, .badRedirect, .badAnswer: self.init(protocol: error)
        case .badSettings(let path, let detail):
            self.init(code: "bad-settings", status: 2, message: "\(path): \(detail)")
        case .helperFailed(let name, let detail):
            self.init(code: "credential-helper", message: "\(name) failed: \(detail)")
        case .notLoggedIn(let registry):
            self.init(code: "not-logged-in", status: 1, message: "Not logged in to \(registry)")
        case .absentPlatforms(let name, let absent, let present):
            self.init(
                code: "absent-platforms",
                message: "\(name) is not whole in the store: it lacks \(absent.joined(separator: ", "))",
                hint:
                    "`--platform` pushes one of \(present.joined(separator: ", ")); `strata pull --all-platforms` brings the rest"
            )
        case .absentBlob(let digest):
            self.init(code: "missing-blob", message: "neither the store nor the registry has blob \(digest)")
        case .content(let error): self.init(error)
        case .images(let error): self.init(error)
        case .unexpected(let error):
            self = ErrorSentence(anyError: error) ?? ErrorSentence(code: "failed", message: "the transfer failed: \(error)")
        }
    }

    private init(_ failure: NetworkFailure, _ line: RequestLine) {
        let (reason, hint): (String, String?) =
            switch failure {
            case .unknownHost: ("the host's name is not known", nil)
            case .unreachable(let detail): (detail, nil)
            case .timedOut: ("no answer came in time", "run the command again: what came is kept")
            case .tooSlow: ("hardly any bytes came", "run the command again: what came is kept")
            case .cut: ("the connection was cut", "run the command again: what came is kept")
            case .noTLS: ("the server does not speak TLS", "`--insecure-registry` allows plain HTTP")
            case .badCertificate(let detail):
                (
                    "its certificate is not to be trusted: \(detail)",
                    "`--cert-dir DIR`, or a folder of the registry's name in /etc/docker/certs.d, names what to trust"
                )
            case .protocolError(let detail): (detail, nil)
            }
        self.init(code: "network", message: "\(line.method) \(line.url): \(reason)", hint: hint)
    }

    private init(status: Int, _ line: RequestLine, _ faults: [RegistryFault]) {
        let hint: String? =
            switch status {
            case 401, 403: "look whether the name is right and this user may do this"
            case 429: "the registry counts requests: try again later, or log in"
            default: nil
            }
        self.init(
            code: status == 429 ? "too-many-requests" : status == 403 ? "denied" : "registry",
            message: "\(line.method) \(line.url): the registry answered \(status)\(Self.words(faults))", hint: hint)
    }

    private init(content error: DistributionError) {
        switch error {
        case .digestMismatch(let line, let expected, let actual):
            self.init(
                code: "digest-mismatch", message: "\(line.url): what came for \(expected) has the digest \(actual)",
                hint: "try again; if it stays, the registry or something before it is damaged")
        case .sizeMismatch(let line, let digest, let expected, let actual):
            self.init(
                code: "size-mismatch", message: "\(line.url): \(digest) has \(actual) bytes where its descriptor says \(expected)"
            )
        case .tooLong(let line, let digest, let expected):
            self.init(
                code: "size-mismatch", message: "\(line.url): \(digest) goes on after the \(expected) bytes of its descriptor")
        case .unexpectedEncoding(let line, let encoding):
            self.init(code: "registry", message: "\(line.url): the blob came compressed (`\(encoding)`), which it must not")
        case .unsupportedDigest(let digest):
            self.init(code: "unsupported-digest", message: "cannot store blob \(digest): only sha256 digests are supported")
        case .diffIDMismatch(let layer, let expected, let actual):
            self.init(
                code: "diff-id-mismatch", message: "layer \(layer) decompresses to \(actual), but the config says \(expected)")
        case .layerCountMismatch(let digest, let config, let manifest):
            self.init(
                code: "layer-count-mismatch",
                message: "image \(digest.short): the config counts \(config) layers, the manifest \(manifest)")
        case .tooManyManifests(let name):
            self.init(code: "bad-document", message: "\(name): an index nests deeper, or lists more, than any image does")
        case .badLayer(let digest, let fault):
            if let cause = fault.cause as? LayerArchiveError {
                self.init(cause, in: "layer \(digest)")
            } else {
                self.init(code: "bad-layer", message: "layer \(digest) cannot be read: \(fault.cause)")
            }
        default: self.init(code: "registry", message: "the registry's answer is not to be trusted")
        }
    }

    private init(protocol error: DistributionError) {
        switch error {
        case .badToken(let line, let detail):
            self.init(code: "bad-token", message: "\(line.url): the token server's answer is of no use: \(detail)")
        case .openCredentials(let line):
            self.init(
                code: "open-credentials", message: "\(line.url): credentials would go over an open line",
                hint: "`--insecure-registry` allows it")
        case .badRedirect(let line, let target):
            self.init(code: "bad-redirect", message: "\(line.url) leads to \(target), which is not followed")
        case .badAnswer(let line, let detail): self.init(code: "registry", message: "\(line.method) \(line.url): \(detail)")
        default: self.init(code: "registry", message: "the registry's answer makes no sense")
        }
    }

    private static func words(_ faults: [RegistryFault]) -> String {
        guard !faults.isEmpty else { return "" }
        let texts = faults.map { $0.message.isEmpty ? $0.code : "\($0.code): \($0.message)" }
        return ": " + texts.joined(separator: "; ")
    }
}
