// https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts

/// What an entry's name says, once normalised.
enum EntryName {
    /// What a name stands for; the path is in the scratch buffer that the parser filled.
    enum Meaning {
        /// The path itself.
        case path
        /// `.wh.NAME`: the path is the one hidden.
        case whiteout
        /// `.wh..wh..opq`: the path is the directory made opaque.
        case opaque
        /// Metadata of AUFS: no entry.
        case aufs
        case parentTraversal
        case badWhiteout
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")
    private static let marker = LayerMarker.prefix
    private static let aufsNames = [".wh..wh.plnk", ".wh..wh.aufs", ".wh..wh.orph"].map { Array($0.utf8) }

    /// Writes the normalised path of `name` to `path`: no leading slash, no `.`, no empty part; empty for the root.
    ///
    /// False when a part is `..`.
    static func normalize(_ name: UnsafeRawBufferPointer, into path: inout [UInt8]) -> Bool {
        path.removeAll(keepingCapacity: true)
        var at = 0
        while at < name.count {
            let start = at
            while at < name.count, name[at] != slash { at += 1 }
            let part = UnsafeRawBufferPointer(rebasing: name[start..<at])
            at += 1
            if part.isEmpty || (part.count == 1 && part[0] == dot) { continue }
            if part.count == 2, part[0] == dot, part[1] == dot { return false }
            if !path.isEmpty { path.append(slash) }
            path.append(contentsOf: part)
        }
        return true
    }

    /// Normalises a name of a tar that is no layer, in which nothing is a marker.
    static func plain(_ name: UnsafeRawBufferPointer, into path: inout [UInt8]) -> Meaning {
        normalize(name, into: &path) ? .path : .parentTraversal
    }

    /// Normalises an entry's name into `path` and tells what it stands for.
    static func parse(_ name: UnsafeRawBufferPointer, into path: inout [UInt8]) -> Meaning {
        guard normalize(name, into: &path) else { return .parentTraversal }
        // Nearly no name has a marker anywhere: one search answers for all that follows.
        guard path.withUnsafeBytes(hasMarker) else { return .path }
        let parts = path.split(separator: slash)
        if parts.contains(where: { part in aufsNames.contains { $0.elementsEqual(part) } }) { return .aufs }
        guard let last = parts.last, last.starts(with: marker) else { return .path }
        let parentLength = last.startIndex
        if last.elementsEqual(LayerMarker.opaqueName) {
            path.removeLast(path.count - max(0, parentLength - 1))
            return .opaque
        }
        let hidden = last.dropFirst(marker.count)
        if hidden.isEmpty || hidden.elementsEqual([dot]) || hidden.elementsEqual([dot, dot]) { return .badWhiteout }
        path.removeSubrange(parentLength..<parentLength + marker.count)
        return .whiteout
    }

    private static func hasMarker(_ path: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at + marker.count <= path.count {
            if path[at] == dot, path[at + 1] == UInt8(ascii: "w"), path[at + 2] == UInt8(ascii: "h"), path[at + 3] == dot {
                return true
            }
            at += 1
        }
        return false
    }
}
