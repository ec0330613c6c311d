import Foundation

/// Work that one thread finds and others do: no more is found ahead than a little.
final class WorkQueue<Job: Sendable>: @unchecked Sendable {
    /// Guards the other members.
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var isEnded = false
    private let room: Int

    /// A queue with room for so many jobs.
    init(room: Int) { self.room = room }

    /// Adds a job, when there is room; false where nobody wants any more.
    func add(_ job: Job) -> Bool {
        condition.withLock {
            while jobs.count >= room, !isEnded { condition.wait() }
            guard !isEnded else { return false }
            jobs.append(job)
            condition.broadcast()
            return true
        }
    }

    /// The next job; nil when there is none and none will come.
    func take() -> Job? {
        condition.withLock {
            while jobs.isEmpty, !isEnded { condition.wait() }
            guard !jobs.isEmpty else { return nil }
            condition.broadcast()
            return jobs.removeFirst()
        }
    }

    /// Ends the queue: what is in it is done still, unless `isAtOnce`.
    func end(isAtOnce: Bool = false) {
        condition.withLock {
            isEnded = true
            if isAtOnce { jobs = [] }
            condition.broadcast()
        }
    }
}
