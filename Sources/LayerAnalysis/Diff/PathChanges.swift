import LayerArchive

/// The paths that differ between two trees, by path; a path is spelt when somebody asks for its element.
///
/// In memory are both trees and some forty bytes a change, never all paths.
package struct PathChanges: Sendable {
    /// A change before its path is spelt.
    struct Row: Sendable {
        /// In the tree after for what was added, else in the one before.
        var node: Int32
        var change: PathChange.Change
        var fields: PathChange.Fields
        var kindBefore: EntryKind?
        var kindAfter: EntryKind?
        var bytesBefore: Int64
        var bytesAfter: Int64
        /// -1 for none.
        var layerBefore: Int32
        var layerAfter: Int32

        func change(_ path: [UInt8]) -> PathChange {
            PathChange(
                path: path, change: change, fields: fields, kindBefore: kindBefore, kindAfter: kindAfter,
                bytesBefore: bytesBefore, bytesAfter: bytesAfter, layerBefore: layerBefore < 0 ? nil : Int(layerBefore),
                layerAfter: layerAfter < 0 ? nil : Int(layerAfter))
        }
    }

    private let before: MergedTree
    private let after: MergedTree
    private let rows: [Row]

    /// The changes of `rows`, which are in the order of their paths.
    init(from before: MergedTree, to after: MergedTree, _ rows: [Row]) {
        self.before = before
        self.after = after
        self.rows = rows
    }

    /// The changes with an empty path in each, for what is counted or measured before anything is written.
    package var withoutPaths: some RandomAccessCollection<PathChange> { rows.lazy.map { $0.change([]) } }
}

extension PathChanges: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    /// The change of one row, made when it is asked for: rows hold numbers, which take less memory.
    package subscript(place: Int) -> PathChange {
        let row = rows[place]
        return row.change(row.change == .added ? after.path(of: row.node) : before.path(of: row.node))
    }

    /// Goes through the changes, spelling what two paths share once.
    package func makeIterator() -> some IteratorProtocol<PathChange> {
        var (old, new) = (PathSpeller(before), PathSpeller(after))
        return rows.lazy.map { row in
            row.change(row.change == .added ? new.path(of: row.node) : old.path(of: row.node))
        }.makeIterator()
    }
}
