package import LayerArchive
package import PackageDatabases

/// A package and what it really occupies in the tree.
package struct MeasuredPackage: Hashable, Sendable {
    package var manager: PackageManager
    package var name: String
    package var version: String
    /// The machine it is for, in the manager's word; nil where the manager has none.
    package var architecture: String?
    /// Bytes: logical sizes of the visible files that are its own, each inode once.
    package var bytes: Int64
    /// How many inodes these are.
    package var fileCount: Int

    /// A package from its parts.
    package init(
        manager: PackageManager, name: String, version: String, architecture: String?, bytes: Int64, fileCount: Int
    ) {
        self.manager = manager
        self.name = name
        self.version = version
        self.architecture = architecture
        self.bytes = bytes
        self.fileCount = fileCount
    }
}

/// The packages of an image, measured by its layers' own file lists, and what belongs to none.
///
/// Every visible file belongs to one package or to none: the packages' bytes and `unownedBytes` sum to the image's
/// `visibleBytes`. What two packages claim is the first one's, a system's package before one of a language.
package struct PackageInventory: Hashable, Sendable {
    /// By manager, name, version.
    package var packages: [MeasuredPackage]
    /// Bytes of visible files that no package claims; nil where the packages of a layer are not known.
    package var unownedBytes: Int64?
    /// Why packages may be missing.
    package var problems: [PackageProblem]

    /// An inventory from its parts.
    package init(packages: [MeasuredPackage], unownedBytes: Int64?, problems: [PackageProblem]) {
        self.packages = packages
        self.unownedBytes = unownedBytes
        self.problems = problems
    }
}

extension MergedTree {
    /// The packages that show; `indexes` are the layers applied so far, lowest first.
    package func inventory(_ indexes: [LayerIndex]) -> PackageInventory {
        let (documents, problems) = visibleDocuments(indexes)
        let reading = PackageReading(documents)
        var owners = Owners(inodeCount: inodes.count)
        // A package within another one's folder takes its files first.
        let order = reading.packages.indices.sorted { left, right in
            let (first, second) = (reading.packages[left], reading.packages[right])
            if first.manager != second.manager { return first.manager < second.manager }
            return (first.depth, right) > (second.depth, left)
        }
        var measured = reading.packages.map { package in
            MeasuredPackage(
                manager: package.manager, name: package.name, version: package.version, architecture: package.architecture,
                bytes: 0, fileCount: 0)
        }
        for number in order {
            for inode in claim(reading.packages[number].files, &owners) {
                measured[number].bytes += inodes[Int(inode)].size
                measured[number].fileCount += 1
            }
        }
        let owned = measured.reduce(0) { $0 + $1.bytes }
        let isKnown = !problems.contains(where: \.isOfLayer)
        return PackageInventory(
            packages: measured, unownedBytes: isKnown ? visibleBytes - owned : nil, problems: problems + reading.problems)
    }

    /// Which inodes have an owner.
    private struct Owners {
        private var isOwned: [Bool]

        init(inodeCount: Int) { isOwned = Array(repeating: false, count: inodeCount) }

        /// Whether the inode was nobody's, and is somebody's from now on.
        mutating func take(_ inode: Int32) -> Bool {
            if isOwned[Int(inode)] { return false }
            isOwned[Int(inode)] = true
            return true
        }
    }

    private func claim(_ files: InstalledPackage.Files, _ owners: inout Owners) -> [Int32] {
        switch files {
        case .paths(let paths):
            return paths.compactMap { path in
                guard let node = visibleNode(at: path) else { return nil }
                let inode = nodes[Int(node)].below.inode
                return inode >= 0 && owners.take(inode) ? inode : nil
            }
        case .directory(let path):
            guard let first = visibleNode(at: path) else { return [] }
            var taken: [Int32] = []
            var pending = [first]
            while let number = pending.popLast() {
                let node = nodes[Int(number)]
                if node.below.isInode, owners.take(node.below.inode) { taken.append(node.below.inode) }
                if node.below == .directory { pending += visibleChildren(of: number) }
            }
            return taken
        }
    }

    /// The package managers' files that show, by path.
    private func visibleDocuments(
        _ indexes: [LayerIndex]
    ) -> (documents: [(path: [UInt8], bytes: [UInt8])], problems: [PackageProblem]) {
        var problems: [PackageProblem] = []
        var contents: [EntrySource: [UInt8]] = [:]
        var omitted: Set<EntrySource> = []
        for (number, index) in indexes.enumerated() {
            guard let documents = index.documents else {
                problems.append(PackageProblem(path: [], reason: .unknownLayer(number)))
                continue
            }
            omitted.formUnion(documents.omitted.map { EntrySource(layer: number, entry: $0) })
            do throws(RecordDecodeError) {
                for document in try documents.contents() {
                    contents[EntrySource(layer: number, entry: document.entry)] = document.bytes
                }
            } catch {
                problems.append(PackageProblem(path: [], reason: .unknownLayer(number)))
            }
        }
        var found: [(path: [UInt8], bytes: [UInt8])] = []
        for node in visibleNodes() where nodes[Int(node)].below.isInode {
            let inode = inodes[Int(nodes[Int(node)].below.inode)]
            guard inode.kind == .file else { continue }
            let source = EntrySource(layer: Int(inode.layer), entry: Int(inode.entry))
            if let bytes = contents[source] {
                found.append((path(of: node), bytes))
            } else if omitted.contains(source) {
                problems.append(PackageProblem(path: path(of: node), reason: .tooLarge))
            } else if name(of: node).starts(with: "Packages".utf8) {
                let path = path(of: node)
                if PackageFile(path) == .rpmOldDatabase { problems.append(PackageProblem(path: path, reason: .unsupported)) }
            }
        }
        return (found, problems)
    }

    /// What shows at `path`, through directory symlinks, the last part not followed.
    func visibleNode(at path: [UInt8]) -> Int32? {
        var hops = 0
        return walk(path[...], from: Self.root, &hops)
    }

    private func walk(_ path: ArraySlice<UInt8>, from start: Int32, _ hops: inout Int) -> Int32? {
        var here = start
        var rest = path.split(separator: UInt8(ascii: "/"))[...]
        while let part = rest.popFirst() {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                here = max(nodes[Int(here)].parent, Self.root)
                continue
            }
            guard let next = part.withUnsafeBufferPointer({ names.existingChild($0, of: here, in: nodes) }),
                nodes[Int(next)].below != .absent
            else { return nil }
            let inode = nodes[Int(next)].below.inode
            guard !rest.isEmpty, inode >= 0 else {
                here = next
                continue
            }
            guard let target = follow(inode, from: here, &hops) else { return nil }
            here = target
        }
        return here
    }

    /// The directory that a symlink in `folder` leads to.
    private func follow(_ number: Int32, from folder: Int32, _ hops: inout Int) -> Int32? {
        let link = inodes[Int(number)]
        guard link.kind == .symlink, hops < 255 else { return nil }
        hops += 1
        let target = names.bytes[Int(link.linkStart)..<Int(link.linkStart + link.linkLength)]
        let start = target.first == UInt8(ascii: "/") ? Self.root : folder
        guard let node = walk(target, from: start, &hops) else { return nil }
        let inode = nodes[Int(node)].below.inode
        return inode < 0 ? node : follow(inode, from: max(nodes[Int(node)].parent, Self.root), &hops)
    }
}

extension InstalledPackage {
    /// How deep its folder is; 0 for one that lists its paths.
    fileprivate var depth: Int {
        guard case .directory(let path) = files else { return 0 }
        return path.split(separator: UInt8(ascii: "/")).count
    }
}
