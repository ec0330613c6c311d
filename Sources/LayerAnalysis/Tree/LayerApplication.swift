package import LayerArchive

extension MergedTree {
    /// Puts `layer` on top of the tree.
    ///
    /// Entries are taken in the order of the tar; markers act on the layers below wherever they stand.
    /// After an error the tree is of no more use.
    package mutating func apply(_ layer: LayerIndex) throws(AnalysisError) {
        var application = LayerApplication(number: layers.count)
        try apply(layer, &application)
    }

    /// The same; `places` becomes the node that each entry is about, of an opaque marker its directory.
    mutating func apply(_ layer: LayerIndex, places: inout [Int32]) throws(AnalysisError) {
        var application = LayerApplication(number: layers.count)
        application.places = []
        try apply(layer, &application)
        places = application.places ?? []
    }

    private mutating func apply(_ layer: LayerIndex, _ application: inout LayerApplication) throws(AnalysisError) {
        stamp += 1
        var figures = LayerFigures()
        figures.entryCount = layer.count
        figures.contentBytes = layer.contentBytes
        layers.append(figures)
        reserve(layer.count)
        try store(layer, &application)
        try settleLinks(&application)
        commit(application)
    }

    /// Makes room for what a layer stores: an array that doubles when it is full has up to twice the memory that it needs.
    private mutating func reserve(_ entryCount: Int) {
        Self.reserve(entryCount + entryCount / 16, in: &nodes)
        Self.reserve(entryCount, in: &inodes)
    }

    /// Room for `count` elements more, and an eighth of what there is where that is more, so that many small layers do not each
    /// move the array.
    private static func reserve<Element>(_ count: Int, in array: inout [Element]) {
        guard array.capacity - array.count < count else { return }
        array.reserveCapacity(array.count + max(count, array.count / 8))
    }

    private mutating func store(_ layer: LayerIndex, _ application: inout LayerApplication) throws(AnalysisError) {
        do {
            try layer.pathBytes.withUnsafeBufferPointer { paths in
                try layer.linkBytes.withUnsafeBufferPointer { links in
                    for entry in 0..<layer.count {
                        let path = UnsafeBufferPointer(rebasing: paths[layer.pathRange(entry)])
                        let link = UnsafeBufferPointer(rebasing: links[layer.linkRange(entry)])
                        try place(entry, of: layer, path, link, &application)
                    }
                }
            }
        } catch let error as AnalysisError {
            throw error
        } catch {
            preconditionFailure("placing an entry throws only AnalysisError")
        }
    }

    private mutating func place(
        _ entry: Int, of layer: LayerIndex, _ path: UnsafeBufferPointer<UInt8>, _ link: UnsafeBufferPointer<UInt8>,
        _ application: inout LayerApplication
    ) throws(AnalysisError) {
        let kind = layer.kinds[entry]
        if kind == .opaque {
            let node = directory(path, cache: &application.directories).node
            application.places?.append(node)
            markOpaque(node, &application)
            return
        }
        guard !path.isEmpty else {
            guard kind == .directory else { throw .rootIsNoDirectory(layer: application.number) }
            application.places?.append(Self.root)
            storeDirectory(Self.root, entry, &application)
            return
        }
        let (parent, name) = split(path)
        let place = child(name, of: directory(parent, cache: &application.directories))
        application.places?.append(place.node)
        switch kind {
        case .opaque: break
        case .whiteout: markWhiteout(place.node, &application)
        case .directory: storeDirectory(place.node, entry, &application)
        case .hardLink: storeLink(place.node, entry, to: link, &application)
        case .file, .symlink, .characterDevice, .blockDevice, .fifo, .socket:
            var inode = TreeInode(
                kind: kind, layer: Int32(application.number), entry: Int32(entry), node: place.node,
                size: layer.sizes[entry], content: layer.contents[entry])
            if kind == .symlink {
                inode.linkStart = names.keep(link)
                inode.linkLength = UInt32(link.count)
            }
            inodes.append(inode)
            storeInode(Int32(inodes.count - 1), at: place.node, &application)
        }
    }

