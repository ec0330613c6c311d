import ContentStorage
package import ImageStorage
import OCISpec
import StorageIO

/// Takes entries of `index.json` that are no descriptors that can be used out of it.
///
/// Nobody knows what such an entry leads to, so nothing else goes with it: what it alone kept is an orphan from then on, and `gc`
/// collects that when it is old enough.
package struct OddEntryRemoval {
    /// What became of what was asked for.
    package struct Outcome: Sendable {
        /// The entries that went: as they were asked for, and by their name, digest or ID.
        package fileprivate(set) var removed: [(text: String, title: String)] = []
        /// What stays, and why.
        package fileprivate(set) var refused: [RemovalRefusal] = []
        /// What means no such entry.
        package fileprivate(set) var others: [String] = []
    }

    private let store: ImageStore
    private let isForced: Bool

    /// A removal from `store`; `isForced` to remove what is pinned.
    package init(_ store: ImageStore, isForced: Bool) {
        self.store = store
        self.isForced = isForced
    }

    /// Takes what `texts` mean, all by one update of the index.
    ///
    /// A text that means an image means that image. An entry's ID means it and what is equal to it in all; its name and its
    /// digest mean it where no other entry has them. They are asked again when another process changes the index meanwhile.
    package func run(_ texts: [String]) throws(ImageError) -> Outcome {
        while true {
            let seen = try lift(try store.content.index.read(), to: ImageError.content)
            var (outcome, ids) = (Outcome(), Set<String>())
            guard !seen.oddEntries.isEmpty else {
                outcome.others = texts
                return outcome
            }
            let lookup = ImageLookup(store, ImageStore.names(of: seen))
            for text in texts { choose(text, seen.oddEntries.filter { !ids.contains($0.id) }, lookup, &outcome, &ids) }
            guard !ids.isEmpty else { return outcome }
            let left = seen.oddEntries.filter { !ids.contains($0.id) }
            let isDone = try lift(try store.content.index.update(from: seen) { $0.oddEntries = left }, to: ImageError.content)
            if isDone { return outcome }
        }
    }

    private func choose(
        _ text: String, _ entries: [OddEntry], _ lookup: ImageLookup, _ outcome: inout Outcome, _ ids: inout Set<String>
    ) {
        let meant = entries.filter { Self.isMeant($0, by: text) }
        guard let entry = meant.first, !Self.isImage(text, lookup) else {
            outcome.others.append(text)
            return
        }
        let title = entry.name ?? entry.digest ?? entry.id
        let different = Set(meant.map(\.id))
        if different.count > 1 {
            outcome.refused.append(.severalOddEntries(text, ids: different.sorted()))
        } else if !isForced, Descriptor.isPinned(by: entry.annotations) {
            outcome.refused.append(.pinned(title))
        } else {
            ids.insert(entry.id)
            outcome.removed.append((text, title))
        }
    }

    private static func isMeant(_ entry: OddEntry, by text: String) -> Bool {
        if entry.id == text || entry.digest == text || entry.name == text { return true }
        guard let name = EntryName(annotations: entry.annotations) else { return false }
        return Reference(ifValid: text).map { name == .reference($0.withDefaultTag) } ?? false
    }

    /// Whether the text means something that can be used, or may do.
    private static func isImage(_ text: String, _ lookup: ImageLookup) -> Bool {
        do {
            _ = try lookup.target(text)
            return true
        } catch {
            switch error {
            case .noSuchImage, .badName: return false
            default: return true
            }
        }
    }
}
