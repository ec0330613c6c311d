import Foundation
import NIOHTTP1
import OCISpec

/// Bytes that can be sent, again from any place if need be.
protocol UploadSource: Sendable {
    var length: Int64 { get }
    /// Reads from `offset` on; 0 only at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(DistributionError) -> Int
}

/// One request to a registry, or to the servers that it sends its clients to.
struct RegistryRequest: Sendable {
    enum Target: Sendable {
        /// Below the registry's own address.
        case path(String)
        /// Anywhere; without the registry's authorization where that is elsewhere.
        case url(URL)
    }

    enum Body: Sendable {
        case bytes([UInt8])
        /// A source's bytes from `offset` on.
        case source(any UploadSource, offset: Int64)
    }

    enum Authorization: Sendable {
        case none
        /// This very header.
        case fixed(String)
        /// What the registry asks for, for these scopes.
        case registry([String])
    }

    var method: HTTPMethod
    var target: Target
    var headers: [(String, String)] = []
    var body: Body?
    var authorization: Authorization
    /// Whether a compressed answer may be decompressed: documents, never blobs.
    var isDecoding = true
    /// Whether the answer may take as long as a registry needs to hash what was sent.
    var isSlow = false
    /// Whether this module tries again; the caller does for what it must begin anew.
    var isRetried = true

    /// A scope as token servers know it: `repository:NAME:pull,push`.
    static func scope(_ repository: String, _ actions: String) -> String { "repository:\(repository):\(actions)" }
}

/// An answer whose body was not read yet.
final class RegistryAnswer: Sendable {
    let line: RequestLine
    /// The address that gave it, after redirects.
    let url: URL
    let head: HTTPResponseHead
    private let exchange: Exchange

    init(_ line: RequestLine, url: URL, _ head: HTTPResponseHead, _ exchange: Exchange) {
        self.line = line
        self.url = url
        self.head = head
        self.exchange = exchange
    }

    deinit { exchange.cancel() }

    var status: Int { Int(head.status.code) }

    func header(_ name: String) -> String? { head.headers.first(name: name) }

    /// The `Location` that it names, made absolute.
    var location: URL? { header("Location").flatMap { URL(string: $0, relativeTo: url)?.absoluteURL } }

    /// Seconds to wait before another try, by its `Retry-After`: a number or a date.
    var retryAfter: Double? {
        guard let text = header("Retry-After")?.trimmingCharacters(in: .whitespaces) else { return nil }
        if let seconds = Double(text) { return seconds.isFinite ? seconds : nil }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text).map { max(0, $0.timeIntervalSinceNow) }
    }

    /// Bytes of the body, as they come.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int {
        do throws(NetworkFailureError) { return try exchange.read(into: buffer) } catch { throw .network(line, error.failure) }
    }

    /// The whole body; one longer than `limit` is an error.
    func body(upTo limit: Int = DocumentLimits.default.maxBytes) throws(DistributionError) -> [UInt8] {
        let body: [UInt8]?
        do throws(NetworkFailureError) { body = try exchange.collect(upTo: limit) } catch {
            throw .network(line, error.failure)
        }
        guard let body else { throw .badDocument(line.url, .tooLarge(bytes: limit + 1, limit: limit)) }
        return body
    }

    /// Gives the body up.
    func cancel() { exchange.cancel() }

    /// What the body says is wrong; nothing where it does not say.
    func faults() -> [RegistryFault] {
        struct Body: Decodable {
            struct Fault: Decodable {
                var code: String?
                var message: String?
            }
            var errors: [Fault]?
        }
        // An error that cannot be read is still an error: its status says so.
        do {
            let body = try decodeDocument(Body.self, from: try body(upTo: 64 << 10))
            return (body.errors ?? []).prefix(5).map { fault in
                RegistryFault(code: fault.code ?? "UNKNOWN", message: String((fault.message ?? "").prefix(300)))
            }
        } catch {
            return []
        }
    }

    /// The error that this answer is.
    func refusal() -> DistributionError { .refused(line, status: status, faults()) }
}
