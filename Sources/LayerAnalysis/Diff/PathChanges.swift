import LayerArchive

/// The paths that differ between two trees, by path; a path is spelt, and what stands there is looked up, when somebody asks for its
/// element.
///
/// In memory are both trees and twelve bytes a change, never all paths.
package struct PathChanges: Sendable {
    /// A change as two nodes.
    struct Row: Sendable {
        /// In the tree before; -1 for what was added.
        var before: Int32
        /// In the tree after; -1 for what was removed.
        var after: Int32
        /// Empty for a path that only one shows.
        var fields: PathChange.Fields

        var change: PathChange.Change {
            if before < 0 { return .added }
            if after < 0 { return .removed }
            return fields.isDisjoint(with: .substance) ? .metadata : .modified
        }
    }

    private let before: TreeThings
    private let after: TreeThings
    private let rows: [Row]

    /// The changes of `rows`, which are in the order of their paths.
    init(from before: TreeThings, to after: TreeThings, _ rows: [Row]) {
        self.before = before
        self.after = after
        self.rows = rows
    }

    /// The changes with an empty path in each, for what is counted or measured before anything is written.
    package var withoutPaths: some RandomAccessCollection<PathChange> { rows.lazy.map { change($0, []) } }

    private func change(_ row: Row, _ path: [UInt8]) -> PathChange {
        let old = row.before < 0 ? nil : before.thing(at: row.before)
        let new = row.after < 0 ? nil : after.thing(at: row.after)
        return PathChange(
            path: path, change: row.change, fields: row.fields, kindBefore: old?.kind, kindAfter: new?.kind,
            bytesBefore: old.map { before.bytes($0, at: row.before) } ?? 0,
            bytesAfter: new.map { after.bytes($0, at: row.after) } ?? 0, layerBefore: old?.layer, layerAfter: new?.layer)
    }
}

extension PathChanges: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }

    /// The change of one row, made when it is asked for: rows hold numbers, which take less memory.
    package subscript(place: Int) -> PathChange {
        let row = rows[place]
        return change(row, row.before < 0 ? after.tree.path(of: row.after) : before.tree.path(of: row.before))
    }

    /// Goes through the changes, spelling what two paths share once.
    package func makeIterator() -> some IteratorProtocol<PathChange> {
        var (old, new) = (PathSpeller(before.tree), PathSpeller(after.tree))
        return rows.lazy.map { row in
            change(row, row.before < 0 ? new.path(of: row.after) : old.path(of: row.before))
        }.makeIterator()
    }
}
