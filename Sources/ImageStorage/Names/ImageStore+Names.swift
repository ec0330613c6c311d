import ContentStorage
package import OCISpec
import StorageIO

/// An entry of `index.json`: an image and the name it bears there, if any.
package struct NamedImage: Hashable, Sendable {
    /// The name; nil for a dangling entry.
    package var name: EntryName?
    /// The manifest or index.
    package var descriptor: Descriptor

    /// An entry from its parts.
    package init(name: EntryName?, descriptor: Descriptor) {
        self.name = name
        self.descriptor = descriptor
    }

    /// The full name, or a bare one as another tool wrote it; nil for a dangling entry.
    package var reference: String? { name?.text }
    /// The name as docker shows it; nil for a dangling entry.
    package var familiar: String? { name?.familiar }
}

/// A name that was taken from one image and given to another.
package struct MovedName: Hashable, Sendable {
    /// The full name, which now means another image.
    package var name: Reference
    /// The entry that had it.
    package var old: Descriptor
}

extension [NamedImage] {
    /// Which image has each of the names.
    package var holders: [EntryName: Digest] {
        Dictionary(compactMap { entry in entry.name.map { ($0, entry.descriptor.digest) } }) { first, _ in first }
    }
}

extension ImageStore {
    /// The entries of `index.json`, in its order.
    ///
    /// Where several bear the same name one of them has it, and the others count as dangling.
    package func names() throws(ImageError) -> [NamedImage] {
        Self.names(of: try lift(try content.index.read(), to: ImageError.content))
    }

    /// Gives `descriptor` a name, by one update of `index.json`; see `setName(_:_:in:)`.
    ///
    /// With a moment it is noted that the name means the image from then on; see `noteNames`.
    package func setName(_ name: Reference?, _ descriptor: Descriptor, at moment: Timestamp? = nil) throws(ImageError) {
        try lift(
            try content.index.update { index throws(ContentError) in Self.setName(name, descriptor, in: &index) },
            to: ImageError.content)
        note([(name, descriptor)], at: moment)
    }

    /// Gives several descriptors their names, by one update of `index.json`: a reader sees none of them or all.
    ///
    /// Returns the names that moved from other descriptors, in their order. With a moment the names are noted, as by `setName`.
    @discardableResult
    package func setNames(
        _ names: [(name: Reference?, descriptor: Descriptor)], at moment: Timestamp? = nil
    ) throws(ImageError) -> [MovedName] {
        let moved = try lift(
            try content.index.update { index throws(ContentError) in Self.setNames(names, in: &index) }, to: ImageError.content)
        note(names, at: moment)
        return moved
    }

    /// Gives every name of `old` to another image in its place, by one update of `index.json`; returns those that it had by then.
    ///
    /// The entries stay where they are, with their notes but for a pin, which an entry that has one keeps for the old image: it is not
    /// moved. Nothing lists the old image for the sake of a name that went.
    package func replace(
        _ old: Digest, by new: Descriptor, at moment: Timestamp
    ) throws(ImageError) -> [EntryName] {
        var moved: [EntryName] = []
        try lift(
            try content.index.update { index throws(ContentError) in
                moved = []
                for (place, entry) in zip(index.manifests.indices, Self.names(of: index)) {
                    guard entry.descriptor.digest == old, !entry.descriptor.isPinned, let name = entry.name else { continue }
                    var replaced = new
                    replaced.annotations = entry.descriptor.annotations
                    index.manifests[place] = replaced
                    moved.append(name)
                }
            }, to: ImageError.content)
        noteNames(moved.map { ($0, new) }, at: moment)
        return moved
    }

    private static func setNames(
        _ names: [(name: Reference?, descriptor: Descriptor)], in index: inout ImageIndex
    ) -> [MovedName] {
        var moved: [MovedName] = []
        for (name, descriptor) in names {
            if let name, let old = holder(of: name, in: index), old.digest != descriptor.digest {
                moved.append(MovedName(name: name.withDefaultTag, old: old))
            }
            setName(name, descriptor, in: &index)
        }
        return moved
    }

    private func note(_ names: [(name: Reference?, descriptor: Descriptor)], at moment: Timestamp?) {
        guard let moment else { return }
        noteNames(
            names.compactMap { name, descriptor in name.map { (.reference($0.withDefaultTag), descriptor) } }, at: moment)
    }

