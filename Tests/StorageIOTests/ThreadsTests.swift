import Foundation
import StorageIO
import Synchronization
import Testing

struct ThreadsTests {
    @Test(arguments: [0, 1, 2, 17], [1, 2, 5])
    func resultsComeInOrder(count: Int, workers: Int) throws {
        #expect(try Threads.concurrently(count: count, workers: workers) { $0 * $0 } == (0..<count).map { $0 * $0 })
    }

    @Test func jobsRunSideBySide() throws {
        let running = Mutex(0)
        let most = Mutex(0)
        _ = try Threads.concurrently(count: 8, workers: 3) { _ in
            let now = running.withLock { running -> Int in
                running += 1
                return running
            }
            most.withLock { $0 = max($0, now) }
            // Until three have been here at once, half a minute at most.
            for _ in 0..<30_000 where most.withLock({ $0 }) < 3 { usleep(1000) }
            running.withLock { $0 -= 1 }
        }
        #expect(most.withLock { $0 } == 3)
    }

    @Test func theFirstErrorStopsTheRest() {
        struct Broken: Error {}
        let begun = Mutex(0)
        #expect(throws: Broken.self) {
            try Threads.concurrently(count: 1000, workers: 2) { job in
                begun.withLock { $0 += 1 }
                if job == 3 { throw Broken() }
                // A job takes a while, else all may be done before the error is seen.
                Thread.sleep(forTimeInterval: 0.001)
            }
        }
        #expect(begun.withLock { $0 } < 100)
    }

    @Test(arguments: [1, 2, 4]) func jobsBeginWithWhatTheyNeed(workers: Int) throws {
        let needs = [[], [], [0, 1], [0], [2, 3], []]
        let sums = try Threads.concurrently(needs: needs, workers: workers) { job, inputs -> Int in
            #expect(Set(inputs.keys) == Set(needs[job]))
            // Jobs end in another order than they began.
            Thread.sleep(forTimeInterval: job == 1 ? 0.02 : 0.001)
            return inputs.values.reduce(job + 1, +)
        }
        #expect(sums == [1, 2, 6, 5, 16, 6])
        #expect(try Threads.concurrently(needs: [], workers: workers) { job, _ in job } == [])
    }

    @Test func aFailureLetsNobodyWait() {
        struct Broken: Error {}
        #expect(throws: Broken.self) {
            _ = try Threads.concurrently(needs: [[], [0], [1], []], workers: 3) { job, _ -> Int in
                if job == 0 { throw Broken() }
                return job
            }
        }
    }

    @Test func workOfOneNameTakesTurns() throws {
        let turns = Turns<String>()
        let running = Mutex(0)
        _ = try Threads.concurrently(count: 20, workers: 4) { _ in
            turns.alone("a") {
                #expect(
                    running.withLock { running -> Int in
                        running += 1
                        return running
                    } == 1)
                // Time in which another one could come in.
                Thread.sleep(forTimeInterval: 0.001)
                running.withLock { $0 -= 1 }
            }
        }
    }
}
