import SystemPackage

/// What a directory tree occupies on the disk.
package enum StoreWalk {
    /// One file or directory that a walk came by.
    package struct Item: Sendable {
        /// The path of the directory that it is in, below the tree's root, parts separated by `/`; empty for that root.
        package let folder: String
        /// What it is.
        package let status: FileStatus
        /// Whether the walk has come by the inode before, under another name.
        package var isRepeated = false
        /// Where its name is; nil for the root.
        fileprivate let name: (list: NameList, place: Int)?

        /// The path below the tree's root, parts separated by `/`; empty for the root itself.
        package var path: String {
            guard let name else { return "" }
            let text = name.list.withBytes(of: name.place) { String(decoding: $0, as: UTF8.self) }
            return folder.isEmpty ? text : "\(folder)/\(text)"
        }

        /// How many names its directory has, its own among them.
        package var siblingCount: Int { name?.list.count ?? 1 }

        /// Calls `body` with the bytes of its name, which are none for the root.
        package func withName<T>(_ body: (UnsafeBufferPointer<UInt8>) -> T) -> T {
            guard let name else { return body(UnsafeBufferPointer(start: nil, count: 0)) }
            return name.list.withBytes(of: name.place, body)
        }
    }

    /// Calls `body` for the root and everything below it, each inode once, however many names it has.
    ///
    /// Directories come before what is in them, and a name is looked at some time before `body` is called for it. Symlinks are not
    /// followed and other file systems not entered; what vanishes meanwhile is passed over.
    package static func visit(
        _ root: Directory, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try visitNames(root) { item throws(StorageError) in
            if !item.isRepeated { try body(item) }
        }
    }

    /// An inode of any file system.
    private struct Inode: Hashable {
        let device: UInt64
        let number: UInt64
    }

    /// As `visit`, but every name of an inode; all but the first that the walk comes by are marked so.
    package static func visitNames(
        _ root: Directory, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try visitNames(root, entering: { _ in false }, body)
    }

    /// As `visitNames`, but not into directories that `isSkipped`, which `body` is called for all the same.
    package static func visitNames(
        _ root: Directory, skipping isSkipped: (Item) -> Bool, _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try visitNames(root, entering: { _ in false }, skipping: isSkipped, body)
    }

    /// As `visitNames`, of the folder `name` in another one.
    package static func visitNames(
        of name: String, in parent: Directory, skipping isSkipped: (Item) -> Bool = { _ in false },
        _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try walk(parent.directory(name), isAlone: true, entering: { _ in false }, skipping: isSkipped, body)
    }

    /// As `visitNames`, into other file systems as well.
    ///
    /// Another file system is entered where it is mounted at a path, below the root, that `isEntered`.
    package static func visitNames(
        _ root: Directory, entering isEntered: (String) -> Bool, skipping isSkipped: (Item) -> Bool = { _ in false },
        _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        try walk(root, isAlone: false, entering: isEntered, skipping: isSkipped, body)
    }

    /// Walks a tree; `isAlone` says that nobody else reads names by that object meanwhile.
    private static func walk(
        _ root: Directory, isAlone: Bool, entering isEntered: (String) -> Bool, skipping isSkipped: (Item) -> Bool,
        _ body: (Item) throws(StorageError) -> Void
    ) throws(StorageError) {
        let status = try root.status()
        var devices: Set<UInt64> = [status.device]
        var seen: Set<Inode> = []
        try body(Item(folder: "", status: status, name: nil))
        let cursor = try TreeCursor(root, isAlone: isAlone)
        // The directories on the way: a loop and no recursion, so that no tree is too deep.
        var levels = [Level(try cursor.nameList())]
        var folder = ""
        while let last = levels.indices.last {
            guard let (place, look) = levels[last].next(cursor.fd) else {
                levels.removeLast()
                try cursor.leave()
                folder = cursor.path.messageText
                continue
            }
            let names = levels[last].names
            do {
                let found = try look.status(root.path, cursor.path(of: names[place]))
                let isShared = found.linkCount > 1 && found.kind != .directory
                let isNew = { seen.insert(Inode(device: found.device, number: found.inode)).inserted }
                let item = Item(folder: folder, status: found, isRepeated: isShared && !isNew(), name: (names, place))
                if !devices.contains(found.device) {
                    guard found.kind == .directory, isEntered(item.path) else { continue }
                    devices.insert(found.device)
                }
                try body(item)
                guard found.kind == .directory, !isSkipped(item) else { continue }
                try cursor.enter(names[place])
                levels.append(Level(try cursor.nameList()))
                folder = item.path
            } catch let error where error.isAbsent {
                continue
            }
        }
    }

    /// A directory on the way of a walk.
    private struct Level {
        let names: NameList
        /// How many names have been looked at.
        private var count = 0
        /// What was seen of the last of them, and how many of those were come by.
        private var looks: [NameList.Look] = []
        private var used = 0

        init(_ names: NameList) { self.names = names }

        /// How many names are looked at before the walk comes by them.
        private static let aheadCount = 4096

        /// The next name, by its place, and what stands under it; nil after the last.
        mutating func next(_ fd: Int32) -> (place: Int, look: NameList.Look)? {
            if used == looks.count {
                guard count < names.count else { return nil }
                let ahead = count..<min(names.count, count + Self.aheadCount)
                looks = names.looks(ahead, in: fd)
                (count, used) = (ahead.upperBound, 0)
            }
            defer { used += 1 }
            return (count - looks.count + used, looks[used])
        }
    }

    /// Allocated bytes (`st_blocks × 512`) of the root and everything below it: what `du -s` says, in bytes.
    package static func allocatedBytes(of root: Directory) throws(StorageError) -> Int64 {
        var total: Int64 = 0
        try visit(root) { item throws(StorageError) in total += item.status.allocatedBytes }
        return total
    }
}
