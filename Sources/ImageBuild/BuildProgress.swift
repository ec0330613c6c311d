import OCISpec
import StorageIO
import Synchronization

/// What the stages of a build share while they are built at the same time.
final class BuildProgress: Sendable {
    private let numbers: StepNumbers
    /// The steps that some stage is taking, by their slots.
    private let taken = Turns<Digest>()
    /// Images are asked for one at a time, and each once: a name that moves while the build runs means one image to all of it.
    let images = Mutex(FoundImages())
    let stop = BuildStop()
    private let failure = Mutex<(any Error)?>(nil)

    /// What failed first: all that fails after it may be its consequence.
    var firstFailure: (any Error)? { failure.withLock { $0 } }

    /// Stops the build, since a stage has failed.
    func fail(_ error: any Error) {
        failure.withLock { if $0 == nil { $0 = error } }
        stop.now()
    }

    init(_ numbers: StepNumbers) { self.numbers = numbers }

    /// The number of a step that begins now.
    func next() -> Int { numbers.next() }

    /// Takes a step while no other stage takes the same: the second one finds in the cache what the first one made.
    func taking<T>(_ slot: Digest, _ body: () throws -> T) rethrows -> T { try taken.alone(slot, body) }
}

/// What the names of images have meant to a build so far.
struct FoundImages {
    /// A name, and for which machine its image is wanted.
    struct Request: Hashable {
        let name: String
        let platform: Platform
    }

    var states: [Request: StageState] = [:]
    var contexts: [Request: any FileSource] = [:]
}

/// Whether a build goes on; and how to end what runs when it does not.
package final class BuildStop: Sendable {
    private struct State {
        var isStopped = false
        var count = 0
        var ends: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// A build that goes on.
    package init() {}

    /// Whether a stage has failed, so that no other need go on.
    package var isStopped: Bool { state.withLock(\.isStopped) }

    /// Ends what runs; what would begin later is ended at once.
    package func now() {
        let ends = state.withLock { state in
            state.isStopped = true
            return state.ends.values.map(\.self)
        }
        for end in ends { end() }
    }

    /// Runs `body`, and calls `end` should the build stop meanwhile; on another thread, at most once.
    package func whileRunning<T>(_ end: @escaping @Sendable () -> Void, _ body: () throws -> T) rethrows -> T {
        let number = state.withLock { state -> Int? in
            guard !state.isStopped else { return nil }
            state.count += 1
            state.ends[state.count] = end
            return state.count
        }
        if number == nil { end() }
        defer { if let number { state.withLock { $0.ends[number] = nil } } }
        return try body()
    }
}

/// A step that was not taken, since another stage had failed.
struct StageStopped: Error {}
