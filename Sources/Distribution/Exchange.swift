import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One request and its answer, as a blocking caller sees it.
///
/// The library's event loop fills a small queue of body parts and waits when it is full; the caller empties it. All members
/// that change are guarded by the condition. A caller that wants no more must `cancel`.
final class Exchange: HTTPClientResponseDelegate, @unchecked Sendable {
    typealias Response = Void

    private let condition = NSCondition()
    private var responseHead: HTTPResponseHead?
    private var parts: [ByteBuffer] = []
    private var firstPart = 0
    private var queuedBytes = 0
    private var resumption: EventLoopPromise<Void>?
    private var isFinished = false
    private var failure: NetworkFailure?
    private var task: HTTPClient.Task<Void>?
    private var pace: Pace

    /// Bytes that may wait in the queue; a part more than this makes the server wait.
    private static let queueBytes = 1 << 20

    init(_ timeouts: Timeouts) {
        pace = Pace(timeouts)
    }

    deinit { resumption?.succeed() }

    /// Keeps the running task, so that it can be cancelled.
    func began(_ task: HTTPClient.Task<Void>) {
        condition.withLock { if !isFinished, failure == nil { self.task = task } }
    }

    /// Waits for the answer's head.
    func head(within seconds: Double) throws(NetworkFailureError) -> HTTPResponseHead {
        let deadline = Date(timeIntervalSinceNow: seconds)
        let outcome: Result<HTTPResponseHead, NetworkFailureError> = condition.withLock {
            while responseHead == nil, failure == nil {
                if !condition.wait(until: deadline), responseHead == nil, failure == nil {
                    return .failure(NetworkFailureError(.timedOut))
                }
            }
            if let responseHead { return .success(responseHead) }
            return .failure(NetworkFailureError(failure ?? .cut))
        }
        if case .failure = outcome { cancel() }
        return try outcome.get()
    }

    /// Whether an answer, or the end of the connection, is there already: what is still to be sent is of no use then.
    var isAnswered: Bool {
        condition.withLock { responseHead != nil || failure != nil }
    }

    /// Reads bytes of the body, at least one unless it has ended; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(NetworkFailureError) -> Int {
        let outcome: Result<Int, NetworkFailureError> = condition.withLock {
            while firstPart == parts.count, !isFinished, failure == nil {
                let began = Date()
                let isSignalled = condition.wait(until: began.addingTimeInterval(pace.patience))
                if let slow = pace.waited(Date().timeIntervalSince(began), isSignalled: isSignalled) {
                    return .failure(NetworkFailureError(slow))
                }
            }
            if firstPart == parts.count {
                if let failure { return .failure(NetworkFailureError(failure)) }
                return .success(0)
            }
            return .success(take(into: buffer))
        }
        if case .failure = outcome { cancel() }
        return try outcome.get()
    }

    /// The whole body, up to `limit` bytes; nil when it is longer.
    func collect(upTo limit: Int) throws(NetworkFailureError) -> [UInt8]? {
        var body: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let outcome = chunk.withUnsafeMutableBytes { buffer -> Result<Int, NetworkFailureError> in
                do throws(NetworkFailureError) { return .success(try read(into: buffer)) } catch { return .failure(error) }
            }
            let count = try outcome.get()
            if count == 0 { return body }
            guard body.count + count <= limit else {
                cancel()
                return nil
            }
            body += chunk[..<count]
        }
    }

    /// Gives the exchange up; its connection goes with it unless the body had ended.
    func cancel() {
        let (task, resumption) = condition.withLock {
            defer {
                self.task = nil
                self.resumption = nil
                parts = []
                firstPart = 0
            }
            return (self.task, self.resumption)
        }
        task?.cancel()
        resumption?.succeed()
    }

    /// Moves bytes out of the queue; the caller has the lock, and the queue is not empty.
    private func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var filled = 0
        while filled < buffer.count, firstPart < parts.count {
            let part = parts[firstPart].readableBytesView
            let count = min(part.count, buffer.count - filled)
            part.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            }
            parts[firstPart].moveReaderIndex(forwardBy: count)
            filled += count
            if parts[firstPart].readableBytes == 0 { firstPart += 1 }
        }
        if firstPart == parts.count {
            parts.removeAll(keepingCapacity: true)
            firstPart = 0
        }
        queuedBytes -= filled
        pace.received(filled)
        if queuedBytes < Self.queueBytes / 2, let resumption {
            self.resumption = nil
            resumption.succeed()
        }
        return filled
    }

    // MARK: what the library calls, on its event loop

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        condition.withLock {
            responseHead = head
            condition.broadcast()
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
        let promise: EventLoopPromise<Void>? = condition.withLock {
            guard self.task != nil || responseHead != nil else { return nil }
            parts.append(buffer)
            queuedBytes += buffer.readableBytes
            condition.broadcast()
            guard queuedBytes >= Self.queueBytes else { return nil }
            let promise = task.eventLoop.makePromise(of: Void.self)
            resumption = promise
            return promise
        }
        return promise?.futureResult ?? task.eventLoop.makeSucceededVoidFuture()
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {
        finish(nil)
    }

    func didReceiveError(task: HTTPClient.Task<Void>, _ error: any Error) {
        finish(NetworkFailure(error))
    }

    private func finish(_ failure: NetworkFailure?) {
        let resumption = condition.withLock {
            defer { self.resumption = nil }
            if let failure { self.failure = failure } else { isFinished = true }
            task = nil
            condition.broadcast()
            return self.resumption
        }
        resumption?.succeed()
    }
}

