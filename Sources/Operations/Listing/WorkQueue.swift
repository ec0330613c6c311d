import Foundation

/// No more work is wanted.
struct WorkQueueEnded: Error {}

/// Work that one thread finds and others do: no more is found ahead than a little.
final class WorkQueue<Job: Sendable>: @unchecked Sendable {
    /// Guards the other members.
    private let condition = NSCondition()
    private var jobs: [Job] = []
    private var isEnded = false
    private let room: Int

    /// A queue with room for so many jobs.
    init(room: Int) { self.room = room }

    /// Adds a job; false where there is no room for it.
    ///
    /// A queue that has ended throws.
    func add(_ job: Job) throws(WorkQueueEnded) -> Bool {
        let isAdded: Bool? = condition.withLock {
            if isEnded { return nil }
            guard jobs.count < room else { return false }
            jobs.append(job)
            condition.broadcast()
            return true
        }
        guard let isAdded else { throw WorkQueueEnded() }
        return isAdded
    }

    /// The next job; nil when there is none and none will come.
    func take() -> Job? {
        condition.withLock {
            while jobs.isEmpty, !isEnded { condition.wait() }
            guard !jobs.isEmpty else { return nil }
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
