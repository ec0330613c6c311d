import ContentStorage
import OCISpec
import StorageIO

extension ImageStore {
    /// Pins what `texts` mean, or takes the pins, by one update of `index.json`: of all of them or, after an error, of none.
    ///
    /// A name means its own entry, an ID or a digest all entries of the image; any pinned entry keeps the image. What they mean is
    /// looked for again when another process changes the index in between.
    package func setPinned(_ isPinned: Bool, _ texts: [String]) throws(ImageError) {
        while true {
            let seen = try lift(try content.index.read(), to: ImageError.content)
            let names = Self.names(of: seen)
            let lookup = ImageLookup(self, names)
            var chosen: Set<NamedImage> = []
            for text in texts { chosen.formUnion(try lookup.target(text).entries) }
            let entries = zip(seen.manifests, names).map { chosen.contains($1) ? $0.pinned(isPinned) : $0 }
            let isDone = try lift(try content.index.update(from: seen) { $0.manifests = entries }, to: ImageError.content)
            if isDone { return }
        }
    }
}
