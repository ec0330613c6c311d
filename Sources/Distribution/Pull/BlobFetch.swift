import ContentStorage
import Foundation
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO
import Synchronization

/// Fetches blobs into the store, several at a time, each once; what is there, or what another process is fetching, is not.
struct BlobFetch: Sendable {
    let sources: [RemoteRepository]
    let store: ImageStore
    let session: IngestSession
    let reader: LayerReader
    let isIndexing: Bool
    let report: @Sendable (DistributionEvent) -> Void

    /// One blob to bring in.
    private struct Job: Sendable {
        var descriptor: Descriptor
        /// What it decompresses to; nil for what is no layer.
        var diffID: Digest?
        /// What another process had of it when it last had more than before, and when that was; nil where nobody was at it.
        var waited: (bytes: Int64, since: ContinuousClock.Instant)?
        /// Whether the store has it already, damaged.
        var isReplacement = false
    }

    /// How long another process may get nothing more of a blob before this one fetches it for itself.
    private static let patience = Duration.seconds(10)

    /// The jobs that nobody works on, and how it went so far.
    private final class Board: Sendable {
        struct State {
            /// By size, the smallest first.
            var jobs: [Job]
            var largeCount = 0
            var fetchedBytes: Int64 = 0
        }

        /// Bytes above which a blob counts as large: its transfer takes longer than its request.
        private static let largeBytes: Int64 = 1 << 20

        let state: Mutex<State>
        /// Ends the work of all with the first failure.
        let halt = Halt()
        private let maxLargeCount: Int

        /// A board on which at most so many large blobs are fetched at a time.
        init(_ jobs: [Job], maxLargeCount: Int) {
            self.maxLargeCount = maxLargeCount
            state = Mutex(State(jobs: jobs.sorted { $0.descriptor.size < $1.descriptor.size }))
        }

        private static func isLarge(_ job: Job) -> Bool { job.descriptor.size > largeBytes }

        /// The next job: the largest, so that no long one is left alone at last, as long as not too many are; nil for none.
        func take() -> Job? {
            state.withLock { state in
                guard halt.error == nil, let last = state.jobs.last else { return nil }
                if Self.isLarge(last), state.largeCount >= maxLargeCount {
                    guard let place = state.jobs.lastIndex(where: { !Self.isLarge($0) }) else { return nil }
                    return state.jobs.remove(at: place)
                }
                if Self.isLarge(last) { state.largeCount += 1 }
                return state.jobs.removeLast()
            }
        }

        /// Takes note that a job is done, or comes back for want of `fetchedBytes`.
        func ended(_ job: Job, fetchedBytes: Int64?) {
            state.withLock { state in
                if Self.isLarge(job) { state.largeCount -= 1 }
                if let fetchedBytes { state.fetchedBytes += fetchedBytes } else { state.jobs.insert(job, at: 0) }
            }
        }

    }

    /// Brings in all of these, at most `workerCount` large ones at a time; returns how many bytes came over the network.
    ///
    /// After the first error all stop at once; what they fetched so far stays as partial blobs.
    func run(layers: [LayerRecord], blobs: [Descriptor], workerCount: Int) throws(DistributionError) -> Int64 {
        var seen: Set<Digest> = []
        var jobs: [Job] = []
        for layer in try layers.oncePerBlob() {
            seen.insert(layer.descriptor.digest)
            jobs.append(Job(descriptor: layer.descriptor, diffID: layer.diffID))
        }
        for blob in blobs where seen.insert(blob.digest).inserted { jobs.append(Job(descriptor: blob)) }
        var pending: [Job] = []
        var known: Set<Digest> = []
        for job in jobs {
            if try isKnown(job) { known.insert(job.descriptor.digest) } else { pending.append(job) }
        }
        guard !pending.isEmpty else { return 0 }
        for job in jobs {
            let digest = job.descriptor.digest
            report(.layer(digest, known.contains(digest) ? .alreadyExists : .waiting(totalBytes: job.descriptor.size)))
        }
        let board = Board(pending, maxLargeCount: workerCount)
        // Small blobs wait for answers more than for bytes; over one connection that carries many requests they cost least.
        let isMultiplexed = sources.first?.client.isMultiplexed == true
        let count = isMultiplexed ? workerCount * 4 : workerCount + workerCount / 2
        let workers = min(count, pending.count)
        Threads.each(count: workers, workers: workers) { [self] _ in work(board) }
        try board.halt.check()
        return board.state.withLock { $0.fetchedBytes }
    }

    /// Whether the store has the blob, and the catalog its layer's index where one is wanted.
    private func isKnown(_ job: Job) throws(DistributionError) -> Bool {
        guard try hold(job) else { return false }
        guard let diffID = job.diffID, isIndexing else { return true }
        return try store.catalog.isKnown(LayerRecord(descriptor: job.descriptor, diffID: diffID))
    }