    /// Gives the image that `text` means a further name, by one update of `index.json`; no blob is read but to find it.
    ///
    /// What is named was there at the very moment of the update: when another process changes the index in between, the image
    /// is looked for again. A name that another image had moves, as `setName(_:_:in:)` says.
    /// With a moment the name is noted, as by `setName`.
    package func tag(_ text: String, as name: Reference, at moment: Timestamp? = nil) throws(ImageError) {
        while true {
            let seen = try lift(try content.index.read(), to: ImageError.content)
            let descriptor = try resolve(text, in: Self.names(of: seen))
            let isDone = try lift(
                try content.index.update(from: seen) { Self.setName(name, descriptor, in: &$0) }, to: ImageError.content)
            guard isDone else { continue }
            return note([(name, descriptor)], at: moment)
        }
    }

    /// The entries of one state of the index, see `names(of:)`.
    package static func names(of index: ImageIndex) -> [NamedImage] { names(of: index.manifests) }

    /// Entries in the index's order, each with the name that it has.
    ///
    /// Of several that bear one name, one with the image-spec's annotation has it before one that has only containerd's: other
    /// tools move a name by the former, and leave the latter where it was. Of equals the later one has it.
    package static func names(of entries: [Descriptor]) -> [NamedImage] {
        let names = entries.mapTogether(\.entryName)
        var holders: [EntryName: (place: Int, hasRefName: Bool)] = [:]
        holders.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() {
            guard let name = names[place] else { continue }
            let hasRefName = entry.hasRefName
            if let other = holders[name], other.hasRefName, !hasRefName { continue }
            holders[name] = (place, hasRefName)
        }
        return entries.indices.map { place in
            let name = names[place].flatMap { holders[$0]?.place == place ? $0 : nil }
            return NamedImage(name: name, descriptor: entries[place])
        }
    }

    /// Gives `descriptor` a name in an index.
    ///
    /// - The same name on the same digest changes nothing.
    /// - An entry that had the name stays without one (dangling), unless another entry has its digest; then it goes.
    /// - A dangling entry of the digest takes the name; else a new entry comes last.
    /// - Without a name an entry is added only when the digest has none.
    /// - A new entry is not pinned; one that is there stays as it is.
    static func setName(_ name: Reference?, _ descriptor: Descriptor, in index: inout ImageIndex) {
        let descriptor = descriptor.pinned(false)
        guard let name = name?.withDefaultTag else {
            if !index.manifests.contains(where: { $0.digest == descriptor.digest }) {
                index.manifests.append(descriptor.named(nil))
            }
            return
        }
        if holder(of: name, in: index)?.digest == descriptor.digest { return }
        var entries: [Descriptor] = []
        // Earlier entries that another one's name shadows lose it as well, or they would come to light again.
        for entry in index.manifests {
            let isMoved = entry.entryName == .reference(name)
            entries.append(isMoved ? entry.named(nil) : entry)
        }
        if let place = entries.firstIndex(where: { $0.digest == descriptor.digest && $0.entryName == nil }) {
            entries[place] = entries[place].named(name)
        } else {
            entries.append(descriptor.named(name))
        }
        index.manifests = withoutNeedlessDangling(
            entries,
            movedFrom: Set(
                index.manifests.filter {
                    $0.entryName == .reference(name)
                }.map(\.digest)))
    }

    private static func holder(of name: Reference, in index: ImageIndex) -> Descriptor? {
        let name = EntryName.reference(name.withDefaultTag)
        return names(of: index).first { $0.name == name }?.descriptor
    }

    /// Drops the nameless entries of the given digests that another entry has too.
    private static func withoutNeedlessDangling(_ entries: [Descriptor], movedFrom digests: Set<Digest>) -> [Descriptor] {
        guard !digests.isEmpty else { return entries }
        var kept: [Descriptor] = []
        for (place, entry) in entries.enumerated() {
            let isDangling = digests.contains(entry.digest) && entry.entryName == nil
            let hasOther = { (others: ArraySlice<Descriptor>) in others.contains { $0.digest == entry.digest } }
            if !isDangling || !(hasOther(entries[(place + 1)...]) || hasOther(kept[...])) { kept.append(entry) }
        }
        // The pin of an entry that goes must go on keeping its image.
        let pinned = digests.intersection(entries.filter(\.isPinned).map(\.digest))
        return kept.map { pinned.contains($0.digest) ? $0.pinned(true) : $0 }
    }
}
