import LayerAnalysis
import OCISpec

/// Paths as a tree in columns: the names of all nodes, and their parents, each before what it holds.
struct PathColumns {
    private var names: [JSONValue] = [.string("")]
    private var parents: [JSONValue] = [.integer(-1)]
    private var places: [Place: Int] = [:]

    private struct Place: Hashable {
        var parent: Int
        var name: ArraySlice<UInt8>
    }

    /// The node of `path`, made with its parents where it is new.
    mutating func node(_ path: [UInt8]) -> Int {
        var here = 0
        for part in path.split(separator: UInt8(ascii: "/")) { here = child(part, of: here) }
        return here
    }

    /// The node called `name` in the directory of `path`.
    mutating func sibling(of path: [UInt8], named name: String) -> Int {
        let slash = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
        return child(Array(name.utf8)[...], of: node(Array(path[..<slash])))
    }

    private mutating func child(_ name: ArraySlice<UInt8>, of parent: Int) -> Int {
        let place = Place(parent: parent, name: name)
        if let known = places[place] { return known }
        let number = names.count
        names.append(.string(PathText.text(Array(name)).text))
        parents.append(.integer(Int64(parent)))
        places[place] = number
        return number
    }

    /// The columns, with others beside them.
    func json(_ others: JSONFields) -> JSONValue {
        .object(others.merging(["names": .array(names), "parents": .array(parents)]) { own, _ in own })
    }
}

extension PathColumns {
    /// An image's bytes: `files` and `wasted`, three numbers for each: node, bytes, layer.
    static func json(_ stored: StoredContents) -> JSONValue {
        var columns = PathColumns()
        let least = leastBytes(stored.bytes)
        var files: [JSONValue] = []
        var wasted: [JSONValue] = []
        var small: [Small: Int64] = [:]
        for part in stored {
            guard part.bytes < least else {
                let numbers = [Int64(columns.node(part.path)), part.bytes, Int64(part.layer)]
                if part.isWasted { wasted += numbers.map(JSONValue.integer) } else { files += numbers.map(JSONValue.integer) }
                continue
            }
            let node = columns.sibling(of: part.path, named: smallFiles)
            small[Small(node: node, layer: part.layer, isWasted: part.isWasted), default: 0] += part.bytes
        }
        for (key, bytes) in small.sorted(by: { ($0.key.node, $0.key.layer) < ($1.key.node, $1.key.layer) }) {
            let numbers = [Int64(key.node), bytes, Int64(key.layer)].map(JSONValue.integer)
            if key.isWasted { wasted += numbers } else { files += numbers }
        }
        return columns.json(["files": .array(files), "wasted": .array(wasted)])
    }

    /// A diff's changes of bytes: three numbers for each: node, bytes before, bytes after.
    static func json(_ paths: PathChanges) -> JSONValue {
        var columns = PathColumns()
        let least = leastBytes(paths.withoutPaths.map { Swift.max($0.bytesBefore, $0.bytesAfter) })
        var changes: [JSONValue] = []
        var small: [Int: (before: Int64, after: Int64)] = [:]
        for path in paths where path.bytesBefore != path.bytesAfter {
            guard Swift.max(path.bytesBefore, path.bytesAfter) < least else {
                changes += [Int64(columns.node(path.path)), path.bytesBefore, path.bytesAfter].map(JSONValue.integer)
                continue
            }
            let node = columns.sibling(of: path.path, named: smallFiles)
            small[node, default: (0, 0)].before += path.bytesBefore
            small[node, default: (0, 0)].after += path.bytesAfter
        }
        for (node, bytes) in small.sorted(by: { $0.key < $1.key }) {
            changes += [Int64(node), bytes.before, bytes.after].map(JSONValue.integer)
        }
        return columns.json(["changes": .array(changes)])
    }

    private static let smallFiles = "(small files)"

    private struct Small: Hashable {
        var node: Int
        var layer: Int
        var isWasted: Bool
    }

    /// The fewest bytes of a file that stands on its own; smaller ones stand together in their directory.
    private static func leastBytes(_ bytes: some Collection<Int64>) -> Int64 {
        bytes.count <= PageLimits.files ? 0 : bytes.sorted(by: >)[PageLimits.files]
    }
}