    private func hold(_ job: Job) throws(DistributionError) -> Bool {
        try lift(try session.hold(job.descriptor.digest, size: job.descriptor.size), to: DistributionError.content)
    }

    private func work(_ board: Board) {
        var idleCount = 0
        while var job = board.take() {
            do {
                let fetchedBytes = try attempt(&job, board)
                board.ended(job, fetchedBytes: fetchedBytes)
                guard fetchedBytes == nil else {
                    idleCount = 0
                    continue
                }
            } catch {
                return board.halt.end(error)
            }
            // All that is left may be other processes' work: ask again, ever less often.
            idleCount += 1
            Thread.sleep(forTimeInterval: min(0.25, 0.01 * Double(idleCount)))
        }
    }

    /// Brings one blob in, and returns the bytes fetched; nil when another process is at it.
    ///
    /// One that has been stopped, or whose server gives nothing, is not waited for: the blob is fetched beside it.
    private func attempt(_ job: inout Job, _ board: Board) throws(DistributionError) -> Int64? {
        let digest = job.descriptor.digest
        guard digest.algorithm == .sha256 else { throw .unsupportedDigest(digest) }
        let (size, isStuck) = (job.descriptor.size, job.waited.map { $0.since.duration(to: .now) > Self.patience } ?? false)
        let claim = try lift(try session.claim(digest, size: size, isAlone: isStuck), to: DistributionError.content)
        switch claim {
        case .elsewhere(let bytes):
            if job.waited.map({ bytes > $0.bytes }) ?? true { job.waited = (bytes, .now) }
            report(.layer(digest, .elsewhere))
            return nil
        case .present:
            if try !isKnown(job), try !index(job) { return try replace(job, board) }
            report(.layer(digest, .complete))
            return 0
        case .mine(let writer):
            do {
                return try fetch(job, writer, board)
            } catch {
                if error.isAbsence(of: job.descriptor) {
                    writer.discard()
                    report(.layer(digest, .absent))
                    return 0
                }
                if error.leavesPartial || board.halt.error != nil { writer.keep() } else { writer.discard() }
                throw error
            }
        }
    }

    /// Fetches a blob from the first server that gives it right; from the second on from its beginning, since bytes of one
    /// server prove nothing about another's.
    private func fetch(_ job: Job, _ writer: BlobWriter, _ board: Board) throws(DistributionError) -> Int64 {
        try sources.map { $0.ending(with: board.halt) }.firstThatGives { source throws(DistributionError) in
            if source.client !== sources.first?.client, writer.length > 0 { try restart(job, writer) }
            return try fetch(job, writer, from: source, board)
        }
    }

    /// Fetches a blob from one server; a partial that proves bad is fetched anew from its beginning.
    private func fetch(
        _ job: Job, _ writer: BlobWriter, from source: RemoteRepository, _ board: Board
    ) throws(DistributionError) -> Int64 {
        let keptBytes = writer.length
        if keptBytes > 0 {
            report(.layer(job.descriptor.digest, .resumed(atBytes: keptBytes)))
            do {
                return try fetch(job, writer, from: source, at: keptBytes)
            } catch {
                guard error.isOfContent, board.halt.error == nil else { throw error }
                try restart(job, writer)
            }
        }
        return try fetch(job, writer, from: source, at: 0)
    }

    private func restart(_ job: Job, _ writer: BlobWriter) throws(DistributionError) {
        report(.layer(job.descriptor.digest, .advanced(bytes: -writer.length)))
        try lift(try writer.restart(), to: DistributionError.content)
    }

    private func fetch(
        _ job: Job, _ writer: BlobWriter, from source: RemoteRepository, at offset: Int64
    ) throws(DistributionError) -> Int64 {
        let digest = job.descriptor.digest
        let report = report
        let rest = BlobStream(job.descriptor, from: source, offset: offset) {
            report(.layer(digest, .advanced(bytes: $0)))
        }
        let stream = ResumedStream(writer, keptBytes: offset, then: rest)
        var skipped: Int64 = 0
        // What was kept is in the file already.
        let tap = { (bytes: UnsafeRawBufferPointer) throws in
            let known = Int(min(Int64(bytes.count), offset - skipped))
            skipped += Int64(known)
            if known < bytes.count { try writer.write(UnsafeRawBufferPointer(rebasing: bytes[known...])) }
        }
        if let diffID = job.diffID, isIndexing {
            let layer = try read(job, stream, writer, from: source, tap)
            try verify(layer.digest, layer.compressedBytes, job, from: source)
            guard layer.facts.diffID == diffID else {
                throw .diffIDMismatch(layer: digest, expected: diffID, actual: layer.facts.diffID)
            }
            // Before the blob shows: who waits for it then finds it known.
            store.catalog.record(layer)
        } else {
            try verify(try Self.copy(stream, tap), job.descriptor.size, job, from: source)
        }
        try lift(
            try writer.commit(digest: digest, size: job.descriptor.size, isReplacing: job.isReplacement),
            to: DistributionError.content)
        report(.layer(digest, .complete))
        return job.descriptor.size - offset
    }

