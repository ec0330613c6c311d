import Glibc

/// A lock with a condition, for threads that may wait.
package final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// A lock that nobody holds.
    package init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` with the lock held.
    package func locked<T>(_ body: () -> T) -> T {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Lets the lock go until `signal`; only inside `locked`.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// Wakes all that wait.
    package func signal() { pthread_cond_broadcast(condition) }
}

/// Work of which two pieces of the same name are never done at the same time.
package final class Turns<Name: Hashable & Sendable>: @unchecked Sendable {
    private let monitor = Monitor()
    private var names: Set<Name> = []

    /// Nothing is being done.
    package init() {}

    /// Runs `body` when no other thread runs one of that name; must not be called within itself.
    package func alone<T>(_ name: Name, _ body: () throws -> T) rethrows -> T {
        monitor.locked {
            while !names.insert(name).inserted { monitor.wait() }
        }
        defer {
            monitor.locked {
                names.remove(name)
                monitor.signal()
            }
        }
        return try body()
    }
}

/// Work spread over plain threads.
package enum Threads {
    /// The processors that this machine has at work, as a number of threads.
    package static var processorCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// Runs `body(0)` … `body(count - 1)` on up to `workers` threads, the caller's among them, and returns their
    /// results in order.
    ///
    /// The caller blocks until all is done, so it must not be on Swift's cooperative pool. Jobs begin in order. The
    /// first error wins: no further job begins, those running end, and the error is thrown.
    package static func concurrently<T: Sendable>(
        count: Int, workers: Int, _ body: @Sendable (Int) throws -> T
    ) throws -> [T] {
        let board = Board<T>(count: count)
        try withoutActuallyEscaping(body) { body in
            var others: [ThreadHandle] = []
            for _ in 1..<max(1, min(workers, count)) {
                // Fewer threads than asked for is only slower.
                if let helper = ThreadHandle({ board.work(body) }) { others.append(helper) }
            }
            board.work(body)
            for helper in others { helper.join() }
            if let error = board.error { throw error }
        }
        return board.results.compactMap { $0 }
    }

    /// The same for jobs that throw nothing and result in nothing.
    package static func each(count: Int, workers: Int, _ body: @Sendable (Int) -> Void) {
        do {
            _ = try concurrently(count: count, workers: workers) { body($0) }
        } catch {
            // Only a job could fail, and none does.
        }
    }

    /// The same for jobs that begin with what others made: `needs[n]` are those of job `n`, all of lower numbers, and `body`
    /// gets their results.
    ///
    /// Of the jobs that may begin the lowest does.
    package static func concurrently<T: Sendable>(
        needs: [[Int]], workers: Int, _ body: @Sendable (Int, [Int: T]) throws -> T
    ) throws -> [T] {
        let board = OrderedBoard<T>(needs: needs)
        try withoutActuallyEscaping(body) { body in
            var others: [ThreadHandle] = []
            for _ in 1..<max(1, min(workers, needs.count)) {
                if let helper = ThreadHandle({ board.work(body) }) { others.append(helper) }
            }
            board.work(body)
            for helper in others { helper.join() }
            if let error = board.error { throw error }
        }
        return board.results.compactMap { $0 }
    }

    /// The jobs left and the results so far; every member is guarded by the monitor while threads run.
    private final class Board<T: Sendable>: @unchecked Sendable {
        private let monitor = Monitor()
        private var next = 0
        private(set) var error: (any Error)?
        private(set) var results: [T?]

        init(count: Int) { results = Array(repeating: nil, count: count) }

        func work(_ body: (Int) throws -> T) {
            while let job = claim() {
                do {
                    let result = try body(job)
                    monitor.locked { results[job] = result }
                } catch {
                    monitor.locked { if self.error == nil { self.error = error } }
                }
            }
        }

        private func claim() -> Int? {
            monitor.locked {
                guard error == nil, next < results.count else { return nil }
                next += 1
                return next - 1
            }
        }
    }

    /// The same for jobs of which some need others.
    private final class OrderedBoard<T: Sendable>: @unchecked Sendable {
        private let monitor = Monitor()
        private let needs: [[Int]]
        private var waiting: [Int]
        private(set) var error: (any Error)?
        private(set) var results: [T?]

        init(needs: [[Int]]) {
            self.needs = needs
            waiting = Array(needs.indices)
            results = Array(repeating: nil, count: needs.count)
        }

        func work(_ body: (Int, [Int: T]) throws -> T) {
            while let (job, inputs) = claim() {
                do {
                    let result = try body(job, inputs)
                    monitor.locked {
                        results[job] = result
                        monitor.signal()
                    }
                } catch {
                    monitor.locked {
                        if self.error == nil { self.error = error }
                        monitor.signal()
                    }
                }
            }
        }

        /// The next job with what it needs, as soon as there is one; nil when there is nothing more to do.
        private func claim() -> (Int, [Int: T])? {
            monitor.locked {
                while error == nil, !waiting.isEmpty {
                    if let place = waiting.firstIndex(where: { needs[$0].allSatisfy { results[$0] != nil } }) {
                        let job = waiting.remove(at: place)
                        var inputs: [Int: T] = [:]
                        for need in needs[job] { inputs[need] = results[need] }
                        return (job, inputs)
                    }
                    monitor.wait()
                }
                return nil
            }
        }
    }
}
