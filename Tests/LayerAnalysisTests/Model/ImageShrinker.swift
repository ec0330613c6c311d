import LayerArchive

/// Makes a failing image small enough to read.
enum ImageShrinker {
    /// The smallest image that it finds for which `fails` still holds: fewer layers, fewer entries, simpler entries.
    static func shrink(_ image: [[LayerEntry]], while fails: ([[LayerEntry]]) -> Bool) -> [[LayerEntry]] {
        var smallest = image
        while let smaller = candidates(smallest).first(where: fails) { smallest = smaller }
        return smallest
    }

    /// Images one step simpler than `image`, the greatest steps first.
    private static func candidates(_ image: [[LayerEntry]]) -> some Sequence<[[LayerEntry]]> {
        let places = image.indices.flatMap { layer in image[layer].indices.map { (layer, $0) } }
        let withoutLayer = image.indices.lazy.map { layer in
            var smaller = image
            smaller.remove(at: layer)
            return smaller
        }
        let withoutEntry = places.lazy.map { layer, entry in
            var smaller = image
            smaller[layer].remove(at: entry)
            return smaller
        }
        let mergedLayers = image.indices.dropFirst().lazy.map { layer in
            var smaller = image
            smaller[layer - 1] += smaller.remove(at: layer)
            return smaller
        }
        let simplerEntry = places.lazy.flatMap { layer, entry in
            simpler(image[layer][entry]).map { changed in
                var smaller = image
                smaller[layer][entry] = changed
                return smaller
            }
        }
        return [AnySequence(withoutLayer), AnySequence(withoutEntry), AnySequence(mergedLayers), AnySequence(simplerEntry)]
            .joined()
    }

    private static func simpler(_ entry: LayerEntry) -> [LayerEntry] {
        var result: [LayerEntry] = []
        for shorter in shorterPaths(entry.path) {
            var changed = entry
            changed.path = shorter
            result.append(changed)
        }
        for shorter in shorterPaths(entry.linkTarget) {
            var changed = entry
            changed.linkTarget = shorter
            result.append(changed)
        }
        let path = String(decoding: entry.path, as: UTF8.self)
        if entry.kind == .file, entry.size > 1 || entry.mode != 0o644 {
            result.append(TarEntry.file(path, bytes: min(entry.size, 1), content: entry.content.low))
        }
        if entry.kind == .fifo || entry.kind == .characterDevice { result.append(TarEntry.file(path)) }
        return result
    }

    /// `path` without one of its names, unless it has but one.
    private static func shorterPaths(_ path: [UInt8]) -> [[UInt8]] {
        let parts = ModelPath.names(path)
        guard parts.count > 1 else { return [] }
        let root: [UInt8] = path.first == UInt8(ascii: "/") ? [UInt8(ascii: "/")] : []
        return parts.indices.map { left in
            root + ModelPath.bytes(parts.indices.filter { $0 != left }.map { parts[$0] })
        }
    }
}
