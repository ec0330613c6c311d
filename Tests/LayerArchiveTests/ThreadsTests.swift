import Foundation
import LayerArchive
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
            Thread.sleep(forTimeInterval: 0.03)
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
                Thread.sleep(forTimeInterval: 0.001)
            }
        }
        #expect(begun.withLock { $0 } < 100)
    }
}
