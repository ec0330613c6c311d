import TestSupport

/// TLS on this machine's loopback in front of another server's port; it ends with this object.
final class TLSFront {
    /// What is particular about it.
    struct Manner {
        /// Clients must show a certificate that this one vouches for.
        var clientAuthority: Certificate?
        /// The least and greatest version it speaks: `1.2`, `1.3`.
        var minimumVersion: String?
        var maximumVersion: String?
        /// Whether it says that a connection ends before it ends it.
        var saysGoodbye = true
        /// The alert, by its number, with which it refuses every handshake.
        var alert: Int?
        /// What it says in place of TLS.
        var plainAnswer: String?

        static func with(_ change: (inout Manner) -> Void) -> Manner {
            var manner = Manner()
            change(&manner)
            return manner
        }
    }

    var port: Int { server.port }
    /// How images name what is behind it.
    var name: String { "127.0.0.1:\(port)" }
    var url: String { "https://\(name)" }

    private let server: PythonServer

    init(to port: Int, _ certificate: Certificate, _ manner: Manner = Manner()) throws {
        var arguments = ["\(port)", certificate.file, certificate.key]
        if let authority = manner.clientAuthority { arguments += ["--client-authority", authority.file] }
        if let version = manner.minimumVersion { arguments += ["--minimum", version] }
        if let version = manner.maximumVersion { arguments += ["--maximum", version] }
        if let alert = manner.alert { arguments += ["--alert", "\(alert)"] }
        if !manner.saysGoodbye { arguments.append("--no-goodbye") }
        if let answer = manner.plainAnswer { arguments += ["--plain", answer] }
        server = try PythonServer("tls-front.py", arguments)
    }
}
