import ContentStorage
import ImageStorage
import ImageTransfer
package import OCISpec

/// What becomes of the images of a store that are written again.
package struct OptimizedStore: Sendable {
    /// One image of `index.json`, whatever names it has.
    package struct Item: Sendable {
        /// What becomes of it.
        package enum Outcome: Sendable {
            /// It is written again, or there is nothing to gain.
            case done(OptimizedRoot)
            /// It is pinned, so it stays.
            case pinned
            /// It cannot be written again, which keeps no other one from it.
            case failed(any Error)
        }

        /// Its names, in the order of the index.
        package var names: [String]
        /// What becomes of it.
        package var outcome: Outcome
    }

    /// In the order of the index.
    package var items: [Item]
    /// All images that have a name together, as they were; each blob counts once.
    package var before: OptimizedImage.Figures
    /// The same afterwards.
    package var after: OptimizedImage.Figures
}

extension Workspace {
    /// Writes every image that has a name again, and moves its names when all of it is written; with `isDryRun` the store stays as it is.
    ///
    /// Layers that images have in common stay in common: none of them loses anything, and where a compression or a table of contents is
    /// asked for each becomes one other blob. An interrupted run leaves images that are done and images that are not.
    package func optimizeAll(
        _ request: OptimizeRequest, isDryRun: Bool, at moment: Timestamp, _ progress: OperationProgress
    ) throws -> OptimizedStore {
        let session = isDryRun ? nil : try openSession()
        let stacks = try StoredStacks(store)
        var all = request
        all.kept = .shared
        all.repacksKept = request.form.compression != nil || request.form.table != nil
        let pinned = stacks.all.filter(\.root.isPinned).flatMap { $0.layers.map(\.descriptor.digest) }
        let work = LayerWork(self, all.form, session: session, frozen: Set(pinned))
        var items: [OptimizedStore.Item] = []
        var sums = StoreSums()
        for root in try store.names().filter({ $0.name != nil }).map(\.descriptor).eachOnce {
            let entries = try store.names().filter { $0.descriptor.digest == root.digest && $0.name != nil }
            let names = entries.compactMap(\.familiar)
            guard !names.isEmpty else { continue }
            let outcome: OptimizedStore.Item.Outcome
            if entries.contains(where: \.descriptor.isPinned) {
                outcome = .pinned
            } else {
                do {
                    let result = try rewrite(root, all, stacks, work, progress)
                    if !isDryRun, !result.isUnchanged {
                        store.catalog.recordImported(result.image.descriptor.digest, at: moment)
                        _ = try store.replace(root.digest, by: result.image.descriptor, at: moment)
                    }
                    outcome = .done(result)
                } catch ImageError.notAnImage {
                    // Signatures and the like may have names too.
                    continue
                } catch let error where Self.isOfOneImage(error) {
                    outcome = .failed(error)
                }
            }
            sums.add(outcome, stacks.all.filter { $0.root.digest == root.digest }, root)
            items.append(.init(names: names, outcome: outcome))
        }
        return OptimizedStore(items: items, before: sums.before, after: sums.after)
    }

    /// Whether other images may do well all the same.
    private static func isOfOneImage(_ error: any Error) -> Bool {
        switch error {
        case ImageError.content(let error): isOfOneImage(error)
        case is ImageError, is OperationError, TransferError.badLayer: true
        case ContentError.blobCorrupt, ContentError.blobAbsent: true
        default: false
        }
    }
}

/// Adds up what images take, each blob once.
private struct StoreSums {
    private var waste: (before: Int64, after: Int64) = (0, 0)
    private var layers: (before: [Descriptor], after: [Descriptor]) = ([], [])
    private var documents: (before: [Descriptor], after: [Descriptor]) = ([], [])

    mutating func add(_ outcome: OptimizedStore.Item.Outcome, _ stacks: [StoredStacks.Stack], _ root: Descriptor) {
        documents.before.append(root)
        guard case .done(let result) = outcome else {
            let (own, theirs) = (stacks.flatMap { $0.layers.map(\.descriptor) }, stacks.flatMap(\.documents))
            layers.before += own
            layers.after += own
            documents.before += theirs
            documents.after += theirs + [root]
            return
        }
        documents.after.append(result.image.descriptor)
        waste.before += result.before.wastedBytes
        waste.after += result.after.wastedBytes
        for image in result.images {
            layers.before += image.blobsBefore.layers
            layers.after += image.blobsAfter.layers
            documents.before += image.blobsBefore.documents
            documents.after += image.blobsAfter.documents
        }
    }

    var before: OptimizedImage.Figures {
        .init(wastedBytes: waste.before, layers: layers.before.eachOnce, documents: documents.before)
    }

    var after: OptimizedImage.Figures {
        .init(wastedBytes: waste.after, layers: layers.after.eachOnce, documents: documents.after)
    }
}
