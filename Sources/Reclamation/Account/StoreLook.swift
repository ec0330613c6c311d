package import ContentStorage
package import ImageStorage
package import OCISpec
package import StorageIO

/// One look at a store: where its bytes are, what its images are, and who keeps what.
///
/// Nothing is locked. What other processes change meanwhile is seen before or after, so the figures of a store at rest are
/// exact, and those of a busy one may be off by what moved.
package struct StoreLook {
    /// Where the bytes are.
    package let survey: StoreSurvey
    /// The images, without the entries that are there for the sake of something else.
    package var images: [ImageSummary]
    /// Entries of `index.json` that are no descriptors that can be used.
    package let oddEntries: [OddEntry]
    /// Those entries; they go with what they are about, and are no image's.
    package let referrers: Referrers
    /// All of them, stopped ones too.
    package let containers: [ContainerRecord]
    /// The folders of containers that are over: killed commands left them half removed, or did not come to remove them.
    package let deadContainers: [PathPart]
    /// The IDs of those that run.
    package let running: Set<PathPart>
    /// The build cache, oldest use first.
    package let cache: [CacheEntry]
    /// What each live session counts on, by the session's name.
    package let holds: [String: Set<Digest>]
    /// The bins of the trash, by their names.
    package let bins: [BinRecord]
    /// Bytes that the store's own files will take more once something is removed.
    package let upkeepBytes: Int64
    /// Who keeps what.
    package let graph: StoreGraph
    /// What images and containers reach, of what the store has.
    package var kept: Set<StoreItem> { Set(zip(graph.items, isKept).lazy.filter(\.1).map(\.0)) }
    /// The same, by the places of the graph's items.
    let isKept: [Bool]
    /// The unpacked layers that a container needs.
    package let mounted: Set<Digest>

    /// Everything that a live session counts on.
    package let held: Set<Digest>
    /// What the look was taken by, for whoever leaves the look to the end of the process: freed here, it would take as long as the
    /// graph.
    private let documents: DocumentReader

    /// Looks at `store`, and leaves its directory as the survey saw it.
    ///
    /// The catalog is closed while bytes are counted: it has other files while it is open. Where the look learns something, that is
    /// given to the catalog, and they are counted anew. The holds are read after the bytes and before the index is known not to
    /// have changed, as a sweep does: a blob that was seen is held or reached by then, unless it is an orphan.
    /// With `now` what containers have counts as used at that moment; else uses are as they were noted.
    package init(_ store: ImageStore, now: Timestamp? = nil) throws(ImageError) {
        var known: DocumentReader?
        while true {
            let ((index, stamp, names), documents) = try together(
                { () throws(ImageError) in
                    let (index, stamp) = try Self.readIndex(store)
                    return (index, stamp, ImageStore.names(of: index))
                }, { () throws(ImageError) in known ?? DocumentReader(store) })
            known = documents
            store.catalog.close()
            let early = try Self.containers(store)
            let takesLayers = try lift(try store.content.layers.exist(), to: ImageError.content)
            documents.assumePresence()
            var (reaches, survey) = try together(
                { () throws(ImageError) in RootReaches(names, early, takesLayers: takesLayers, store, documents) },
                { () throws(ImageError) in try Self.survey(store) })
            if !documents.confirm({ survey.blobs[$0]?.status }) {
                reaches = RootReaches(names, early, takesLayers: takesLayers, store, documents)
            }
            if documents.hasNews {
                documents.save()
                store.catalog.close()
                survey = try Self.survey(store)
            }
            let holds = try lift(try Self.liveHolds(store.content), to: ImageError.content)
            let containers = try Self.containers(store)
            let running = try lift(to: ImageError.content) { () throws(ContentError) in
                var found: Set<PathPart> = []
                for container in containers where try store.content.containers.isInUse(container.id) {
                    found.insert(container.id)
                }
                return found
            }
            let known = Set(containers.map(\.id.text))
            let dead = try lift(to: ImageError.content) { () throws(ContentError) in
                var found: [PathPart] = []
                for name in survey.containers.keys.sorted() where !known.contains(name) {
                    if let id = PathPart(name), try !store.content.containers.isInUse(id) { found.append(id) }
                }
                return found
            }
            let cache = try lift(try store.content.buildCache.entries(), to: ImageError.content)
            let (bins, upkeepBytes) = try lift(to: ImageError.content) { () throws(ContentError) in
                (try store.content.trash.bins(), try store.content.reserve.upkeepBytes())
            }
            guard try Self.isIndexUnchanged(store, since: stamp) else {
                documents.forgetPresence()
                continue
            }
            if !reaches.suits(containers, survey) {
                documents.forgetPresence()
                reaches = RootReaches(names, containers, takesLayers: true, store, documents)
            }
            reaches.add(index.oddEntries, cache, holds)
            oddEntries = index.oddEntries
            referrers = reaches.referrers
            images = now.map { reaches.images.used(by: containers, at: $0) } ?? reaches.images
            graph = StoreGraph(reaches, survey)
            held = holds.values.reduce(into: []) { $0.formUnion($1) }
            mounted = Set(zip(graph.items, graph.reached(byContainersAlone: true)).lazy.filter(\.1).compactMap(\.0.layer))
            isKept = graph.reached(byContainersAlone: false)
            self.documents = documents
            self.survey = survey
            self.holds = holds
            self.containers = containers
            deadContainers = dead
            self.running = running
            self.cache = cache
            self.bins = bins
            self.upkeepBytes = upkeepBytes
            return
        }
    }

    private static func containers(_ store: ImageStore) throws(ImageError) -> [ContainerRecord] {
        try lift(try store.content.containers.records(), to: ImageError.content)
    }

    private static func readIndex(_ store: ImageStore) throws(ImageError) -> (ImageIndex, FileStatus) {
        try lift(try store.content.index.readWithStatus(), to: ImageError.content)
    }

    private static func survey(_ store: ImageStore) throws(ImageError) -> StoreSurvey {
        try lift(try StoreSurvey(store.content), to: ImageError.content)
    }

    private static func isIndexUnchanged(_ store: ImageStore, since stamp: FileStatus) throws(ImageError) -> Bool {
        try lift(try store.content.index.isUnchanged(since: stamp), to: ImageError.content)
    }

    /// The containers of each image that has some, by the digest that `index.json` lists.
    package var containersByImage: [Digest: [ContainerRecord]] { ImageUse(containers).users(of: images) }

    private static func liveHolds(_ content: ContentStore) throws(ContentError) -> [String: Set<Digest>] {
        let sessions = try lift(try content.sessions.all(), to: ContentError.init)
        return Dictionary(uniqueKeysWithValues: sessions.filter(\.isLive).map { ($0.name, $0.holds) })
    }
}

/// Nothing in it changes once it was taken; the reader of documents is only kept until all of it is freed.
extension StoreLook: @unchecked Sendable {}
