import Distribution
import ImageStorage
package import OCISpec
import StorageIO
import Synchronization

/// Lists the images of a source as lines, a few of them at a time: each document is fetched once, however many names stand for it.
///
/// Its methods block, so they must not be called on Swift's cooperative pool.
package final class ImageLister: Sendable {
    /// What is listed, and how.
    package struct Settings: Sendable {
        /// The platforms wanted; all where there are none.
        package var platforms: [Platform] = []
        /// Whether what is no image gets a line, too: signatures, attestations, charts.
        package var listsArtifacts = false
        /// Names looked at at a time.
        package var workerCount = 4
        /// What earlier listings have.
        package var known = KnownListing()
        /// A failure as people read it.
        package var words: @Sendable (any Error) -> String

        /// The usual settings.
        package init(words: @escaping @Sendable (any Error) -> String) { self.words = words }
    }

    /// What a manifest or an index leads to.
    struct Found: Sendable {
        var lines: [ImageLine] = []
        /// Parts that could not be read.
        var failures: [(digest: Digest, index: Digest?, error: any Error)] = []
    }

    private let source: any ListedSource
    private let settings: Settings
    private let output: LineOutput
    private let turns = Turns<Digest>()
    /// What was listed in this run, by its root.
    private let listed = Mutex<[Digest: [ImageLine]]>([:])
    /// Manifests by repository of which it is known what refers to them.
    private let referred = Mutex<Set<Referred>>([])

    private struct Referred: Hashable {
        let repository: String?
        let digest: Digest
    }

    init(_ source: any ListedSource, _ settings: Settings, to output: LineOutput) {
        self.source = source
        self.settings = settings
        self.output = output
    }

    /// Writes the lines of all images, and of what could not be read; what keeps the names from being told is thrown at the end.
    package func run() throws {
        let queue = WorkQueue<ListedName>(room: settings.workerCount * 8)
        let failure = Mutex<(any Error)?>(nil)
        let take: @Sendable (ListedName) -> Void = { [self] name in
            if let error = list(name) { failure.withLock { $0 = $0 ?? error } }
            if output.hasFailed || failure.withLock({ $0 != nil }) { queue.end(isAtOnce: true) }
        }
        Threads.each(count: settings.workerCount, workers: settings.workerCount) { number in
            // One reads the lists, since some registries walk all they have for each page; it helps when it is ahead.
            if number == 0 {
                do {
                    try source.names(
                        { name in if try !queue.add(name) { take(name) } }, failed: { try output.write(line(of: $0, $1)) })
                } catch {
                    if !(error is WorkQueueEnded) { failure.withLock { $0 = $0 ?? error } }
                }
                queue.end()
            }
            while let name = queue.take() { take(name) }
        }
        try output.check()
        if let error = failure.withLock({ $0 }) { throw error }
    }

    /// Writes the lines of a name; returns what keeps all others from being listed, too.
    private func list(_ name: ListedName) -> (any Error)? {
        do {
            try writeLines(of: name)
        } catch is LineOutput.Failure {
            // The run ends with it.
        } catch {
            write(line(of: name, error))
            // Who wants to be left alone for hours is.
            if case DistributionError.busy = error { return error }
        }
        return nil
    }

    private func writeLines(of name: ListedName) throws {
        let root = try source.root(of: name)
        let digest: Digest
        var document: ListedDocument?
        switch root {
        case .absent: return
        case .digest(let named): digest = named
        case .document(let found): (digest, document) = (found.descriptor.digest, found)
        }
        let found = try turns.alone(digest) { try self.found(digest, document, name) }
        try write(found, name)
        guard settings.listsArtifacts else { return }
        try listReferrers(to: [digest] + found.lines.map(\.digest), name)
    }

    private func found(_ root: Digest, _ document: ListedDocument?, _ name: ListedName) throws -> Found {
        if let lines = listed.withLock({ $0[root] }) { return Found(lines: lines) }
        if let lines = settings.known.lines(of: root, withArtifacts: settings.listsArtifacts) { return Found(lines: lines) }
        var walk = ManifestWalk(source, settings, name)
        try walk.run(root, document)
        // What failed is tried again under the next name.
        if walk.found.failures.isEmpty { listed.withLock { $0[root] = walk.found.lines } }
        return walk.found
    }

    /// Lists what refers to some manifests, to the images of an index among them, and what refers to that, in each repository once.
    private func listReferrers(to subjects: [Digest], _ name: ListedName) throws {
        var subjects = subjects
        for _ in 0..<ImageStore.maxDepth {
            var referrers: [Digest] = []
            for subject in subjects {
                let isNew = referred.withLock { $0.insert(Referred(repository: name.repository, digest: subject)).inserted }
                if isNew { referrers += try source.referrers(to: subject, of: name) }
            }
            for referrer in referrers { try list(referrer, name) }
            subjects = referrers
            if subjects.isEmpty { return }
        }
    }

    /// Writes the lines of a manifest that has no name; one that cannot be read keeps no other from being listed.
    private func list(_ referrer: Digest, _ name: ListedName) throws {
        var own = name
        (own.tag, own.digest) = (nil, referrer)
        do {
            try write(try turns.alone(referrer) { try found(referrer, nil, own) }, own)
        } catch let failure as LineOutput.Failure {
            throw failure
        } catch {
            if case DistributionError.busy = error { throw error }
            try output.write(line(of: own, error))
        }
    }

    // MARK: Lines

    private func write(_ found: Found, _ name: ListedName) throws(LineOutput.Failure) {
        var line = JSONLine()
        for image in chosen(found.lines) {
            begin(name, &line)
            line.raw(",")
            line.raw(image.fields)
            line.raw(name.others)
            line.end()
        }
        for failure in found.failures {
            begin(name, &line)
            line.field("digest", failure.digest)
            line.field("index", failure.index)
            end(failure.error, name, &line)
        }
        if line.count > 0 { try output.write(line.bytes) }
    }

    /// The images that are wanted.
    private func chosen(_ lines: [ImageLine]) -> [ImageLine] {
        guard !settings.platforms.isEmpty else { return lines.filter { !$0.isArtifact || settings.listsArtifacts } }
        var places: Set<Int> = []
        for wanted in settings.platforms {
            let preference = PlatformPreference(wanted)
            let ranked = lines.enumerated().compactMap { place, line in
                line.platform.flatMap { preference.rank($0) }.map { (rank: $0, place: place) }
            }
            if let best = ranked.min(by: { ($0.rank, $0.place) < ($1.rank, $1.place) }) { places.insert(best.place) }
        }
        return lines.enumerated().filter { places.contains($0.offset) || ($0.element.isArtifact && settings.listsArtifacts) }
            .map(\.element)
    }

    private func begin(_ name: ListedName, _ line: inout JSONLine) {
        line.begin()
        line.field("repository", name.repository)
        line.field("tag", name.tag)
        line.field("source", source.place(of: name))
    }

    private func end(_ error: any Error, _ name: ListedName, _ line: inout JSONLine) {
        line.field("error", settings.words(error))
        line.field("retry", RetryAdvice.isWorthwhile(error))
        line.raw(name.others)
        line.end()
    }

    private func line(of name: ListedName, _ error: any Error) -> [UInt8] {
        var line = JSONLine()
        begin(name, &line)
        if let digest = name.digest { line.field("digest", digest) }
        end(error, name, &line)
        return line.bytes
    }

    private func write(_ bytes: [UInt8]) {
        do throws(LineOutput.Failure) { try output.write(bytes) } catch {
            // The output keeps its failure, and the run ends with it.
        }
    }
}
