import Dispatch

/// Runs both, on two cores where there are two, and returns what they return; where both fail, the first one's error is thrown.
///
/// Neither may count on the other having begun, and what one changes the other must not touch.
package func together<First, Second, Failure: Error>(
    _ first: () throws(Failure) -> First, _ second: () throws(Failure) -> Second
) throws(Failure) -> (First, Second) {
    let outcomes = Outcomes<First, Second, Failure>()
    withoutActuallyEscaping(first) { first in
        withoutActuallyEscaping(second) { second in
            nonisolated(unsafe) let (first, second) = (first, second)
            DispatchQueue.concurrentPerform(iterations: 2) { number in
                if number == 0 {
                    do throws(Failure) { outcomes.first = .success(try first()) } catch { outcomes.first = .failure(error) }
                } else {
                    do throws(Failure) { outcomes.second = .success(try second()) } catch { outcomes.second = .failure(error) }
                }
            }
        }
    }
    guard let first = outcomes.first, let second = outcomes.second else { preconditionFailure("both have run") }
    return (try first.get(), try second.get())
}

/// What two threads leave, each in a place of its own.
private final class Outcomes<First, Second, Failure: Error>: @unchecked Sendable {
    var first: Result<First, Failure>?
    var second: Result<Second, Failure>?
}