    private func split(
        _ path: UnsafeBufferPointer<UInt8>
    ) -> (parent: UnsafeBufferPointer<UInt8>, name: UnsafeBufferPointer<UInt8>) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
            return (UnsafeBufferPointer(rebasing: path[..<0]), path)
        }
        return (UnsafeBufferPointer(rebasing: path[..<slash]), UnsafeBufferPointer(rebasing: path[(slash + 1)...]))
    }

    private mutating func markWhiteout(_ node: Int32, _ application: inout LayerApplication) {
        guard nodes[Int(node)].whiteoutStamp != stamp else { return }
        nodes[Int(node)].whiteoutStamp = stamp
        application.hiders.append(node)
        application.directories.clear()
    }

    private mutating func markOpaque(_ node: Int32, _ application: inout LayerApplication) {
        guard nodes[Int(node)].opaqueStamp != stamp else { return }
        nodes[Int(node)].opaqueStamp = stamp
        application.hiders.append(node)
        application.directories.clear()
    }

    private mutating func storeDirectory(_ node: Int32, _ entry: Int, _ application: inout LayerApplication) {
        ownDirectory(node, &application)
        nodes[Int(node)].ownEntry = Int32(entry)
        nodes[Int(node)].isExplicitOwn = true
    }

    /// Makes `node` and all above it directories of this layer; what stands in the way is replaced.
    private mutating func ownDirectory(_ node: Int32, _ application: inout LayerApplication) {
        var chain: [Int32] = []
        var ancestor = node
        while ancestor >= 0, nodes[Int(ancestor)].ownStamp != stamp || nodes[Int(ancestor)].own != .directory {
            chain.append(ancestor)
            ancestor = nodes[Int(ancestor)].parent
        }
        for place in chain.reversed() {
            let isOwn = nodes[Int(place)].ownStamp == stamp
            let replaced = isOwn ? nodes[Int(place)].own.inode : nodes[Int(place)].below.inode
            if replaced >= 0 { application.directories.clear() }
            if isOwn {
                lose(replaced, .duplicateEntry, &application)
                nodes[Int(place)].isExplicitOwn = false
                nodes[Int(place)].firstOwnChild = -1
            }
            setOwn(.directory, at: place, &application)
        }
    }

    /// Puts `inode` at `node`; what the layer stored there before, and below there, is replaced.
    mutating func storeInode(_ inode: Int32, at node: Int32, _ application: inout LayerApplication) {
        ownDirectory(nodes[Int(node)].parent, &application)
        let isOwn = nodes[Int(node)].ownStamp == stamp
        if isOwn, nodes[Int(node)].own.isInode, resolved(nodes[Int(node)].own.inode) == resolved(inode) { return }
        if isOwn {
            if nodes[Int(node)].own == .directory {
                releaseOwn(below: node, &application)
            } else {
                lose(nodes[Int(node)].own.inode, .duplicateEntry, &application)
            }
        }
        let hidesDirectory = (isOwn && nodes[Int(node)].own == .directory) || nodes[Int(node)].below == .directory
        let replaced = isOwn ? nodes[Int(node)].own.inode : nodes[Int(node)].below.inode
        if hidesDirectory || mayLeadOn(inode) || mayLeadOn(replaced) { application.directories.clear() }
        if nodes[Int(node)].below == .directory, nodes[Int(node)].cutStamp != stamp {
            nodes[Int(node)].cutStamp = stamp
            application.hiders.append(node)
        }
        setOwn(.inode(inode), at: node, &application)
        nodes[Int(node)].isExplicitOwn = true
        application.settle(waitersOn: node, with: inode, in: &inodes)
    }

    /// Whether paths may go through `inode`.
    private func mayLeadOn(_ inode: Int32) -> Bool {
        let number = resolved(inode)
        return number >= 0 && (inodes[Int(number)].kind == .symlink || inodes[Int(number)].isPending)
    }

    /// Notes that the layer stores `state` at `node`, whose parent is one of the layer's directories by now.
    private mutating func setOwn(_ state: NodeState, at node: Int32, _ application: inout LayerApplication) {
        if nodes[Int(node)].ownStamp != stamp {
            nodes[Int(node)].ownStamp = stamp
            nodes[Int(node)].isExplicitOwn = false
            nodes[Int(node)].firstOwnChild = -1
            let parent = nodes[Int(node)].parent
            if parent >= 0 {
                nodes[Int(node)].nextOwn = nodes[Int(parent)].firstOwnChild
                nodes[Int(parent)].firstOwnChild = node
            }
            application.stored.append(node)
        }
        nodes[Int(node)].own = state
        nodes[Int(node)].ownEntry = -1
    }

    /// Takes back everything this layer stored below `node`.
    private mutating func releaseOwn(below node: Int32, _ application: inout LayerApplication) {
        var pending = [nodes[Int(node)].firstOwnChild]
        nodes[Int(node)].firstOwnChild = -1
        while let next = pending.popLast() {
            guard next >= 0 else { continue }
            pending.append(nodes[Int(next)].nextOwn)
            if nodes[Int(next)].own == .directory {
                pending.append(nodes[Int(next)].firstOwnChild)
            } else {
                lose(nodes[Int(next)].own.inode, .duplicateEntry, &application)
            }
            nodes[Int(next)].ownStamp = 0
        }
    }

    /// Notes that a name of `inode` went for `cause`; whether it was the last shows when the layer is committed.
    mutating func lose(_ inode: Int32, _ cause: WasteCause, _ application: inout LayerApplication) {
        if inodes[Int(inode)].lossStamp != stamp {
            inodes[Int(inode)].lossStamp = stamp
            inodes[Int(inode)].losses = WasteCauseSet()
            application.losers.append(inode)
        }
        inodes[Int(inode)].losses.insert(cause)
    }
}
