import ContentStorage
import Distribution
import ImageStorage
import LayerArchive
import OCISpec

extension DistributionError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: DistributionError) {
        switch error {
        case .noCurl(let detail):
            self.init(
                code: "no-curl", message: "libcurl, which is needed for registries, cannot be used: \(detail)",
                hint: "install libcurl 7.85 or newer (`apt-get install libcurl4`)")
        case .network(let line, let failure): self.init(failure, line)
        case .busy(let line, let status, let seconds, let faults):
            self.init(
                code: status == 429 ? "too-many-requests" : "registry",
                message: "\(line.method) \(line.url): the registry answered \(status)\(Self.words(faults)), and asks to wait "
                    + Self.seconds(seconds),
                hint: "run the command again then")
        case .refused(let line, let status, let faults): self.init(status: status, line, faults)
        case .loginNeeded(let registry, let faults, let problems): self.init(loginNeeded: registry, faults, problems)
        case .wrongCredentials(let registry, let faults, let report): self.init(wrongCredentials: registry, faults, report)
        case .noCatalog(let registry, let status, let faults):
            self.init(
                code: "no-catalog",
                message: "\(registry) does not list its repositories: it answered \(status)\(Self.words(faults))",
                hint: "name them with `--repositories FILE`, or as docker://\(registry)/REPOSITORY")
        case .noSuchImage(let name):
            self.init(
                code: "no-such-image", message: "the registry has no image \(name)", hint: "check the name and the tag")
        case .noSuchPlatform(let name, let wanted, let available):
            self.init(
                code: "no-such-platform",
                message: "\(name) has no image for \(wanted?.description ?? "this machine's platform")",
                hint: available.isEmpty ? nil : Self.list("`--platform` takes", available.map(\.description)))
        case .absentManifest(let name, let digest, let platform):
            let what = platform.map { ", for \($0)," } ?? ""
            self.init(
                code: "missing-manifest",
                message: "the registry has the index \(name), but not its manifest \(digest)\(what) which it lists",
                hint: "push the image again, with all that the index lists")
        case .encryptedLayer(let name, let layer):
            self.init(encryptedLayer: layer, of: name)
        case .schemaOne(let name):
            self.init(
                code: "schema-1", message: "\(name) is an image of docker's manifest schema 1, which is not supported",
                hint: "pull and push it once with a docker of version 17 to 27, which makes schema 2 of it")
        case .unknownMediaType(let name, let type):
            self.init(code: "bad-document", message: "\(name) is neither a manifest nor an index but `\(type)`")
        case .artifact(let name, let digest):
            self.init(code: "artifact", message: "\(name) (\(digest)) is an artifact, not an image")
        case .badDocument(let name, let error):
            self.init(code: error.code, message: "\(name) \(Self.words(error))", hint: error.hint)
        case .digestMismatch, .sizeMismatch, .tooLong, .unsupportedDigest, .diffIDMismatch,
            .contradictoryLayer, .layerCountMismatch, .tooManyManifests, .badLayer, .notATar:
            self.init(content: error)
        case .badChallenge(let registry, let detail):
            self.init(code: "bad-challenge", message: "\(registry) asks for a login that cannot be answered: \(detail)")
        case .badToken, .openCredentials, .badRedirect, .badAnswer: self.init(protocol: error)
        case .badAddress(let address, let detail):
            self.init(code: "bad-address", message: "`\(address)` is not a valid address: \(detail)")
        case .badProxy(let variable, let fault): self.init(badProxy: variable, fault)
        case .badSettings(let path, let detail):
            self.init(code: "bad-settings", status: 2, message: "\(path): \(detail)")
        case .otherSettings(let path, let form):
            let name =
                switch form {
                case .registriesConf: "a registries.conf of podman and skopeo"
                case .hostsTOML: "a hosts.toml of containerd"
                }
            self.init(
                code: "bad-settings", status: 2, message: "\(path) is \(name), not a registries.yaml as k3s has it",
                hint: """
                    for each registry write `mirrors:`, then `  docker.io:`, then `    endpoint: ["https://mirror.example"]`; \
                    docs/registry.md has an example
                    """)
        case .unusablePlace(let place, let fault): self.init(unusable: place, fault)
        case .stillLoggedIn(let registry, let source):
            self.init(
                code: "still-logged-in", message: "\(registry): the credentials \(source.words) still log in",
                hint: source.removal)
        case .helperFailed(let name, let fault): self.init(name, fault)
        case .absentPlatforms(let name, let absent, let present):
            self.init(
                code: "absent-platforms",
                message: "\(name) is incomplete in the store: it lacks \(absent.joined(separator: ", "))",
                hint:
                    "`--platform` pushes one of \(present.joined(separator: ", ")); `strata pull --all-platforms` pulls the rest"
            )
        case .content(let error): self.init(error)
        case .images(let error): self.init(error)
        case .unexpected(let error):
            self.init(any: error)
        }
    }

    private init(_ failure: NetworkFailure, _ line: RequestLine) {
        let words = Self.words(failure)
        self.init(code: "network", message: "\(line.method) \(line.url): \(words.reason)", hint: words.hint)
    }

    /// What failed, and the next step.
    static func words(_ failure: NetworkFailure) -> (reason: String, hint: String?) {
        let again = "run the command again"
        return switch failure {
        case .unknownHost: ("the host name cannot be resolved", nil)
        case .unreachable(let detail): (detail, nil)
        case .timedOut: ("no answer in time", again)
        case .tooSlow: ("the transfer was too slow", again)
        case .cut: ("the connection was cut", again)
        case .closedAfterHandshake:
            (
                "the server closed the connection after the TLS handshake",
                "it may want a client certificate: *.cert and *.key are looked for in `--cert-dir DIR`"
            )
        case .noTLS: ("the server does not speak TLS", "`--insecure-registry` allows plain HTTP")
        case .badCertificate(let fault): words(fault)
        case .tlsAlert(let name): alert(name)
        case .tlsFailure(let detail): ("TLS failed: \(detail)", nil)
        case .proxy(let name, let fault): words(fault, of: name)
        case .badEncoding: ("the body is not encoded as its Content-Encoding says", nil)
        case .protocolError(let detail): (detail, nil)
        }
    }

    private static func words(_ fault: NetworkFailure.CertificateFault) -> (reason: String, hint: String?) {
        let trust =
            "`--cert-dir DIR`, or a directory with the registry's name in /etc/docker/certs.d, adds an authority; SSL_CERT_FILE replaces all of them"
        return switch fault {
        case .expired: ("its certificate has expired", "renew it, or check the date of this machine")
        case .notYetValid: ("its certificate is not valid yet", "check the date of this machine")
        case .otherHost: ("its certificate is for another host", "check the name of the registry")
        case .selfSigned: ("its certificate is self-signed and not trusted", trust)
        case .unknownAuthority: ("its certificate is signed by an authority that is not trusted", trust)
        case .other(let detail): ("its certificate cannot be verified: \(detail)", trust)
        }
    }

    private static func alert(_ name: String) -> (reason: String, hint: String?) {
        let isOfClient = name.contains("certificate") || name == "handshake failure"
        return (
            "the server refused the TLS connection: \(name)",
            isOfClient ? "a client certificate and its key (*.cert, *.key) are looked for in `--cert-dir DIR`" : nil
        )
    }

    private static func words(_ fault: NetworkFailure.ProxyFault, of name: String) -> (reason: String, hint: String?) {
        let hint = "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name the proxy; NO_PROXY exempts hosts from it"
        return switch fault {
        case .unknownHost: ("the name of the proxy \(name) cannot be resolved", hint)
        case .unreachable(let detail): ("the proxy \(name) cannot be reached: \(detail)", hint)
        case .timedOut: ("the proxy \(name) did not answer in time", hint)
        case .refused(status: 407):
            (
                "the proxy \(name) wants a user and a password (407)",
                "put them into the variable that names the proxy: http://USER:PASSWORD@HOST:PORT"
            )
        case .refused(let status): ("the proxy \(name) refused with \(status)", hint)
        case .failed(let detail): ("the proxy \(name) failed: \(detail)", hint)
        }
    }

    private init(badProxy variable: String, _ fault: Proxy.Fault) {
        let reason =
            switch fault {
            case .scheme: "its scheme is not http, https, socks4, socks4a, socks5 or socks5h"
            case .host: "it has no host with a port from 1 to 65535"
            case .user: "its user or password has a character that cannot be sent"
            }
        self.init(
            code: "bad-settings", status: 2, message: "\(variable) is not a valid proxy address: \(reason)",
            hint: "write it as http://USER:PASSWORD@HOST:PORT, and characters such as `/`, `?`, `#` and `@` of a password as %2F")
    }

    /// What a pause is for: `waiting 30 s before 127.0.0.1:5000 is asked again: it answered 429: too many requests`.
    static func words(_ wait: Wait) -> String {
        let reason =
            switch wait.cause {
            case .status(let status, let faults): "it answered \(status)\(words(faults))"
            case .network(let failure): words(failure).reason
            }
        return "retrying \(wait.server) in \(seconds(wait.seconds)): \(reason)"
    }

    private static func seconds(_ seconds: Double) -> String {
        let tenths = (min(seconds, 1e15) * 10).rounded()
        return tenths < 100 && tenths.truncatingRemainder(dividingBy: 10) != 0 ? "\(tenths / 10) s" : "\(Int(tenths / 10)) s"
    }

    private init(status: Int, _ line: RequestLine, _ faults: [RegistryFault]) {
        let hint: String? =
            switch status {
            case 401, 403: "check the name, and whether this user has the permission"
            case 429: "the registry limits requests: try again later, or log in"
            default: nil
            }
        let access = status == 401 || status == 403 ? Self.words(line.access) : ""
        self.init(
            code: status == 429 ? "too-many-requests" : status == 403 ? "denied" : "registry",
            message: "\(line.method) \(line.url): the registry answered \(status)\(Self.words(faults))\(access)",
            hint: hint)
    }

    private init(content error: DistributionError) {
        switch error {
        case .digestMismatch(let line, let expected, let actual):
            self.init(
                code: "digest-mismatch", message: "\(line.url): the answer for \(expected) has the digest \(actual)",
                hint: "try again; if it happens again, the registry or a proxy before it is damaged")
        case .sizeMismatch(let line, let digest, let expected, let actual):
            self.init(
                code: "size-mismatch", message: "\(line.url): \(digest) has \(actual) bytes where its descriptor says \(expected)"
            )
        case .tooLong(let line, let digest, let expected):
            self.init(
                code: "size-mismatch", message: "\(line.url): \(digest) is longer than the \(expected) bytes of its descriptor")
        case .unsupportedDigest(let digest):
            self.init(code: "unsupported-digest", message: "cannot store blob \(digest): only sha256 digests are supported")
        case .diffIDMismatch(let layer, let expected, let actual):
            self.init(
                code: "diff-id-mismatch", message: "layer \(layer) decompresses to \(actual), but the config says \(expected)")
        case .contradictoryLayer(let layer):
            self.init(
                code: "diff-id-mismatch",
                message: "layer \(layer) is in the image twice, with different diff IDs or sizes")
        case .layerCountMismatch(let digest, let config, let manifest):
            self.init(
                code: "layer-count-mismatch",
                message: "image \(digest.short): the config counts \(config) layers, the manifest \(manifest)")
        case .tooManyManifests(let name, let limit): self.init(index: name, over: limit)
        case .notATar(let layer, let mediaType): self.init(notATar: "layer \(layer)", mediaType)
        case .badLayer(let digest, let cause): self.init(cause, in: "layer \(digest)")
        default: self.init(code: "registry", message: "the registry's answer cannot be trusted")
        }
    }

    private init(protocol error: DistributionError) {
        switch error {
        case .badToken(let line, let detail):
            self.init(code: "bad-token", message: "\(line.url): the token server's answer cannot be used: \(detail)")
        case .openCredentials(let line):
            self.init(
                code: "open-credentials", message: "\(line.url): credentials would be sent unencrypted",
                hint: "`--insecure-registry` allows it")
        case .badRedirect(let line, let target):
            self.init(code: "bad-redirect", message: "\(line.url) redirects to \(target), which is not followed")
        case .badAnswer(let line, let detail): self.init(code: "registry", message: "\(line.method) \(line.url): \(detail)")
        default: self.init(code: "registry", message: "the registry's answer cannot be understood")
        }
    }

    static func words(_ faults: [RegistryFault]) -> String {
        guard !faults.isEmpty else { return "" }
        let texts = faults.map { fault in [fault.code, fault.message].filter { !$0.isEmpty }.joined(separator: ": ") }
        return ": " + texts.joined(separator: "; ")
    }
}
