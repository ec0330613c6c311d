import ContentStorage
import ImageStorage
package import OCISpec
package import Reclamation

/// What `rmi` did, and what it could not do.
package struct ImageRemoval {
    /// What one name or ID came to.
    package struct Item: Hashable, Sendable {
        /// As it was asked.
        package var name: String
        /// The names that went, in docker's short form.
        package var untagged: [String]
        /// The blobs that it led to, in the order in which to tell of them.
        package var blobs: [Digest]

        /// An item from its parts.
        package init(name: String, untagged: [String], blobs: [Digest]) {
            self.name = name
            self.untagged = untagged
            self.blobs = blobs
        }
    }

    /// What was asked for and not refused; of the blobs only those went that are in `removed`.
    package let items: [Item]
    /// The blobs and unpacked layers that really went.
    package let removed: Set<StoreItem>
    /// Bytes of the file system.
    package let freedBytes: Int64
    /// What was refused, or could not be removed.
    package let failures: [any Error]
    /// A file that another tool is writing, for which what nothing reaches stays for now.
    package let foreignWrite: String?
}

extension Workspace {
    /// Removes what `texts` mean, the images by one update of the index; what is refused does not keep the rest from going.
    ///
    /// Entries that cannot be used go first, since nothing is collected while there is one.
    package func remove(_ texts: [String], isForced: Bool) throws -> ImageRemoval {
        let odd = try OddEntryRemoval(store, isForced: isForced).run(texts)
        let containers = try store.content.containers.records()
        let release = Release(store, now: Clock.now)
        var items: [ImageRemoval.Item] = []
        var failures: [any Error] = []
        let outcome = try release.run { names throws(ImageError) in
            items = odd.removed.map { ImageRemoval.Item(name: $0.text, untagged: [$0.title], blobs: []) }
            failures = odd.refused
            var request = RemovalRequest(ImageLookup(store, names), containers: containers, isForced: isForced)
            var chosen: [NamedImage] = []
            func add(_ entries: [NamedImage], as text: String) {
                chosen += entries
                items.append(
                    ImageRemoval.Item(
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
        if let document = outcome.unreadable.first { failures.append(OperationError.nothingDeleted(document)) }
        if let failure = outcome.failures.first {
            failures.append(OperationError.notRemoved(count: outcome.failures.count, failure.error))
        }
        return ImageRemoval(
            items: items, removed: outcome.removed, freedBytes: outcome.freedBytes, failures: failures,
            foreignWrite: outcome.foreignWrite)
    }
}
