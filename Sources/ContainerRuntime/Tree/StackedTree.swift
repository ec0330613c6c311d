// https://docs.kernel.org/filesystems/overlayfs.html#upper-and-lower

import LayerArchive
package import StorageIO
import SystemPackage
import TextValues

/// The tree that an overlay of directories shows, looked up without a mount.
///
/// Paths are raw bytes without a leading slash; no symlink is followed. Which directories make up a merged one is remembered, so
/// one tree is for one command: directories that change meanwhile are seen as they were. Used by one thread at a time.
package final class StackedTree {
    private let readers: [TreeReader]
    private let marks: OverlayMarks
    /// For a merged directory, the numbers of the directories that it consists of, uppermost first.
    private var parts: [[UInt8]: [Int]] = [:]

    private static let slash = UInt8(ascii: "/")

    /// The tree of these directories, uppermost first, in which `marks` say what is gone.
    package init(_ directories: [Directory], marks: OverlayMarks = .own) {
        readers = directories.map(TreeReader.init)
        self.marks = marks
    }

    /// What shows right at `path`, and which of the directories has it; nil where nothing does.
    package func item(at path: [UInt8]) throws(StorageError) -> (item: TreeItem, place: Int)? {
        guard let name = path.split(separator: Self.slash).last else {
            return try readers.first?.item(at: []).map { ($0, 0) }
        }
        for place in try places(of: Array(path.dropLast(name.count).dropLast())) {
            guard let item = try readers[place].item(at: path) else { continue }
            return item.isWhiteout ? nil : (item, place)
        }
        return nil
    }

    /// The regular file that shows right at `path`, opened for reading; nil for anything else.
    package func file(at path: [UInt8]) throws(StorageError) -> File? {
        guard let (item, place) = try item(at: path), item.status.kind == .file else { return nil }
        return try readers[place].file(at: path)
    }

    /// The target of the symlink that shows at `path`; nil for anything else.
    package func link(at path: [UInt8]) throws(StorageError) -> [UInt8]? {
        guard let (item, place) = try item(at: path), item.status.kind == .symlink else { return nil }
        return try readers[place].link(at: path)
    }

    /// The names that show in the directory at `folder`, in no particular order; none where something else is.
    func names(of folder: [UInt8]) throws(StorageError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        for place in try places(of: folder) {
            for item in try readers[place].items(of: folder) where seen.insert(item.name).inserted && !item.isWhiteout {
                names.append(item.name)
            }
        }
        return names
    }

    /// The numbers of the directories that make up the one at `folder`; a loop and no recursion, so that no path is too deep.
    private func places(of folder: [UInt8]) throws(StorageError) -> [Int] {
        var here = folder
        var pending: [[UInt8]] = []
        while !here.isEmpty, parts[here] == nil {
            let (parent, name) = PathWalk.split(here)
            pending.append(name)
            here = parent
        }
        var found = parts[here] ?? Array(readers.indices)
        for name in pending.reversed() {
            here = here.isEmpty ? name : here + [Self.slash] + name
            found = try places(of: here, among: found)
            parts[here] = found
        }
        return found
    }

    private func places(of folder: [UInt8], among above: [Int]) throws(StorageError) -> [Int] {
        var found: [Int] = []
        for place in above {
            guard let item = try readers[place].item(at: folder) else { continue }
            // A whiteout, or a file: what lies below it does not show.
            guard item.status.kind == .directory else { break }
            found.append(place)
            if try marks.isOpaque(try readers[place].fileOrDirectory(at: folder)) { break }
        }
        return found
    }
}
