import CCurl
import Foundation

/// One request and its answer, as a blocking caller sees it.
///
/// The transport's thread fills a queue of body bytes and holds the server back while it is full; the caller empties it. All
/// members that change are guarded by the condition. A caller that wants no more must `cancel`.
final class Exchange: @unchecked Sendable {
    let request: WireRequest
    private let transport: TransferLoop
    private let timeouts: Timeouts
    private let condition = NSCondition()
    private var reader = HeadReader()
    private var head: AnswerHead?
    private var queue = ByteQueue(limit: 1 << 20)
    /// Whether the transport holds the body back until the queue has room.
    private var isHeldBack = false
    private var isEnded = false
    private var isCancelled = false
    private var isTLSSeen = false
    private var failure: NetworkFailure?
    private var pace: Pace
    /// Of the request's body: how much was handed over, and when something of it last was.
    private var sentBytes: Int64 = 0
    private var sentAt = Date()
    private var sourceFailure: DistributionError?
    /// Where the library writes what went wrong.
    let message = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    init(_ request: WireRequest, on transport: TransferLoop, _ timeouts: Timeouts) {
        self.request = request
        self.transport = transport
        self.timeouts = timeouts
        pace = Pace(timeouts)
        message.initialize(repeating: 0)
        transport.start(self)
        request.halt?.watch(self)
    }

    deinit {
        request.halt?.forget(ObjectIdentifier(self))
        message.deallocate()
    }
}

extension Exchange {
    /// Waits for the answer's head, for `seconds` after the request has gone out; a body that goes out may take as long as it
    /// moves on.
    func answerHead(within seconds: Double) throws(NetworkFailureError) -> AnswerHead {
        let outcome: Result<AnswerHead, NetworkFailureError> = condition.withLock {
            while head == nil, failure == nil, !isEnded {
                let isSending = sentBytes < request.bodyBytes
                let deadline = sentAt.addingTimeInterval(isSending ? max(timeouts.idle, timeouts.connect) : seconds)
                if !condition.wait(until: deadline), Date() >= deadlineNow(seconds), head == nil, failure == nil {
                    return .failure(NetworkFailureError(.timedOut))
                }
            }
            if let head { return .success(head) }
            return .failure(NetworkFailureError(failure ?? .cut))
        }
        if case .failure = outcome { cancel() }
        return try outcome.get()
    }

    /// The moment to give up at, by what is known now; the caller has the lock.
    private func deadlineNow(_ seconds: Double) -> Date {
        sentAt.addingTimeInterval(sentBytes < request.bodyBytes ? max(timeouts.idle, timeouts.connect) : seconds)
    }

    /// Whether the server's answer has begun.
    var isAnswered: Bool { condition.withLock { head != nil } }

    /// Whether something of TLS has come; before a connection of TLS stands, only where the request watches for it.
    var hasSeenTLS: Bool { condition.withLock { isTLSSeen } }

    /// Why the request's own body could not be read.
    var bodyFailure: DistributionError? { condition.withLock { sourceFailure } }

