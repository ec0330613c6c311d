package import OCISpec

/// What `gc` may take: blobs and unpacked layers that no root reaches, and that have been as they are for long enough.
///
/// Their origin is not known: another tool may be writing them at this moment, and will only then say in `index.json` what they
/// are for. So a minimum age protects them; what a command of this program released goes by `Release`, whatever its age.
package struct Orphans: Sendable {
    /// One of them.
    package struct Orphan: Hashable, Sendable {
        /// The blob or unpacked layer.
        package let item: StoreItem
        /// Bytes that the file system gets back.
        package fileprivate(set) var freesBytes: Int64
        /// Since when it is as it is.
        package let since: Timestamp
    }

    /// Blobs first, each kind by its digest.
    package let found: [Orphan]
    /// How many more there are that are too young.
    package let youngCount: Int
    /// How old the found ones are at least.
    let minimumAge: Duration
    /// Documents that a root needs and that cannot be read; while there are some nothing is called an orphan.
    package let unreadable: [UnreadableDocument]

    /// What another tool is writing, by its path below the store: because of it nothing is called an orphan.
    package let foreignWrite: String?

    /// The orphans that a look found, at least `minimumAge` old; none while another tool has written within that time, which may
    /// have found one of them and name it at its end.
    package init(_ look: StoreLook, minimumAge: Duration, now: Timestamp, foreignWrite: String? = nil) {
        unreadable = look.graph.unreadable
        self.foreignWrite = foreignWrite
        self.minimumAge = minimumAge
        let all = look.graph.unreached.compactMap { Self.orphan($0, look.survey) }
        guard unreadable.isEmpty, foreignWrite == nil else {
            (found, youngCount) = ([], unreadable.isEmpty ? all.count : 0)
            return
        }
        let latest = now.seconds - minimumAge.components.seconds
        var old = all.filter { $0.since.seconds <= latest }.sorted { $0.item < $1.item }
        youngCount = all.count - old.count
        // A file that several of them share goes with the last.
        for file in look.survey.sharedFiles where file.isWhole && file.items.isSubset(of: old.map(\.item)) {
            if let last = old.lastIndex(where: { file.items.contains($0.item) }) { old[last].freesBytes += file.bytes }
        }
        found = old
    }

    /// Of the same orphans those that are wanted.
    func only(_ isWanted: (StoreItem) -> Bool) -> Orphans { Orphans(self, found.filter { isWanted($0.item) }) }

    private init(_ all: Orphans, _ found: [Orphan]) {
        (unreadable, foreignWrite, minimumAge, youngCount) = (all.unreadable, all.foreignWrite, all.minimumAge, all.youngCount)
        self.found = found
    }

    /// Bytes of all together.
    package var freesBytes: Int64 { found.reduce(0) { $0 + $1.freesBytes } }

    private static func orphan(_ item: StoreItem, _ survey: StoreSurvey) -> Orphan? {
        switch item {
        case .blob(let digest):
            survey.blobs[digest].map {
                Orphan(item: item, freesBytes: $0.freeableBytes, since: Timestamp(seconds: $0.sinceSeconds))
            }
        case .layer(let diffID):
            survey.layers[diffID].map {
                Orphan(item: item, freesBytes: $0.freeableBytes, since: Timestamp(seconds: $0.sinceSeconds))
            }
        }
    }
}
