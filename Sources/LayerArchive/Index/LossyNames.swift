/// Names that lost bytes on their way into a table of contents: JSON has no place for what is not UTF-8, and writers put U+FFFD there.
///
/// Two such names that read alike may be two different ones, so nothing that depends on whether they are the same is known.
package enum LossyNames {
    private static let mark: [UInt8] = [0xEF, 0xBF, 0xBD]
    private static let slash = UInt8(ascii: "/")

    /// Whether a path holds U+FFFD.
    package static func isLossy(_ path: some RandomAccessCollection<UInt8>) -> Bool {
        var at = path.startIndex
        while let next = path[at...].firstIndex(of: mark[0]) {
            if path[next...].starts(with: mark) { return true }
            at = path.index(after: next)
        }
        return false
    }

    /// Whether a name that lost bytes stands twice in these layers, which were told by their tables.
    package static func areAmbiguous(in layers: [LayerIndex]) -> Bool {
        var below: Set<[UInt8]> = []
        for layer in layers where isLossy(layer.pathBytes) {
            var whole: Set<[UInt8]> = []
            var parts: Set<[UInt8]> = []
            for entry in 0..<layer.count {
                let path = layer.pathBytes[layer.pathRange(entry)]
                guard isLossy(path) else { continue }
                guard whole.insert(Array(path)).inserted else { return true }
                parts.formUnion(lossyParts(of: path))
            }
            guard parts.isDisjoint(with: below) else { return true }
            below.formUnion(parts)
        }
        return false
    }

    /// The path, and of the directories above it those whose own name lost bytes.
    private static func lossyParts(of path: ArraySlice<UInt8>) -> [[UInt8]] {
        var parts = [Array(path)]
        var start = path.startIndex
        while let end = path[start...].firstIndex(of: slash) {
            if isLossy(path[start..<end]) { parts.append(Array(path[..<end])) }
            start = end + 1
        }
        return parts
    }
}