    /// Reads a layer; of one that cannot be read it finds out whether its bytes are the right ones, and says so where not.
    private func read(
        _ job: Job, _ stream: any ByteStream, _ writer: BlobWriter, from source: RemoteRepository,
        _ tap: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws(DistributionError) -> ReadLayer {
        do {
            return try reader.read(stream, of: job.descriptor.digest, tap: tap)
        } catch {
            guard case .badLayer = error else { throw error }
            let rest = BlobStream(job.descriptor, from: source, offset: writer.length)
            let whole = ResumedStream(writer, keptBytes: writer.length, then: rest)
            try verify(try Self.copy(whole) { _ in }, job.descriptor.size, job, from: source)
            throw error.ofLayer(job.descriptor)
        }
    }

    private func verify(
        _ actual: Digest, _ bytes: Int64, _ job: Job, from source: RemoteRepository
    ) throws(DistributionError) {
        let line = RequestLine(method: "GET", url: "\(source.client.name)/\(source.path)")
        guard actual == job.descriptor.digest else {
            throw .digestMismatch(line, expected: job.descriptor.digest, actual: actual)
        }
        guard bytes == job.descriptor.size else {
            throw .sizeMismatch(
                line, job.descriptor.digest, expectedBytes: job.descriptor.size, actualBytes: bytes)
        }
    }

    /// Reads a blob that is there, for its layer's index; false where its bytes are not those that its digest names.
    private func index(_ job: Job) throws(DistributionError) -> Bool {
        let digest = job.descriptor.digest
        let blob = try lift(try store.content.blobs.open(digest), to: DistributionError.content)
        let layer: ReadLayer
        do { layer = try reader.read(StoredStream(blob), of: digest) } catch {
            guard case .badLayer = error else { throw error }
            // Damage makes a layer unreadable, too.
            do { try HashedSource(StoredStream(blob), digest).verify() } catch .content(.blobCorrupt) {
                return false
            }
            throw error.ofLayer(job.descriptor)
        }
        guard layer.digest == digest else { return false }
        if let diffID = job.diffID, layer.facts.diffID != diffID {
            throw .diffIDMismatch(layer: digest, expected: diffID, actual: layer.facts.diffID)
        }
        store.catalog.record(layer)
        return true
    }

    /// Fetches a blob whose stored copy is damaged, and puts it in that one's place.
    private func replace(_ job: Job, _ board: Board) throws(DistributionError) -> Int64 {
        report(.damaged(job.descriptor.digest))
        var job = job
        job.isReplacement = true
        let writer = try lift(try session.makeWriter(), to: DistributionError.content)
        defer { writer.discard() }
        return try fetch(job, writer, board)
    }

    /// Hands all bytes on, and returns their digest.
    static func copy(
        _ stream: any ByteStream, _ tap: (UnsafeRawBufferPointer) throws -> Void
    ) throws(DistributionError) -> Digest {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var hash = StreamHash()
        while true {
            let count = try stream.read(into: buffer)
            if count == 0 { break }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            hash.update(bytes)
            do { try tap(bytes) } catch let error as ContentError { throw .content(error) } catch { throw .unexpected(error) }
        }
        return hash.digest()
    }
}

/// First what an interrupted transfer left, then the rest.
private final class ResumedStream: ByteStream {
    private let writer: BlobWriter
    private let keptBytes: Int64
    private let rest: BlobStream
    private var position: Int64 = 0

    init(_ writer: BlobWriter, keptBytes: Int64, then rest: BlobStream) {
        self.writer = writer
        self.keptBytes = keptBytes
        self.rest = rest
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(DistributionError) -> Int {
        guard position < keptBytes else { return try rest.read(into: buffer) }
        let wanted = Int(min(Int64(buffer.count), keptBytes - position))
        let count = try lift(
            try writer.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: position),
            to: DistributionError.content)
        position += Int64(count)
        return count > 0 ? count : try rest.read(into: buffer)
    }
}

extension DistributionError {
    /// Whether what was fetched so far is good as far as it goes.
    fileprivate var leavesPartial: Bool {
        switch self {
        case .network, .refused, .busy, .loginNeeded, .wrongCredentials, .badToken, .badChallenge, .badRedirect, .content: true
        default: false
        }
    }

    /// Whether the bytes themselves are at fault.
    fileprivate var isOfContent: Bool {
        switch self {
        case .digestMismatch, .sizeMismatch, .tooLong, .diffIDMismatch, .badLayer: true
        default: false
        }
    }
}