    /// Reads bytes of the body, at least one unless it has ended; 0 at its end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(NetworkFailureError) -> Int {
        var goesOn = false
        let outcome: Result<Int, NetworkFailureError> = condition.withLock {
            while queue.count == 0, !isEnded, failure == nil {
                let began = Date()
                let isSignalled = condition.wait(until: began.addingTimeInterval(pace.patience))
                if let slow = pace.waited(Date().timeIntervalSince(began), isSignalled: isSignalled) {
                    return .failure(NetworkFailureError(slow))
                }
            }
            if queue.count == 0 {
                if let failure { return .failure(NetworkFailureError(failure)) }
                return .success(0)
            }
            let count = queue.take(into: buffer)
            pace.received(count)
            if isHeldBack, queue.count == 0 {
                isHeldBack = false
                goesOn = true
            }
            return .success(count)
        }
        if goesOn { transport.resume(self) }
        if case .failure = outcome { cancel() }
        return try outcome.get()
    }

    /// The whole body, up to `limit` bytes; of one that is longer nil, or the beginning.
    func collect(upTo limit: Int, isCutFine: Bool = false) throws(NetworkFailureError) -> [UInt8]? {
        var body: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let outcome = chunk.withUnsafeMutableBytes { buffer -> Result<Int, NetworkFailureError> in
                do throws(NetworkFailureError) { return .success(try read(into: buffer)) } catch { return .failure(error) }
            }
            // Where no length was announced, how the connection ends says nothing about the body.
            if case .failure(let error) = outcome, error.failure == .cut, isUnannounced { return body }
            let count = try outcome.get()
            if count == 0 { return body }
            guard body.count + count <= limit else {
                cancel()
                return isCutFine ? body + chunk[..<(limit - body.count)] : nil
            }
            body += chunk[..<count]
        }
    }

    private var isUnannounced: Bool {
        condition.withLock {
            guard let head, !head.isMultiplexed else { return false }
            return head.first("Content-Length") == nil && head.first("Transfer-Encoding") == nil
        }
    }

    /// Ends the exchange, and whoever waits for something of it.
    func abandon() {
        condition.withLock {
            if failure == nil, !isEnded { failure = .cut }
            condition.broadcast()
        }
        cancel()
    }

    /// Gives the exchange up; its connection goes with it unless the body had ended.
    func cancel() {
        let isRunning = condition.withLock {
            queue.clear()
            isCancelled = true
            return !isEnded
        }
        if isRunning { transport.cancel(self) }
    }
}

/// What the transport's thread calls.
extension Exchange {
    /// Takes a line of a head; false where it makes no sense.
    func tookHead(_ line: UnsafeRawBufferPointer) -> Bool {
        condition.withLock {
            // What comes after the body are trailers, which nobody asked for.
            guard head == nil else { return true }
            switch reader.take(line) {
            case .more: return true
            case .bad: return false
            case .complete(let complete):
                head = complete
                condition.broadcast()
                return true
            }
        }
    }

    /// Takes bytes that came before any answer: a record of TLS shows that the other side speaks it.
    func tookHandshake(_ bytes: UnsafeRawBufferPointer) {
        // https://www.rfc-editor.org/rfc/rfc8446#section-5.1: the content's type, then 3 and the version.
        guard bytes.count >= 3, (20...24).contains(bytes[0]), bytes[1] == 3 else { return }
        sawTLS()
    }

    /// Takes note that something of TLS has come.
    func sawTLS() {
        condition.withLock { isTLSSeen = true }
    }

    enum Room {
        case taken
        /// The same bytes are to be offered again after `resume`.
        case full
        /// Nobody wants them.
        case unwanted
    }

    /// Takes bytes of the body.
    func took(_ bytes: UnsafeRawBufferPointer) -> Room {
        condition.withLock {
            if isCancelled { return .unwanted }
            guard queue.append(bytes) else {
                isHeldBack = true
                return .full
            }
            condition.broadcast()
            return .taken
        }
    }

    /// Gives bytes of the request's body, 0 at its end; nil where they cannot be read.
    func give(_ buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let offset = condition.withLock { sentBytes }
        let outcome = request.read(into: buffer, at: offset)
        return condition.withLock {
            sentAt = Date()
            switch outcome {
            case .success(let count):
                sentBytes += Int64(count)
                return count
            case .failure(let error):
                sourceFailure = error
                return nil
            }
        }
    }

    /// Goes back to a place of the request's body, to send it again over another connection.
    func rewind(to offset: Int64) {
        condition.withLock { sentBytes = offset }
    }

    /// Marks the end; `failure` says why there is not all of it.
    func ended(_ failure: NetworkFailure?) {
        condition.withLock {
            self.failure = failure
            isEnded = true
            condition.broadcast()
        }
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
