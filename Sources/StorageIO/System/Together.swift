/// Runs both, on two cores where there are two, and returns what they return; where both fail, the first one's error is thrown.
///
/// Neither may count on the other having begun, and what one changes the other must not touch.
package func together<First, Second, Failure: Error>(
    _ first: () throws(Failure) -> First, _ second: () throws(Failure) -> Second
) throws(Failure) -> (First, Second) {
    let (found, other): (Result<First, Failure>, Result<Second, Failure>?) = withoutActuallyEscaping(second) { second in
        let errand = Errand(second)
        let thread = ThreadHandle { errand.run() }
        let found: Result<First, Failure>
        do throws(Failure) { found = .success(try first()) } catch { found = .failure(error) }
        // Where the system gives no thread, one after the other.
        if let thread { thread.join() } else { errand.run() }
        return (found, errand.result)
    }
    guard let other else { preconditionFailure("it has ended") }
    return (try found.get(), try other.get())
}

/// What another thread is to do, and what came of it, for whoever waits until it has been run.
///
/// What is to be done is let go of by then: the caller's promise that no thread has it any more is checked.
private final class Errand<Value, Failure: Error>: @unchecked Sendable {
    private var body: (() throws(Failure) -> Value)?
    private(set) var result: Result<Value, Failure>?

    init(_ body: @escaping () throws(Failure) -> Value) { self.body = body }

    func run() {
        guard let body = body.take() else { return }
        do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
    }
}

/// What `make` gives for each place below `count`, in their order, made by all cores where there are many.
///
/// `shareCount` is how many one thread takes at a time.
func madeTogether<Value>(_ count: Int, shareCount: Int = 256, _ make: @Sendable (Int) -> Value) -> [Value] {
    guard count > shareCount else { return (0..<count).map(make) }
    return [Value](unsafeUninitializedCapacity: count) { buffer, filled in
        // Each share has places of its own in the buffer.
        nonisolated(unsafe) let found = buffer
        let shares = (count + shareCount - 1) / shareCount
        Threads.each(count: shares, workers: Threads.processorCount) { share in
            for place in (share * shareCount)..<min(count, (share + 1) * shareCount) {
                found.initializeElement(at: place, to: make(place))
            }
        }
        filled = count
    }
}

extension Array where Element: Sendable {
    /// The elements transformed, in their order, by all cores where there are many.
    ///
    /// `shareCount` is how many one thread takes at a time: few where one is much work.
    package func mapTogether<Value>(shareCount: Int = 256, _ transform: @Sendable (Element) -> Value) -> [Value] {
        madeTogether(count, shareCount: shareCount) { transform(self[$0]) }
    }

    /// What `transform` makes of every share of the elements, in their order, by all cores where there are many.
    package func piecesTogether<Piece>(shareCount: Int = 256, _ transform: @Sendable (ArraySlice<Element>) -> Piece) -> [Piece] {
        let shares = (count + shareCount - 1) / shareCount
        return madeTogether(shares, shareCount: 1) { share in
            transform(self[(share * shareCount)..<Swift.min(count, (share + 1) * shareCount)])
        }
    }
}
