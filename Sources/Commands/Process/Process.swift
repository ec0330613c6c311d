import Glibc
import Operations
import StorageIO
import Synchronization
import TerminalScreen

/// The process itself: how it ends, and who gets its signals.
enum Process {
    private static let handOver = Mutex<(@Sendable (Int32) -> Void)?>(nil)
    /// Whether a signal is ending the process.
    private static let isEnding = Atomic(false)

    /// How many files a process must be able to open at a time: a command needs some 20, and libdispatch, which Foundation and
    /// SQLite's wrapper begin when they like, crashes the process where the kernel gives it none.
    private static let leastFileCount: rlim_t = 64
    private static let fileLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

    /// Makes room for open files where the user's own limit is too low and may be raised; an error where it may not.
    static func makeRoomForFiles() throws(CommandError) {
        var limit = rlimit()
        guard getrlimit(fileLimit, &limit) == 0, limit.rlim_cur < leastFileCount else { return }
        guard limit.rlim_max >= leastFileCount else { throw .tooFewFiles(limit: Int(limit.rlim_max)) }
        limit.rlim_cur = leastFileCount
        guard setrlimit(fileLimit, &limit) == 0 else { throw .tooFewFiles(limit: Int(limit.rlim_max)) }
    }

    /// Ends the process as it is, with what was written to its streams.
    ///
    /// Threads may be at work, such as one that transfers: what libraries clear away at a usual exit they would still use.
    static func end(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }

    /// Hands signals to `body`, and ends by none of them, until it is called with nil.
    ///
    /// It is for a command that stands for a container. A changed window is told as SIGWINCH.
    static func handSignals(to body: (@Sendable (Int32) -> Void)?) {
        handOver.withLock { $0 = body }
    }

    /// Takes signals on a thread of their own, where cleaning up may block and allocate.
    ///
    /// To be called before any other thread begins, so that all of them leave these signals to it. Returns the system's reason
    /// where it gives no thread, and else 0: signals then do what they do to any process.
    @discardableResult
    static func watchSignals() -> Int32 {
        // Writing to a reader that went away is an error there, not the end before the session is cleared.
        signal(SIGPIPE, SIG_IGN)
        var signals = watchedSignals()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        var thread = pthread_t()
        let reason = pthread_create(
            &thread, nil,
            { _ in
                var signals = Process.watchedSignals()
                while true {
                    var info = siginfo_t()
                    let signal = sigwaitinfo(&signals, &info)
                    guard signal > 0 else { continue }
                    if info._sifields._kill.si_pid == getpid() { Process.redeliver(signal) } else { Process.take(signal) }
                }
            }, nil)
        if reason != 0 { pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
        return reason
    }

    /// Returns at once, but where a signal is ending the process: then never.
    ///
    /// To be called before a failure is told and before the process ends. The clean-up takes files away from threads that still
    /// work, and what fails by that is no failure, nor the status.
    static func yieldToSignal() {
        while isEnding.load(ordering: .sequentiallyConsistent) { pause() }
    }

    /// Lets a signal of this very process reach its handler; without one it came too late, and is dropped.
    ///
    /// Such are those of Swift's runtime: before it prints the backtrace of a crash, it stops each thread with a signal that the
    /// thread does not block, and one that waits for signals does not block them.
    private static func redeliver(_ signal: Int32) {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0, action.__sigaction_handler.sa_handler != nil else { return }
        var one = sigset_t()
        sigemptyset(&one)
        sigaddset(&one, signal)
        pthread_kill(pthread_self(), signal)
        pthread_sigmask(SIG_UNBLOCK, &one, nil)
        pthread_sigmask(SIG_BLOCK, &one, nil)
    }

    private static func take(_ signal: Int32) {
        if let handOver = handOver.withLock({ $0 }) { return handOver(signal) }
        // The one that ends nobody.
        if signal == SIGWINCH { return Screen.wake() }
        isEnding.store(true, ordering: .sequentiallyConsistent)
        // Before all else, which may take a while.
        Screen.restore()
        Interruption.run()
        ProgramRun.endAll()
        Terminal.standardError.clearLine()
        // As shells have it.
        _exit(128 + signal)
    }

    private static func watchedSignals() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH] { sigaddset(&signals, signal) }
        return signals
    }
}
