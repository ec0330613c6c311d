package import Distribution
import Glibc
import ImageTransfer
package import LayerArchive
package import OCISpec
package import StorageIO
import Synchronization

/// Reads layers that lines ask for, and answers each line: what a layer is, or why it cannot be read.
///
/// Each layer is read once, in one pass, and nothing is kept of it. Its methods block, so they must not be called on Swift's
/// cooperative pool.
package final class LayerWorker: Sendable {
    /// What a worker is to do, and what it has to do it with.
    package struct Settings: Sendable {
        /// How registries are spoken to; asked when the first one is named.
        package var registries: @Sendable () throws -> Registries
        /// How far a layer is followed.
        package var limits = ScanLimits()
        /// Layers read at a time.
        package var workerCount = 2
        /// Whether every entry gets a line.
        package var writesEntries = false
        /// A nameless file for the lines of a large layer.
        package var makeFile: @Sendable () throws(StorageError) -> File
        /// A failure as people read it.
        package var words: @Sendable (any Error) -> String

        /// The usual settings.
        package init(
            registries: @escaping @Sendable () throws -> Registries,
            makeFile: @escaping @Sendable () throws(StorageError) -> File, words: @escaping @Sendable (any Error) -> String
        ) {
            self.registries = registries
            self.makeFile = makeFile
            self.words = words
        }
    }

    /// What is told of a layer that was read.
    private struct Facts {
        var diffID: Digest?
        var compressedBytes: Int64
        var tarBytes: Int64?
        var contentBytes: Int64
        var entryCount: Int
        var isTable = false
    }

    private let settings: Settings
    private let places: OpenedPlaces
    private let output: LineOutput
    private let turns = Turns<Digest>()
    /// Of the layers read last, for lines that ask for one of them again.
    private let known = Mutex<[Digest: Facts]>([:])
    private static let mostKnown = 100_000

    /// A worker that answers to `output`.
    package init(_ settings: Settings, to output: LineOutput) {
        self.settings = settings
        self.output = output
        places = OpenedPlaces(settings.registries)
    }

    /// Answers every line of `input`; what ends it before that is that nobody takes the answers, or the lines cannot be read.
    package func run(_ input: LineInput) throws {
        let failure = Mutex<LayerArchiveError?>(nil)
        let count = settings.workerCount
        Threads.each(count: count, workers: count) { _ in
            while !output.hasFailed, failure.withLock({ $0 == nil }) {
                do throws(LayerArchiveError) {
                    guard let line = try input.next() else { return }
                    answer(line)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
        }
        try output.check()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func answer(_ line: LineInput.Line) {
        guard case .bytes(let bytes) = line else { return fail(ListingLineError.tooLong, LayerLineReading([])) }
        let reading = LayerLineReading(bytes)
        switch reading.layer {
        case .failure(let error): fail(error, reading)
        case .success(let layer): turns.alone(layer.descriptor.digest) { answer(layer, reading) }
        }
    }

    private func answer(_ layer: LayerLine, _ reading: LayerLineReading) {
        if let facts = known.withLock({ $0[layer.descriptor.digest] }), facts.compressedBytes == layer.descriptor.size {
            return write(line(facts, reading))
        }
        do {
            let (facts, spool) = try read(layer)
            try spool.check()
            do throws(EntrySpoolError) { try spool.write(then: line(facts, reading), to: output) } catch {
                switch error {
                // The run ends with it.
                case .output: return
                case .storage(let error): throw error
                }
            }
            known.withLock { known in
                if known.count >= Self.mostKnown { known.removeAll() }
                known[layer.descriptor.digest] = facts
            }
        } catch {
            fail(error, reading)
        }
    }

    // MARK: Reading

    private func read(_ layer: LayerLine) throws -> (Facts, EntrySpool) {
        guard layer.descriptor.digest.algorithm == .sha256 else {
            throw DistributionError.unsupportedDigest(layer.descriptor.digest)
        }
        let place = try places.open(layer.place)
        if layer.usesTable, case .registry(let layers) = place,
            case .index(let index) = try LayerTable.find(layer.descriptor, layers.parts, settings.limits)
        {
            let spool = makeSpool(layer)
            spool.take(index, isTable: true)
            return (facts(layer, spool, isTable: true), spool)
        }
        // Of each try the last spool alone counts.
        let spools = Mutex<EntrySpool>(makeSpool(layer))
        let makeSink = { [self] () -> EntrySink in
            let spool = makeSpool(layer)
            spools.withLock { $0 = spool }
            return EntrySink { spool.take($0) }
        }
        let scan: LayerScan
        switch place {
        case .registry(let layers): scan = try layers.scan(layer.descriptor, limits: settings.limits, makeSink)
        case .folder(let folder):
            let source = try folder.layer(layer.descriptor)
            scan = try LayerScanner.scan(source: source, limits: settings.limits, entries: makeSink())
            guard scan.digest == layer.descriptor.digest else {
                throw TransferError.digestMismatch(path: folder.path, expected: layer.descriptor.digest, actual: scan.digest)
            }
        }
        let spool = spools.withLock { $0 }
        var facts = facts(layer, spool)
        (facts.diffID, facts.tarBytes) = (scan.diffID, scan.tarBytes)
        return (facts, spool)
    }

    private func makeSpool(_ layer: LayerLine) -> EntrySpool {
        EntrySpool(layer.descriptor.digest, isWriting: settings.writesEntries, makeFile: settings.makeFile)
    }

    private func facts(_ layer: LayerLine, _ spool: EntrySpool, isTable: Bool = false) -> Facts {
        Facts(
            compressedBytes: layer.descriptor.size, contentBytes: spool.contentBytes, entryCount: spool.count, isTable: isTable)
    }

    // MARK: Lines

    private func line(_ facts: Facts, _ reading: LayerLineReading) -> [UInt8] {
        var line = JSONLine()
        line.begin()
        line.field("digest", reading.digest)
        line.field("diffID", facts.diffID)
        line.field("compressedBytes", facts.compressedBytes)
        line.field("tarBytes", facts.tarBytes)
        line.field("contentBytes", facts.contentBytes)
        line.field("entries", Int64(facts.entryCount))
        line.field("toc", facts.isTable)
        line.raw(reading.others)
        line.end()
        return line.bytes
    }

    private func fail(_ error: any Error, _ reading: LayerLineReading) {
        var line = JSONLine()
        line.begin()
        if let digest = reading.digest { line.field("digest", digest) }
        line.field("error", settings.words(error))
        line.field("retry", RetryAdvice.isWorthwhile(error))
        line.raw(reading.others)
        line.end()
        write(line.bytes)
    }

    private func write(_ line: [UInt8]) {
        do throws(LineOutput.Failure) { try output.write(line) } catch {
            // The output keeps its failure, and the run ends with it.
        }
    }
}
