// https://curl.se/libcurl/c/libcurl-errors.html

import CCurl
import Foundation

extension NetworkFailure {
    /// Why a transfer ended that the library gave this result; nil for one that is whole.
    init?(_ result: CURLcode, _ easy: UnsafeMutableRawPointer, _ exchange: Exchange) {
        let message = String(cString: Array(exchange.message))
        if let proxy = exchange.request.proxy, let fault = ProxyFault(result, easy, message, exchange) {
            self = .proxy(name: proxy.name, fault)
            return
        }
        switch result {
        case CURLE_OK: return nil
        case CURLE_COULDNT_RESOLVE_HOST: self = .unknownHost
        case CURLE_COULDNT_CONNECT: self = .unreachable(detail: Self.reason(easy) ?? "the connection was refused")
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut
        case CURLE_BAD_CONTENT_ENCODING: self = .badEncoding
        case CURLE_PEER_FAILED_VERIFICATION: self = .badCertificate(CertificateFault(easy, CURLINFO_SSL_VERIFYRESULT, message))
        case CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CIPHER,
            CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            self = .tlsFailure(detail: Self.plain(message))
        case CURLE_SSL_CONNECT_ERROR: self = TLSReason(message).map(Self.init) ?? Self.handshake(message)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            self = TLSReason(message).map(Self.init) ?? (Self.isNewOverTLS(easy, exchange) ? .closedAfterHandshake : .cut)
        case CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_FAIL_REWIND,
            CURLE_ABORTED_BY_CALLBACK, CURLE_WRITE_ERROR, CURLE_READ_ERROR:
            self = .cut
        default: self = .protocolError(detail: Self.plain(message.isEmpty ? "libcurl's error \(result.rawValue)" : message))
        }
    }

    /// Whether a connection of TLS was made for this transfer, and nothing came of it.
    private static func isNewOverTLS(_ easy: UnsafeMutableRawPointer, _ exchange: Exchange) -> Bool {
        exchange.request.address.origin.isTLS && !exchange.isAnswered && strata_easy_long(easy, CURLINFO_NUM_CONNECTS) > 0
    }

    private init(_ reason: TLSReason) {
        switch reason {
        case .alert(let name): self = .tlsAlert(name)
        case .noTLS: self = .noTLS
        case .ended: self = .cut
        case .other(let detail): self = .tlsFailure(detail: detail)
        }
    }

    /// A handshake that failed without a reason of TLS: the connection ended in it.
    private static func handshake(_ message: String) -> NetworkFailure {
        message.contains("SSL_ERROR_SYSCALL") || message.contains("SSL_connect") ? .cut : .tlsFailure(detail: plain(message))
    }

    /// The system's word for why no connection came about.
    private static func reason(_ easy: UnsafeMutableRawPointer) -> String? {
        let code = strata_easy_long(easy, CURLINFO_OS_ERRNO)
        return code == 0 ? nil : String(cString: strerror(Int32(code)))
    }

    fileprivate static func plain(_ message: String) -> String {
        String(message.prefix(200)).trimmingCharacters(in: CharacterSet(charactersIn: ". \t\r\n"))
    }
}

extension NetworkFailure.CertificateFault {
    /// By OpenSSL's code for the chain, which is 0 where it is the name that does not fit.
    fileprivate init(_ easy: UnsafeMutableRawPointer, _ info: CURLINFO, _ message: String) {
        // X509_V_ERR_…, of openssl/x509_vfy.h
        switch strata_easy_long(easy, info) {
        case 0 where message.contains("subject name") || message.contains("host"): self = .otherHost
        case 9: self = .notYetValid
        case 10: self = .expired
        case 18: self = .selfSigned
        case 2, 19, 20, 21: self = .unknownAuthority
        case 62, 64: self = .otherHost
        default: self = .other(detail: NetworkFailure.plain(message))
        }
    }
}

