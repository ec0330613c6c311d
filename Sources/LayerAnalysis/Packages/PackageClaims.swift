import LayerArchive
import PackageDatabases

/// Gives every visible inode to the first package that claims it.
struct PackageClaims {
    private let tree: MergedTree
    private var resolver: TreeResolver
    private var isOwned: [Bool]
    /// Folders of packages that have theirs already: all below is somebody's.
    private var settled: Set<Int32> = []

    /// Claims in the resolver's tree; nothing has an owner yet.
    init(_ resolver: TreeResolver) {
        self.resolver = resolver
        tree = resolver.tree
        isOwned = Array(repeating: false, count: resolver.tree.inodes.count)
    }

    /// The packages, in their order, with what each really occupies.
    ///
    /// A system's package comes before one of a language, and a package within another one's folder before that.
    mutating func measured(_ packages: [InstalledPackage]) -> [MeasuredPackage] {
        var measured = packages.map { package in
            MeasuredPackage(
                manager: package.manager, name: package.name, version: package.version, architecture: package.architecture,
                bytes: 0, fileCount: 0, place: package.place)
        }
        let roots = packages.map { root(of: $0) }
        let depths = roots.map { $0.map(depth) ?? 0 }
        let order = packages.indices.sorted { left, right in
            if packages[left].manager != packages[right].manager { return packages[left].manager < packages[right].manager }
            return (depths[left], right) > (depths[right], left)
        }
        for number in order {
            let inodes =
                switch packages[number].files {
                case .listed(let files): claim(files)
                case .directory: roots[number].map { claimAll(below: $0) } ?? []
                }
            for inode in inodes { measured[number].bytes += tree.inodes[Int(inode)].size }
            measured[number].fileCount = inodes.count
        }
        return measured
    }

    /// The folder of a package that is a folder.
    private mutating func root(of package: InstalledPackage) -> Int32? {
        guard case .directory(let path) = package.files else { return nil }
        return resolver.node(at: path[...], followsLast: true)
    }

    private func depth(_ node: Int32) -> Int {
        var depth = 1
        var node = node
        while node > MergedTree.root {
            node = tree.nodes[Int(node)].parent
            depth += 1
        }
        return depth
    }

    private mutating func claim(_ files: FileList) -> [Int32] {
        let folders = (0..<files.folders.count).map { resolver.node(at: files.folders[$0], followsLast: true) }
        var taken: [Int32] = []
        for number in 0..<files.count {
            let name = files.names[number]
            guard name.first == UInt8(ascii: "/") || folders[files.folder(ofName: number)] != nil,
                let node = resolver.node(
                    at: name, from: folders[files.folder(ofName: number)] ?? MergedTree.root, followsLast: false)
            else { continue }
            take(node, into: &taken)
        }
        return taken
    }

    private mutating func claimAll(below root: Int32) -> [Int32] {
        var taken: [Int32] = []
        var pending = [root]
        while let node = pending.popLast() {
            take(node, into: &taken)
            if tree.nodes[Int(node)].below == .directory {
                pending += tree.visibleChildren(of: node).filter { !settled.contains($0) }
            }
        }
        settled.insert(root)
        return taken
    }

    /// Takes the inode at `node`, unless it is somebody's.
    private mutating func take(_ node: Int32, into taken: inout [Int32]) {
        let inode = tree.nodes[Int(node)].below.inode
        guard inode >= 0, !isOwned[Int(inode)] else { return }
        isOwned[Int(inode)] = true
        taken.append(inode)
    }
}
