import LayerAnalysis
import OCISpec

/// Paths as a tree in columns: the names of all nodes, and their parents, each before what it holds.
///
/// Paths are to come in order, so that what a directory holds comes together: in memory are the text of the columns and the names in the
/// directories on the way to the last path.
struct PathColumns {
    private var names = JSONArrayText()
    private var parents = JSONArrayText()
    private var count = 0
    /// The directories on the way to the last path, the root first.
    private var open: [Folder] = []

    private struct Folder {
        let node: Int
        let name: ArraySlice<UInt8>
        /// The nodes of what it holds, as far as it came.
        var children: [ArraySlice<UInt8>: Int] = [:]
    }

    init() {
        open = [Folder(node: make("", -1), name: [])]
    }

    /// The node of `path`, made with its parents where it is new.
    mutating func node(_ path: [UInt8]) -> Int {
        let parts = path.split(separator: UInt8(ascii: "/"))
        var depth = 0
        while depth < parts.count, depth + 1 < open.count, open[depth + 1].name == parts[depth] { depth += 1 }
        open.removeSubrange((depth + 1)...)
        for part in parts[depth...] { open.append(Folder(node: child(part), name: part)) }
        return open[open.count - 1].node
    }

    /// The node called `name` in the directory of `path`.
    mutating func sibling(of path: [UInt8], named name: String) -> Int {
        let slash = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
        _ = node(Array(path[..<slash]))
        return child(Array(name.utf8)[...])
    }

    /// The node called `name` in the innermost directory that is open.
    private mutating func child(_ name: ArraySlice<UInt8>) -> Int {
        let last = open.count - 1
        if let known = open[last].children[name] { return known }
        let number = make(PathText.text(Array(name)).text, open[last].node)
        open[last].children[name] = number
        return number
    }

    private mutating func make(_ name: String, _ parent: Int) -> Int {
        names.append(.string(name))
        parents.append(.count(parent))
        count += 1
        return count - 1
    }

    /// The text of the columns, with others beside them.
    func text(_ others: [(name: String, text: [UInt8])]) -> [UInt8] {
        JSONText.object([(name: "names", text: names.bytes), (name: "parents", text: parents.bytes)] + others)
    }
}

extension PathColumns {
    /// An image's bytes: `files` and `wasted`, three numbers for each: node, bytes, layer.
    static func text(_ stored: StoredContents) -> [UInt8] {
        var columns = PathColumns()
        let least = leastBytes(stored.bytes)
        var files = JSONArrayText()
        var wasted = JSONArrayText()
        var small: [Small: Int64] = [:]
        for part in stored {
            guard part.bytes < least else {
                let numbers = [Int64(columns.node(part.path)), part.bytes, Int64(part.layer)]
                if part.isWasted { wasted.append(numbers) } else { files.append(numbers) }
                continue
            }
            let node = columns.sibling(of: part.path, named: smallFiles)
            small[Small(node: node, layer: part.layer, isWasted: part.isWasted), default: 0] += part.bytes
        }
        for (key, bytes) in small.sorted(by: { ($0.key.node, $0.key.layer) < ($1.key.node, $1.key.layer) }) {
            let numbers = [Int64(key.node), bytes, Int64(key.layer)]
            if key.isWasted { wasted.append(numbers) } else { files.append(numbers) }
        }
        return columns.text([(name: "files", text: files.bytes), (name: "wasted", text: wasted.bytes)])
    }

    /// A diff's changes of bytes: three numbers for each: node, bytes before, bytes after.
    static func text(_ paths: PathChanges) -> [UInt8] {
        var columns = PathColumns()
        let least = leastBytes(paths.withoutPaths.map { Swift.max($0.bytesBefore, $0.bytesAfter) })
        var changes = JSONArrayText()
        var small: [Int: (before: Int64, after: Int64)] = [:]
        for path in paths where path.bytesBefore != path.bytesAfter {
            guard Swift.max(path.bytesBefore, path.bytesAfter) < least else {
                changes.append([Int64(columns.node(path.path)), path.bytesBefore, path.bytesAfter])
                continue
            }
            let node = columns.sibling(of: path.path, named: smallFiles)
            small[node, default: (0, 0)].before += path.bytesBefore
            small[node, default: (0, 0)].after += path.bytesAfter
        }
        for (node, bytes) in small.sorted(by: { $0.key < $1.key }) {
            changes.append([Int64(node), bytes.before, bytes.after])
        }
        return columns.text([(name: "changes", text: changes.bytes)])
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

extension JSONArrayText {
    /// Adds numbers behind the others.
    fileprivate mutating func append(_ numbers: [Int64]) {
        for number in numbers { append(.integer(number)) }
    }
}