/// A failure that can be thrown.
struct NetworkFailureError: Error {
    let failure: NetworkFailure
    init(_ failure: NetworkFailure) { self.failure = failure }
}

/// Watches how fast a body comes; only the time in which the caller waits counts, since a slow caller is not the server's fault.
private struct Pace {
    private let timeouts: Timeouts
    private var waitedSeconds = 0.0
    private var receivedBytes = 0

    init(_ timeouts: Timeouts) { self.timeouts = timeouts }

    /// How long to wait for the next bytes.
    var patience: Double { timeouts.idle }

    /// Counts a wait, and tells whether the server is to be given up.
    mutating func waited(_ seconds: Double, isSignalled: Bool) -> NetworkFailure? {
        if !isSignalled { return .timedOut }
        waitedSeconds += seconds
        guard waitedSeconds >= timeouts.slowness else { return nil }
        let isSlow = Double(receivedBytes) < timeouts.minimumBytesPerSecond * waitedSeconds
        waitedSeconds = 0
        receivedBytes = 0
        return isSlow ? .tooSlow : nil
    }

    mutating func received(_ count: Int) { receivedBytes += count }
}

extension NetworkFailure {
    /// What one of the library's errors means.
    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError: self.init(client: error)
        case let error as NIOConnectionError: self.init(connection: error)
        case is NIOSSLError, is BoringSSLError, is NIOSSLExtraError: self.init(tls: "\(error)")
        case let error as IOError:
            self =
                [ECONNRESET, EPIPE, ECONNABORTED].contains(error.errnoCode)
                ? .cut : .unreachable(detail: String(cString: strerror(error.errnoCode)))
        // A body that ends before its head said it would.
        case let error as HTTPParserError where error == .invalidEOFState: self = .cut
        case let error as ChannelError:
            if case .connectTimeout = error { self = .timedOut } else { self = .cut }
        default: self = .protocolError(detail: String("\(error)".prefix(200)))
        }
    }

    private init(client error: HTTPClientError) {
        switch error {
        case .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout, .deadlineExceeded, .httpProxyHandshakeTimeout,
            .getConnectionFromPoolTimeout:
            self = .timedOut
        case .remoteConnectionClosed, .uncleanShutdown, .cancelled, .requestStreamCancelled: self = .cut
        default: self = .protocolError(detail: error.shortDescription)
        }
    }

    private init(connection error: NIOConnectionError) {
        if let cause = error.connectionErrors.first?.error {
            self = NetworkFailure(cause)
            if case .cut = self { self = .unreachable(detail: "the connection was refused") }
        } else {
            self =
                error.dnsAError != nil || error.dnsAAAAError != nil
                ? .unknownHost : .unreachable(detail: String("\(error)".prefix(200)))
        }
    }

    private init(tls text: String) {
        let plainAnswers = ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "TLSV1_ALERT", "UNKNOWN_PROTOCOL"]
        let badCertificates = ["CERTIFICATE_VERIFY_FAILED", "failedToValidateHostname", "unableToValidateCertificate"]
        if badCertificates.contains(where: text.contains) {
            self = .badCertificate(detail: text.contains("alidateHostname") ? "it is for another host" : "nobody vouches for it")
        } else if plainAnswers.contains(where: text.contains) {
            self = .noTLS
        } else if text.contains("uncleanShutdown") || text.contains("eof") {
            self = .cut
        } else {
            self = .protocolError(detail: String("TLS: \(text)".prefix(200)))
        }
    }
}
