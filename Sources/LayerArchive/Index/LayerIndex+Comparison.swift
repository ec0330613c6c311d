extension LayerIndex {
    /// The same entries, without what was kept of their contents.
    private var bare: LayerIndex {
        var index = self
        index.documents = nil
        return index
    }

    /// The same entries, all of one time, and without what was kept of their contents.
    package var withoutTimes: LayerIndex {
        var index = bare
        index.mtimeSeconds = Array(repeating: 0, count: count)
        index.mtimeNanoseconds = RunColumn(repeating: 0, count: count)
        return index
    }

    /// Whether both have the same entries; of their contents one may have kept more than the other.
    package func hasSameEntries(as other: LayerIndex) -> Bool { bare == other.bare }

    /// Whether all that was kept is what the entries hold, by their hashes.
    package var keepsTrueContents: Bool {
        guard let documents else { return true }
        var isTrue = true
        do {
            var hasher = try ContentHasher()
            try documents.visit { entry, bytes in
                guard contents.indices.contains(entry), sizes[entry] == bytes.count else {
                    isTrue = false
                    return
                }
                hasher.begin()
                hasher.update(bytes)
                if hasher.finish() != contents[entry] { isTrue = false }
            }
        } catch {
            // What cannot be unpacked is not what the entries hold.
            return false
        }
        return isTrue
    }
}
