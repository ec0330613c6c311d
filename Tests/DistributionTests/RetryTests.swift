import Distribution
import Testing

/// When a request is tried again, and how long is waited before.
@Suite struct RetryTests {
    @Test func thePauseDoublesUpToABound() {
        var policy = RetryPolicy()
        policy.baseSeconds = 1
        policy.maxSeconds = 10
        for (failures, bound) in [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 10.0), (1000, 10.0)] {
            for _ in 0..<50 {
                let pause = policy.pause(afterFailures: failures, retryAfter: nil)
                #expect(pause >= bound / 2 && pause <= bound, "\(pause) after \(failures)")
            }
        }
    }

    @Test func manyClientsDoNotComeBackAtOnce() {
        let pauses = (0..<50).map { _ in RetryPolicy().pause(afterFailures: 4, retryAfter: nil) }
        #expect(Set(pauses).count > 25)
    }

    @Test func theServersOwnWordCountsWithinTheBound() {
        let policy = RetryPolicy()
        #expect(policy.pause(afterFailures: 1, retryAfter: 7) == 7)
        #expect(policy.pause(afterFailures: 1, retryAfter: -5) == 0)
        #expect(policy.pause(afterFailures: 1, retryAfter: 1e9) == policy.maxSeconds)
    }
}
