/// How the network failed.
package enum NetworkFailure: Hashable, Sendable {
    /// The host's name is not known.
    case unknownHost
    /// Nobody listens there, or the way there is barred.
    case unreachable(detail: String)
    /// No answer, or no further bytes, for too long.
    case timedOut
    /// Bytes came, but hardly any.
    case tooSlow
    /// The connection was cut.
    case cut
    /// The server closed the connection after TLS stood, without an answer or an alert.
    case closedAfterHandshake
    /// The server does not speak TLS.
    case noTLS
    /// The server's certificate is not trusted.
    case badCertificate(CertificateFault)
    /// The server refused TLS with an alert, by the name of RFC 8446, section 6.
    case tlsAlert(String)
    /// TLS failed otherwise.
    case tlsFailure(detail: String)
    /// The proxy between failed or refused; `name` has no password.
    case proxy(name: String, ProxyFault)
    /// The body is not encoded as its label says.
    case badEncoding
    /// What came is not HTTP, or the connection failed otherwise.
    case protocolError(detail: String)

    /// What is wrong with a certificate.
    package enum CertificateFault: Hashable, Sendable {
        case expired
        case notYetValid
        case otherHost
        case selfSigned
        case unknownAuthority
        /// Anything else, in the library's words.
        case other(detail: String)
    }

    /// What is wrong with a proxy.
    package enum ProxyFault: Hashable, Sendable {
        case unknownHost
        /// No connection to it was made.
        case unreachable(detail: String)
        /// It did not answer in time.
        case timedOut
        /// It answered a request to be led on with this status.
        case refused(status: Int)
        /// TLS to it failed, or it does not speak its protocol.
        case failed(detail: String)
    }

    /// Whether another try may help.
    var isTransient: Bool {
        switch self {
        case .timedOut, .tooSlow, .cut, .closedAfterHandshake, .proxy(name: _, .timedOut): true
        default: false
        }
    }

    /// Whether it may be otherwise later, or elsewhere: names and ways come back, certificates do not change by themselves.
    package var mayPass: Bool {
        switch self {
        case .unknownHost, .unreachable, .proxy(name: _, .unreachable), .proxy(name: _, .unknownHost): true
        default: isTransient
        }
    }

    /// Whether a server that failed so when it was asked over TLS may be one without TLS, provided that nothing of TLS came of it.
    ///
    /// Whatever is not listed ends the search: a certificate, an alert, a key of this side that cannot be used, a proxy that
    /// does not lead on, an answer over TLS that is no HTTP.
    var permitsPlainHTTP: Bool {
        switch self {
        case .noTLS, .unreachable, .cut, .timedOut: true
        default: false
        }
    }
}