extension NetworkFailure.ProxyFault {
    /// What a result says of the proxy; nil where it is not the proxy's.
    fileprivate init?(_ result: CURLcode, _ easy: UnsafeMutableRawPointer, _ message: String, _ exchange: Exchange) {
        let status = strata_easy_long(easy, CURLINFO_HTTP_CONNECTCODE)
        switch result {
        case CURLE_COULDNT_RESOLVE_PROXY: self = .unknownHost
        case CURLE_COULDNT_CONNECT:
            let code = strata_easy_long(easy, CURLINFO_OS_ERRNO)
            self = .unreachable(detail: code == 0 ? "the connection was refused" : String(cString: strerror(Int32(code))))
        case CURLE_PROXY: self = .failed(detail: NetworkFailure.plain(message))
        case CURLE_OK: return nil
        case CURLE_OPERATION_TIMEDOUT:
            guard status == 0, !exchange.isAnswered else { return nil }
            self = .timedOut
        // The tunnel was refused.
        case _ where status >= 300: self = .refused(status: status)
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: self = .failed(detail: NetworkFailure.plain(message))
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING,
            CURLE_SSL_CACERT_BADFILE:
            // Before the tunnel stands, nobody else can have failed.
            guard status == 0, !exchange.isAnswered, strata_easy_long(easy, CURLINFO_NUM_CONNECTS) > 0,
                exchange.request.isTunnelled
            else { return nil }
            self = .failed(detail: NetworkFailure.plain(message.isEmpty ? "it closed the connection" : message))
        default: return nil
        }
    }
}

/// The cause in the error of OpenSSL that a message of the library quotes.
package enum TLSReason: Hashable, Sendable {
    /// An alert of the server's.
    case alert(String)
    /// What came is no TLS.
    case noTLS
    /// The connection ended.
    case ended
    /// Anything else, in OpenSSL's words.
    case other(String)

    /// The cause; nil where the message quotes no error of TLS.
    package init?(_ message: String) {
        guard let mark = message.range(of: "error:"),
            let code = UInt32(message[mark.upperBound...].prefix { $0.isHexDigit }, radix: 16)
        else { return nil }
        // The layout of codes in OpenSSL 3: the library in bits 23 to 30, the reason below; 20 is TLS's library.
        guard code >> 23 & 0xff == 20 else {
            self = .other(NetworkFailure.plain(String(message[mark.lowerBound...])))
            return
        }
        let reason = code & 0x7f_ffff
        switch reason {
        // SSL_R_HTTP_REQUEST, SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTPS_PROXY_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG
        case 156, 267, 155, 198: self = .noTLS
        // SSL_R_UNEXPECTED_EOF_WHILE_READING
        case 294: self = .ended
        case 1000...1255: self = .alert(Self.alerts[reason - 1000] ?? "alert \(reason - 1000)")
        default:
            // `error:0A00018A:SSL routines::dh key too small`
            let words = message[mark.lowerBound...].split(separator: ":").last.map(String.init) ?? message
            self = .other(NetworkFailure.plain(words))
        }
    }

    // https://www.rfc-editor.org/rfc/rfc8446#section-6
    private static let alerts: [UInt32: String] = [
        0: "close notify", 10: "unexpected message", 20: "bad record mac", 21: "decryption failed", 22: "record overflow",
        40: "handshake failure", 41: "no certificate", 42: "bad certificate", 43: "unsupported certificate",
        44: "certificate revoked", 45: "certificate expired", 46: "certificate unknown", 47: "illegal parameter",
        48: "unknown certificate authority", 49: "access denied", 50: "decode error", 51: "decrypt error",
        70: "protocol version", 71: "insufficient security", 80: "internal error", 86: "inappropriate fallback",
        90: "user cancelled", 100: "no renegotiation", 109: "missing extension", 110: "unsupported extension",
        112: "unrecognized name", 113: "bad certificate status response", 115: "unknown psk identity",
        116: "certificate required", 120: "no application protocol",
    ]
}
