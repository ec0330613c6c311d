import CCurl
import Dispatch
import Glibc
import Synchronization

/// The thread on which all transfers of a command run, with the connections that they share.
///
/// Any thread may call its methods. The thread ends with `stop`, and connections with it, or with the process: that must end without the
/// libraries' clearing away what the thread uses.
final class TransferLoop: @unchecked Sendable {
    private enum Command {
        case start(Exchange)
        case resume(Exchange)
        case cancel(Exchange)
        case stop
    }

    private let multi: UnsafeMutableRawPointer
    private struct Inbox {
        var commands: [Command] = []
        /// Nobody reads any more.
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    /// Until it has ended.
    private let thread = Mutex<pthread_t?>(nil)
    /// That it has nothing left to do but to end.
    private let isDone = DispatchSemaphore(value: 0)
    private let connectSeconds: Double
    /// Of the thread alone: what runs, by its handle and the other way round.
    private var running: [UnsafeMutableRawPointer: Exchange] = [:]
    private var handles: [ObjectIdentifier: TransferHandle] = [:]

    /// Begins the thread.
    init(connectSeconds: Double) throws(DistributionError) {
        try Curl.load()
        guard let multi = strata_multi_init() else { throw .noCurl(detail: "out of memory") }
        self.multi = multi
        self.connectSeconds = connectSeconds
        do throws(DistributionError) {
            try thread.withLock { thread throws(DistributionError) in thread = try Self.begin(self) }
        } catch {
            strata_multi_cleanup(multi)
            throw error
        }
    }

    private static func begin(_ loop: TransferLoop) throws(DistributionError) -> pthread_t {
        let argument = Unmanaged.passRetained(loop)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let loop = Unmanaged<TransferLoop>.fromOpaque(argument).takeRetainedValue()
                loop.run()
                loop.isDone.signal()
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            argument.release()
            throw .noCurl(detail: "the system gives no more threads")
        }
        return thread
    }

    /// Begins a transfer, which is told everything else.
    func start(_ exchange: Exchange) { send(.start(exchange)) }

    /// Lets a body go on that was held back.
    func resume(_ exchange: Exchange) { send(.resume(exchange)) }

    /// Ends a transfer, if it still runs.
    func cancel(_ exchange: Exchange) { send(.cancel(exchange)) }

    /// Ends the thread, and all that still runs.
    ///
    /// Returns when it has ended, or does not within a while: looking up a name, which may take long, cannot be ended. Who comes
    /// while another one waits for that waits as well. The thread is joined, and not only heard of: OpenSSL clears away what it
    /// has of a thread when that ends, after all else.
    func stop() {
        thread.withLock { thread in
            guard let running = thread else { return }
            send(.stop)
            if isDone.wait(timeout: .now() + Self.patience) == .success { pthread_join(running, nil) }
            thread = nil
        }
    }

    private static let patience = 2.0

    private func send(_ command: Command) {
        // Under the lock, since the handle goes as soon as the inbox is closed.
        let isClosed = inbox.withLock { inbox in
            guard !inbox.isClosed else { return true }
            inbox.commands.append(command)
            strata_multi_wakeup(multi)
            return false
        }
        if isClosed, case .start(let exchange) = command { exchange.ended(.cut) }
    }

    private func run() {
        while take() {
            strata_multi_perform(multi)
            collect()
            // What wakes it: bytes, a command, or one of the library's own time-outs.
            strata_multi_poll(multi, 60_000)
        }
        let late = inbox.withLock { inbox in
            inbox.isClosed = true
            return inbox.commands
        }
        for case .start(let exchange) in late { exchange.ended(.cut) }
        for exchange in running.values { end(exchange, .cut) }
        strata_multi_cleanup(multi)
    }

    /// Carries out what came in; false after `stop`.
    private func take() -> Bool {
        let taken = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
        for (number, command) in taken.enumerated() {
            switch command {
            case .start(let exchange): begin(exchange)
            case .resume(let exchange):
                if let handle = handles[ObjectIdentifier(exchange)] { strata_easy_pause(handle.easy, 0) }
            case .cancel(let exchange): end(exchange, .cut)
            case .stop:
                for case .start(let exchange) in taken[number...] { exchange.ended(.cut) }
                return false
            }
        }
        return true
    }

    private func begin(_ exchange: Exchange) {
        guard let handle = TransferHandle(exchange, connectSeconds: connectSeconds) else {
            return exchange.ended(.protocolError(detail: "libcurl cannot prepare the request"))
        }
        running[handle.easy] = exchange
        handles[ObjectIdentifier(exchange)] = handle
        guard strata_multi_add(multi, handle.easy) == CURLM_OK else {
            return end(exchange, .protocolError(detail: "libcurl cannot begin the request"))
        }
    }

    private func collect() {
        var result = CURLE_OK
        while let easy = strata_multi_ended(multi, &result) {
            guard let exchange = running[easy] else { continue }
            if strata_easy_size(easy, CURLINFO_APPCONNECT_TIME_T) > 0 { exchange.sawTLS() }
            end(exchange, NetworkFailure(result, easy, exchange))
        }
    }

    private func end(_ exchange: Exchange, _ failure: NetworkFailure?) {
        guard let handle = handles.removeValue(forKey: ObjectIdentifier(exchange)) else { return }
        running[handle.easy] = nil
        strata_multi_remove(multi, handle.easy)
        handle.free()
        exchange.ended(failure)
    }
}
