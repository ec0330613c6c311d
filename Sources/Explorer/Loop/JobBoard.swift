import StorageIO
import Synchronization

/// Jobs on threads of their own, and what they have to tell the loop.
final class JobBoard: Sendable {
    /// What a job tells.
    enum News {
        /// How far it is; of several only the newest counts.
        case progress(words: String, share: Double?)
        case result(any Sendable)
    }

    private struct State {
        var progress: [Int: (words: String, share: Double?)] = [:]
        var results: [(job: Int, value: any Sendable)] = []
        var next = 0
    }

    private let state = Mutex(State())
    private let wake: @Sendable () -> Void

    /// A board that wakes the loop with `wake`.
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    /// Begins a job, and gives the number under which it tells.
    func begin(_ job: Job) -> Int {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        let work = job.work
        let body: @Sendable () -> Void = { [self] in
            let value = work { [self] words, share in
                state.withLock { $0.progress[number] = (words, share) }
                wake()
            }
            state.withLock { $0.results.append((number, value)) }
            wake()
        }
        // Where the system gives no thread, the loop waits.
        if ThreadHandle(body) == nil { body() }
        return number
    }

    /// What was told since the last call, in order for each job.
    func news() -> [(job: Int, news: News)] {
        state.withLock { state in
            var news = state.progress.map { (job: $0.key, news: News.progress(words: $0.value.words, share: $0.value.share)) }
            news += state.results.map { (job: $0.job, news: News.result($0.value)) }
            state.progress = [:]
            state.results = []
            return news
        }
    }
}
