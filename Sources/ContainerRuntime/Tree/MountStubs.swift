package import ContentStorage
package import LayerArchive
import OCISpec
package import StorageIO
import TextValues

extension MountStubs {
    /// The stubs for mounts at these paths of a tree.
    package init(_ targets: [String], in tree: StackedTree) throws(StorageError) {
        self.init()
        for target in targets {
            guard let path = try tree.resolve(Array(target.utf8)), try tree.item(at: path) == nil else { continue }
            stubs.insert(Self.text(path))
            var parent = path
            while let slash = parent.lastIndex(of: UInt8(ascii: "/")) {
                parent = Array(parent[..<slash])
                let text = Self.text(parent)
                if parents[text] == nil {
                    parents[text] = .some(
                        try tree.item(at: parent).map {
                            Attributes(mode: $0.item.mode & 0o7777, uid: $0.item.uid, gid: $0.item.gid)
                        })
                }
            }
        }
    }

    /// Whether a file or directory of an upper directory is there for its own sake.
    package func isChange(_ entry: TarHeader, isEmptyDirectory: Bool) -> Bool {
        let path = Self.text(entry.path)
        if stubs.contains(path) { return !(isEmptyDirectory || (entry.kind == .file && entry.size == 0)) }
        // A directory on the way to one: made for it, or changed in nothing but its time.
        guard isEmptyDirectory, let parent = parents[path] else { return true }
        guard let before = parent else { return false }
        return before.mode != UInt32(entry.mode) || before.uid != entry.uid || before.gid != entry.gid
    }

    /// Whether a file or directory of the whole tree is there for its own sake, and not only to be mounted on.
    package func isOwn(_ entry: TarHeader, isEmptyDirectory: Bool) -> Bool {
        let path = Self.text(entry.path)
        if stubs.contains(path) { return !(isEmptyDirectory || (entry.kind == .file && entry.size == 0)) }
        // A directory that was not there before, and has nothing in it but those.
        return !isEmptyDirectory || parents[path] != .some(nil)
    }

    private static func text(_ path: [UInt8]) -> ExactText { ExactText(String(decoding: path, as: UTF8.self)) }
}

extension StackedTree {
    /// Where a path leads, symlinks followed within the tree; nil where they lead in circles.
    package func resolve(_ path: [UInt8]) throws(StorageError) -> [UInt8]? {
        try PathWalk.resolve(PathWalk.cleaned(path)) { (path) throws(StorageError) in try link(at: path) }
    }
}
