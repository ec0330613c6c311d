import LayerArchive

/// A regular file's content, whatever it is called.
struct ContentKey: Hashable {
    var size: Int64
    var content: ContentHash

    /// The content hash is as good as random, so half of it is enough to find a place in a table.
    func hash(into hasher: inout Hasher) { hasher.combine(content.low) }
}
