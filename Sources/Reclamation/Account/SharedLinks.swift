/// Files that are parts of several blobs or unpacked layers of a graph: hard links within the store.
///
/// There are none in almost every store, so each question ends at once then. Places are those of the graph's items.
struct SharedLinks: Sendable {
    private struct File: Sendable {
        let bytes: Int64
        let places: Set<Int32>
        /// What goes with the last of its places.
        let freed: FreedBytes
        /// How many groups of roots reach one of its places.
        var groupCount = 0
        /// How many of its places are gone.
        var goneCount = 0
    }

    private var files: [File]

    /// The shared files of a survey, whose items have these places.
    init(_ files: [StoreSurvey.SharedFile], _ place: (StoreItem) -> Int32?) {
        self.files = files.map { file in
            File(bytes: file.bytes, places: Set(file.items.compactMap(place)), freed: file.freed)
        }
    }

    var isEmpty: Bool { files.isEmpty }

    /// Counts a group of roots that reaches these places.
    mutating func countGroup(_ reach: Set<Int32>) {
        for number in files.indices where !files[number].places.isDisjoint(with: reach) { files[number].groupCount += 1 }
    }

    /// Bytes of the files with a part among these places.
    func diskBytes(_ reach: [Int32]) -> Int64 { sum(reach) { !$0.places.isDisjoint(with: $1) } }

    /// Of those, bytes of the files that one group alone reaches.
    func uniqueBytes(_ reach: [Int32]) -> Int64 { sum(reach) { $0.groupCount == 1 && !$0.places.isDisjoint(with: $1) } }

    /// Forgets which groups reach what, so that they can be counted again.
    mutating func forgetGroups() {
        for number in files.indices { files[number].groupCount = 0 }
    }

    /// What goes with the files whose last parts go with these places.
    func freed(by gone: [Int32]) -> FreedBytes {
        guard !files.isEmpty else { return FreedBytes() }
        let gone = Set(gone)
        return files.reduce(into: FreedBytes()) { sum, file in
            let count = file.places.intersection(gone).count
            if count > 0, count + file.goneCount == file.places.count { sum += file.freed }
        }
    }

    /// What went with the files all parts of which are gone, and of which one is among these places.
    func freed(among places: [Int32]) -> FreedBytes {
        guard !files.isEmpty else { return FreedBytes() }
        let places = Set(places)
        return files.reduce(into: FreedBytes()) { sum, file in
            if file.goneCount == file.places.count, !file.places.isDisjoint(with: places) { sum += file.freed }
        }
    }

    /// Takes the places away for good, and returns those that share a file with them and are still there.
    mutating func remove(_ gone: [Int32]) -> Set<Int32> {
        guard !files.isEmpty else { return [] }
        let gone = Set(gone)
        var partners: Set<Int32> = []
        for number in files.indices {
            let common = files[number].places.intersection(gone)
            guard !common.isEmpty else { continue }
            files[number].goneCount += common.count
            partners.formUnion(files[number].places.subtracting(gone))
        }
        return partners
    }

    private func sum(_ places: [Int32], _ isMeant: (File, Set<Int32>) -> Bool) -> Int64 {
        guard !files.isEmpty else { return 0 }
        let places = Set(places)
        return files.reduce(0) { isMeant($1, places) ? $0 + $1.bytes : $0 }
    }
}
