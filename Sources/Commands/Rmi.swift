import ArgumentParser
import ContentStorage
import ImageStorage
import OCISpec
import Reclamation
import Reports

/// `strata rmi IMAGE…`.
struct Rmi: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "rmi", abstract: "Remove images from the store, and free what only they kept.",
        discussion: """
            A name is taken from its image, which stays while it has others. An ID or a digest means the image with all its \
            names; where it has several that is refused without `--force`, and so are the digest of one platform of an image, \
            pinned images and images in use. An entry of `index.json` that cannot be used goes by its name, its digest or the \
            ID that `strata images` tells.
            """)

    @Argument(help: ArgumentHelp("Names, IDs or digests.", valueName: "image"))
    var images: [String]

    @Flag(name: .shortAndLong, help: "Remove images with several names, pinned ones and those that containers use.")
    var force = false

    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals) { workspace in
            let removal = try workspace.remove(images, isForced: force)
            switch globals.format {
            case .text: if !globals.quiet { try Output.write(removal.report.text) }
            case .json: try Output.write(removal.report.json())
            }
            try removal.tellFailures(globals)
        }
    }
}

/// What `rmi` did, and what it could not do.
struct ImageRemoval {
    let report: RemovalReport
    let failures: [any Error]

    /// Tells every failure, as docker does after the rest is done, and ends with the status of the worst.
    func tellFailures(_ globals: GlobalOptions) throws {
        try FailureReport.tell(failures, isJSON: globals.format == .json)
    }
}

extension Workspace {
    /// Removes what `texts` mean, the images by one update of the index; what is refused does not keep the rest from going.
    ///
    /// Entries that cannot be used go first, since nothing is collected while there is one.
    func remove(_ texts: [String], isForced: Bool) throws -> ImageRemoval {
        let odd = try OddEntryRemoval(store, isForced: isForced).run(texts)
        let containers = try store.content.containers()
        let release = Release(store, now: Clock.now)
        var items: [RemovalReport.Item] = []
        var failures: [any Error] = []
        let outcome = try release.run { names throws(ImageError) in
            items = odd.removed.map { RemovalReport.Item(name: $0.text, untagged: [$0.title], blobs: []) }
            failures = odd.refused
            var request = RemovalRequest(ImageLookup(store, names), containers: containers, isForced: isForced)
            var chosen: [NamedImage] = []
            func add(_ entries: [NamedImage], as text: String) {
                chosen += entries
                items.append(
                    RemovalReport.Item(
                        name: text, untagged: entries.compactMap(\.familiar), blobs: release.blobs(of: entries.map(\.descriptor)))
                )
            }
            for text in odd.others {
                do throws(RemovalRefusal) { add(try request.take(text), as: text) } catch { failures.append(error) }
            }
            // Named with what they go with, which is known only when all that go are.
            if !chosen.isEmpty {
                let referrers = try release.referrers(leavingWith: chosen.map(\.descriptor), among: names)
                items[items.count - 1].blobs += release.blobs(of: referrers)
            }
            return chosen
        }
        if let path = outcome.foreignWrite { noteForeignWrite(path) }
        if let document = outcome.unreadable.first { failures.append(CommandError.nothingDeleted(document)) }
        if let failure = outcome.failures.first {
            failures.append(CommandError.notRemoved(count: outcome.failures.count, failure.error))
        }
        return ImageRemoval(
            report: RemovalReport(items, removed: outcome.removed, freedBytes: outcome.freedBytes), failures: failures)
    }
}
