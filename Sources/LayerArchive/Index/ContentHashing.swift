/// The hash of content that comes in pieces, as an index keeps it.
package final class ContentHashing {
    private var hasher: ContentHasher

    /// Begins a file.
    package init() throws(LayerArchiveError) {
        hasher = try ContentHasher()
        hasher.begin()
    }

    /// The next bytes of the content.
    package func update(_ bytes: UnsafeRawBufferPointer) { hasher.update(bytes) }

    /// The hash of all that came.
    package func finish() -> ContentHash { hasher.finish() }
}
