import ContentStorage
import OCISpec

extension ImageStore {
    /// Pins what `texts` mean, or takes the pins, by one update of `index.json`: of all of them or, after an error, of none.
    ///
    /// A name means its own entry, an ID or a digest all entries of the image; any pinned entry keeps the image. What they mean is
    /// looked for again when another process changes the index in between.
    package func setPinned(_ isPinned: Bool, _ texts: [String]) throws(ImageError) {
        while true {
            let seen = try reading { () throws(ContentError) in try content.index.read() }
            let names = Self.names(of: seen)
            let lookup = ImageLookup(self, names)
            var chosen: Set<NamedImage> = []
            for text in texts { chosen.formUnion(try lookup.target(text).entries) }
            let isDone = try reading { () throws(ContentError) in
                try content.index.update { index throws(ContentError) in
                    guard index == seen else { return false }
                    index.manifests = zip(index.manifests, names).map { entry, name in
                        chosen.contains(name) ? entry.pinned(isPinned) : entry
                    }
                    return true
                }
            }
            if isDone { return }
        }
    }
}
