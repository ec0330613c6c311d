import Foundation
import OCISpec
import Synchronization

/// An answer whose body was not read yet, or was read as part of the request.
final class RegistryAnswer: Sendable {
    let line: RequestLine
    /// The address that gave it, after redirects.
    let address: WebAddress
    let head: AnswerHead
    private let exchange: Exchange
    /// Whether only errors in the specification's form may be shown of the body.
    private let isStrict: Bool
    /// What the request bore that must not be shown, however the answer quotes it.
    private let secrets: [String]
    /// The body where it was read already; within it nil for one that is too long.
    private let loaded = Mutex<[UInt8]??>(nil)

    init(
        _ line: RequestLine, from address: WebAddress, _ head: AnswerHead, _ exchange: Exchange, isStrict: Bool,
        hiding secrets: [String]
    ) {
        self.line = line
        self.address = address
        self.head = head
        self.exchange = exchange
        self.isStrict = isStrict
        self.secrets = secrets
    }

    deinit { exchange.cancel() }

    var status: Int { head.status }

    func header(_ name: String) -> String? { head.first(name) }

    /// The `Location` that it names, made absolute; nil for none.
    func location() throws(DistributionError) -> WebAddress? {
        guard let text = header("Location") else { return nil }
        do { return try address.resolving(text) } catch {
            throw .badRedirect(line, to: "\(RequestLine(method: "", url: text).url) (\(error.detail))")
        }
    }

    /// Seconds to wait before another try: by its `Retry-After`, a number or a date; else by the moment at which its limit is
    /// set back, in the words of the hub and of GitHub, whose limits are spent.
    var retryAfter: Double? {
        guard let text = header("Retry-After") else {
            let isSpent = header("X-RateLimit-Remaining") == "0"
            guard let text = header("X-Retry-After") ?? (isSpent ? header("X-RateLimit-Reset") : nil), let moment = Double(text),
                moment.isFinite
            else { return nil }
            return max(0, moment - Date().timeIntervalSince1970)
        }
        if let seconds = Double(text) { return seconds.isFinite ? max(0, seconds) : nil }
        return HTTPDate.moment(text).map { max(0, $0.timeIntervalSinceNow) }
    }

    /// Bytes of the body, as they come.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int {
        do { return try exchange.read(into: buffer) } catch { throw .network(line, error.failure) }
    }

    /// The whole body; one longer than `limit` is an error.
    func body(upTo limit: Int = DocumentLimits.default.maxBytes) throws(DistributionError) -> [UInt8] {
        guard let body = try body(ifUpTo: limit) else {
            throw .badAnswer(line, detail: "the answer has more bytes than the \(limit) that are read at most")
        }
        return body
    }

    /// The whole body; nil for one longer than `limit`.
    func body(ifUpTo limit: Int) throws(DistributionError) -> [UInt8]? {
        try load(upTo: limit)
        guard case .some(.some(let body)) = loaded.withLock({ $0 }), body.count <= limit else { return nil }
        return body
    }

    /// Reads the body as the request wants it read before it counts as answered.
    func load(as reading: RegistryRequest.Reading) throws(DistributionError) {
        switch reading {
        case .document(let limit) where (200...299).contains(status): try load(upTo: limit)
        case .part(let bytes) where status == 206: try load(upTo: bytes)
        case .document, .part, .stream: break
        }
    }

    private func load(upTo limit: Int) throws(DistributionError) {
        guard loaded.withLock({ $0 == nil }) else { return }
        let body: [UInt8]?
        do { body = try exchange.collect(upTo: limit) } catch {
            throw .network(line, error.failure)
        }
        loaded.withLock { $0 = .some(body) }
    }

    /// Gives the body up.
    func cancel() { exchange.cancel() }

    /// What the body says is wrong; nothing where it does not say, and where the answer is no error: then it is a blob's bytes.
    ///
    /// An error that cannot be read is still an error: its status says so.
    func faults() -> [RegistryFault] {
        guard status >= 400 else { return [] }
        do throws(NetworkFailureError) {
            let body = try exchange.collect(upTo: 64 << 10, isCutFine: true) ?? []
            return RegistryFault.read(body, type: header("Content-Type") ?? "", isStrict: isStrict, hiding: secrets)
        } catch {
            // The status alone is told.
            return []
        }
    }

    /// The error that this answer is.
    func refusal() -> DistributionError { .refused(line, status: status, faults()) }
}

/// Dates as nearly all servers write them: `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    static func moment(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text)
    }
}
