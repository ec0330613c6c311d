package import ContentStorage
package import ImageStorage
package import OCISpec
import StorageIO

/// Brings back what a plan moved into the trash, as long as it is there.
///
/// The blobs are held by a session, then moved back, then the entries come back by one update of the index: so a collection
/// beside it takes none of them, and a process that is killed anywhere can be run again.
package struct Undo {
    /// What became of one entry of the index.
    package struct Restored: Hashable, Sendable {
        /// The name it had, in docker's short form; nil for one without.
        package let name: String?
        /// What the entry names.
        package let digest: Digest
        /// Whether it came back.
        package let outcome: Outcome
    }

    /// How an entry came back.
    package enum Outcome: Hashable, Sendable {
        case restored
        /// Another image has the name by now: it is back without one.
        case nameTaken
        /// It is not back: this blob, which it shared with others, was removed after the plan.
        case incomplete(missing: Digest)
    }

    private let store: ImageStore

    /// An undo in `store`.
    package init(_ store: ImageStore) { self.store = store }

    /// The plans that can be undone, with the moment until which they can.
    package func available() throws(ImageError) -> [(plan: String, until: String)] {
        let bins = try lift(try store.content.trash.keptBins(ofPlan: nil), to: ImageError.content)
        return bins.compactMap { bin in
            guard let plan = bin.record.plan, let until = bin.record.keepUntil else { return nil }
            return (plan, until)
        }
    }

    /// The same with the names that come back; what has none is called by its digest.
    package func contents() throws(ImageError) -> [(plan: String, until: String, names: [String])] {
        let bins = try lift(try store.content.trash.keptBins(ofPlan: nil), to: ImageError.content)
        return bins.compactMap { bin in
            guard let plan = bin.record.plan, let until = bin.record.keepUntil else { return nil }
            return (plan, until, bin.record.entries.map { $0.entryName?.familiar ?? $0.digest.description })
        }
    }

    /// Brings back what the plan removed; nil when there is nothing of it in the trash.
    ///
    /// `begin` begins the session that holds it meanwhile.
    package func run(
        plan: String, _ begin: (ContentStore) throws(ContentError) -> IngestSession = Undo.beginSession
    ) throws(ImageError) -> [Restored]? {
        let bins = try lift(try store.content.trash.keptBins(ofPlan: plan), to: ImageError.content)
        guard !bins.isEmpty else { return nil }
        return try lift(to: ImageError.content) { () throws(ContentError) in
            let session = try begin(store.content)
            var restored: [Restored] = []
            for bin in bins {
                for digest in try bin.contents().blobs { _ = try session.hold(digest) }
                try bin.restore()
                var missing: [Descriptor: Digest] = [:]
                for entry in bin.record.entries { missing[entry] = try firstMissing(of: entry, session) }
                restored += try bringBack(bin.record.entries, missing)
                _ = try bin.empty()
            }
            try session.end()
            return restored.reversed()
        }
    }

    /// Begins a session of nobody else's.
    package static func beginSession(in content: ContentStore) throws(ContentError) -> IngestSession {
        try content.sessions.begin()
    }

    /// Holds all that an entry leads to, and returns the first blob that is not there any more.
    private func firstMissing(of entry: Descriptor, _ session: IngestSession) throws(ContentError) -> Digest? {
        var marking = Marking(DocumentReader(store), .everythingAndRequired)
        marking.visit(entry)
        var missing: [Digest] = marking.unreadable.map(\.digest)
        for case .blob(let digest) in marking.reached {
            if try !session.hold(digest), marking.required.contains(digest) { missing.append(digest) }
        }
        return missing.min()
    }

    private func bringBack(
        _ entries: [Descriptor], _ missing: [Descriptor: Digest]
    ) throws(ContentError) -> [Restored] {
        try store.content.index.update { index throws(ContentError) in
            let holders = ImageStore.names(of: index).holders
            var present = Set(index.manifests)
            var restored: [Restored] = []
            // Of several that bear one name only one had it.
            for (entry, had) in zip(entries, ImageStore.names(of: entries).map(\.name)).reversed() {
                let name = entry.entryName
                if let missing = missing[entry] {
                    restored.append(Restored(name: name?.familiar, digest: entry.digest, outcome: .incomplete(missing: missing)))
                    continue
                }
                let holder = name.flatMap { holders[$0] }
                if present.contains(entry) || holder == entry.digest {
                    // Somebody brought it back already, perhaps with other annotations.
                    restored.append(Restored(name: name?.familiar, digest: entry.digest, outcome: .restored))
                    continue
                }
                let named = holder != nil || had == nil ? entry.named(nil) : entry
                if present.insert(named).inserted { index.manifests.append(named) }
                restored.append(
                    Restored(
                        name: had?.familiar ?? (holder == nil ? nil : name?.familiar), digest: entry.digest,
                        outcome: holder == nil ? .restored : .nameTaken))
            }
            return restored.reversed()
        }
    }
}
