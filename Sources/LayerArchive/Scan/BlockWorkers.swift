import StorageIO

/// Blocks that several threads work on, and that come out in the order in which they went in.
///
/// The thread that gives the blocks also takes what became of them, so that memory is a few blocks for each thread. What comes out does
/// not depend on how many threads there are.
final class BlockWorkers<Input: Sendable, Output: Sendable>: @unchecked Sendable {
    private typealias Outcome = Result<Output, LayerArchiveError>

    private let monitor = Monitor()
    private let body: @Sendable (Input) throws(LayerArchiveError) -> Output
    private var waiting: [(number: Int, input: Input)] = []
    private var done: [Int: Outcome] = [:]
    private var isClosed = false
    /// Blocks given, and blocks taken, since the start; the caller's alone.
    private var given = 0
    private var taken = 0
    private var threads: [ThreadHandle] = []
    private let room: Int

    private init(workers: Int, _ body: @escaping @Sendable (Input) throws(LayerArchiveError) -> Output) {
        self.body = body
        room = workers * 2 + 1
    }

    /// Runs `use` with threads that do `body` for each block; they are gone when this returns.
    static func with(
        workers: Int, _ body: @escaping @Sendable (Input) throws(LayerArchiveError) -> Output,
        _ use: (BlockWorkers) throws -> Void
    ) rethrows {
        let blocks = BlockWorkers(workers: max(1, workers), body)
        for _ in 0..<max(1, workers) {
            // Fewer threads than asked for is only slower.
            if let thread = ThreadHandle({ blocks.work() }) { blocks.threads.append(thread) }
        }
        defer { blocks.stop() }
        try use(blocks)
    }

    /// Gives a block; where many are under way, first hands the oldest ones to `emit`.
    func give(_ input: Input, _ emit: (Output) throws(LayerArchiveError) -> Void) throws(LayerArchiveError) {
        while given - taken >= room { try emit(try next()) }
        guard !threads.isEmpty else {
            let output = try body(input)
            return try emit(output)
        }
        monitor.locked {
            waiting.append((given, input))
            monitor.signal()
        }
        given += 1
    }

    /// Hands all blocks that are under way to `emit`.
    func drain(_ emit: (Output) throws(LayerArchiveError) -> Void) throws(LayerArchiveError) {
        while taken < given { try emit(try next()) }
    }

    private func next() throws(LayerArchiveError) -> Output {
        let outcome = monitor.locked {
            while true {
                if let outcome = done.removeValue(forKey: taken) { return outcome }
                monitor.wait()
            }
        }
        taken += 1
        return try outcome.get()
    }

    private func work() {
        while let (number, input) = claim() {
            let outcome: Outcome
            do throws(LayerArchiveError) { outcome = .success(try body(input)) } catch { outcome = .failure(error) }
            monitor.locked {
                done[number] = outcome
                monitor.signal()
            }
        }
    }

    private func claim() -> (Int, Input)? {
        monitor.locked {
            while waiting.isEmpty, !isClosed { monitor.wait() }
            return isClosed ? nil : waiting.removeFirst()
        }
    }

    private func stop() {
        monitor.locked {
            isClosed = true
            monitor.signal()
        }
        for thread in threads { thread.join() }
    }
}
