import LayerArchive

/// A record of a package manager, as the tree shows it.
struct PackageRecord {
    /// Where it shows, without a leading slash; the path tells what it is (`PackageFile`).
    var path: [UInt8]
    /// The file's inode; nil where something else than a regular file shows there.
    var inode: Int32?
}

/// Finds the records of package managers in a tree: by what it shows at their paths, whatever their files are called elsewhere.
///
/// Folders and files may be symlinks, as `dpkg`, `rpm` and Node follow them; a file may be a hard link. What several paths show is
/// one record, under the path that goes through the fewest symlinks.
struct PackageRecordSearch {
    private var resolver: TreeResolver
    private let tree: MergedTree
    private var records: [PackageRecord] = []
    /// Records that were found: a folder and the name of the file in it.
    private var seen: Set<Place> = []

    private struct Place: Hashable {
        var folder: Int32
        var name: [UInt8]
    }

    /// A search in `tree`.
    init(_ resolver: TreeResolver) {
        self.resolver = resolver
        tree = resolver.tree
    }

    /// All records, by path.
    mutating func found() -> [PackageRecord] {
        for path in PackageFile.systemPlaces { addFile(at: path) }
        for folder in PackageFile.systemFolders {
            if let node = resolver.node(at: folder[...], followsLast: true) { addFiles(in: node, shownAt: folder) }
        }
        let languages = languageFolders()
        for isLink in [false, true] {
            for node in languages where (tree.nodes[Int(node)].below != .directory) == isLink { addLanguageFolder(node) }
        }
        return records.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    /// What is called like a folder, or a file, of Python's or Node's, wherever it shows.
    private func languageFolders() -> [Int32] {
        tree.visibleNodes().filter { node in
            let name = tree.name(of: node)
            // Nearly all names end otherwise.
            guard let last = name.last, last == UInt8(ascii: "o") || last == UInt8(ascii: "s") else { return false }
            return name.elementsEqual("node_modules".utf8) || name.ends(with: ".dist-info") || name.ends(with: ".egg-info")
        }
    }

    private mutating func addLanguageFolder(_ node: Int32) {
        guard let target = resolver.resolved(node) else { return }
        let path = tree.path(of: node)
        guard tree.nodes[Int(target)].below == .directory else {
            if tree.name(of: node).ends(with: ".egg-info") { addFile(at: path) }
            return
        }
        if tree.name(of: node).elementsEqual("node_modules".utf8) {
            addNodePackages(in: target, shownAt: path)
        } else {
            for name in ["METADATA", "RECORD", "PKG-INFO", "installed-files.txt"] {
                add(name: Array(name.utf8)[...], of: target, shownAt: path)
            }
        }
    }

    /// The packages that lie in `folder`; a scope is a folder of packages.
    private mutating func addNodePackages(in folder: Int32, shownAt path: [UInt8], isScope: Bool = false) {
        for child in tree.visibleChildren(of: folder) {
            let name = tree.name(of: child)
            guard let target = resolver.resolved(child), tree.nodes[Int(target)].below == .directory else { continue }
            let place = path + [UInt8(ascii: "/")] + name
            if !isScope, name.first == UInt8(ascii: "@") {
                addNodePackages(in: target, shownAt: place, isScope: true)
            } else {
                add(name: Array("package.json".utf8)[...], of: target, shownAt: place)
            }
        }
    }

    private mutating func addFiles(in folder: Int32, shownAt path: [UInt8]) {
        for child in tree.visibleChildren(of: folder) { add(name: tree.name(of: child), of: folder, shownAt: path) }
    }

    private mutating func addFile(at path: [UInt8]) {
        let slash = path.lastIndex(of: UInt8(ascii: "/"))
        let folder = path[..<(slash ?? 0)]
        guard let node = resolver.node(at: folder, followsLast: true) else { return }
        add(name: path[(slash.map { $0 + 1 } ?? 0)...], of: node, shownAt: Array(folder))
    }

    /// Adds what `folder`, which shows at `path`, holds under that name, if it is a record.
    private mutating func add(name: ArraySlice<UInt8>, of folder: Int32, shownAt path: [UInt8]) {
        guard let child = tree.entry(name, of: folder) else { return }
        let place = path.isEmpty ? Array(name) : path + [UInt8(ascii: "/")] + name
        guard PackageFile(place) != nil, seen.insert(Place(folder: folder, name: Array(name))).inserted else { return }
        let target = resolver.resolved(child)
        // A folder is no record, and may be called like one.
        if let target, tree.nodes[Int(target)].below == .directory, target == child { return }
        let inode = target.map { tree.nodes[Int($0)].below.inode } ?? -1
        records.append(
            PackageRecord(path: place, inode: inode >= 0 && tree.inodes[Int(inode)].kind == .file ? inode : nil))
    }
}

extension ArraySlice<UInt8> {
    fileprivate func ends(with suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        guard count >= length else { return false }
        return self.suffix(length).elementsEqual(UnsafeBufferPointer(start: suffix.utf8Start, count: length))
    }
}
