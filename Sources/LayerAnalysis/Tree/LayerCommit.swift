import LayerArchive

extension MergedTree {
    /// Makes what the layer stored and hid the tree, and settles who lost a last name.
    mutating func commit(_ application: LayerApplication) {
        var application = application
        for hider in application.hiders where !isUnderHider(hider) { hide(below: hider, &application) }
        for node in application.stored { merge(node, &application) }
        for loser in application.losers { passOnLosses(loser, &application) }
        for loser in application.losers { settleLoss(loser, application.number) }
    }

    private func isUnderHider(_ node: Int32) -> Bool {
        var ancestor = nodes[Int(node)].parent
        while ancestor >= 0 {
            let above = nodes[Int(ancestor)]
            if above.whiteoutStamp == stamp || above.opaqueStamp == stamp || above.cutStamp == stamp { return true }
            ancestor = above.parent
        }
        return false
    }

    /// Takes away everything that markers and cuts hide at `hider` and below, each name for the cause that comes first.
    private mutating func hide(below hider: Int32, _ application: inout LayerApplication) {
        var pending: [(node: Int32, cause: WasteCause?)] = [(hider, nil)]
        while let (number, above) = pending.popLast() {
            let node = nodes[Int(number)]
            guard node.below != .absent else { continue }
            let here = node.whiteoutStamp == stamp ? earlier(above, .deleted) : above
            var under = here
            if node.opaqueStamp == stamp { under = earlier(under, .opaque) }
            if node.cutStamp == stamp { under = earlier(under, .typeChange) }
            if let here {
                if node.ownStamp == stamp {
                    // A directory that is made again as a missing parent is a new one.
                    nodes[Int(number)].isExplicitBelow = false
                    nodes[Int(number)].directoryLayer = -1
                } else {
                    remove(number, here, &application)
                }
            }
            guard node.below == .directory, under != nil else { continue }
            var child = node.firstChild
            while child >= 0 {
                pending.append((child, under))
                child = nodes[Int(child)].nextSibling
            }
        }
    }

    private func earlier(_ cause: WasteCause?, _ other: WasteCause) -> WasteCause {
        cause.map { min($0, other) } ?? other
    }

    private mutating func remove(_ node: Int32, _ cause: WasteCause, _ application: inout LayerApplication) {
        let below = nodes[Int(node)].below
        if below.isInode { loseName(below.inode, cause, &application) }
        nodes[Int(node)].below = .absent
        if nodes[Int(node)].isExplicitBelow { layers[application.number].removedCount += 1 }
        nodes[Int(node)].isExplicitBelow = false
    }

    private mutating func loseName(_ inode: Int32, _ cause: WasteCause, _ application: inout LayerApplication) {
        lose(inode, cause, &application)
        inodes[Int(inode)].nameCount -= 1
    }

    /// Makes what the layer stores at `number` part of the tree.
    private mutating func merge(_ number: Int32, _ application: inout LayerApplication) {
        let node = nodes[Int(number)]
        guard node.ownStamp == stamp else { return }
        let own = node.own.isInode ? NodeState.inode(resolved(node.own.inode)) : node.own
        if own != node.below {
            if node.below.isInode {
                loseName(node.below.inode, replacementCause(of: node.below.inode, by: own), &application)
            }
            if own.isInode { inodes[Int(own.inode)].nameCount += 1 }
        }
        if node.isExplicitOwn {
            if node.below == .absent {
                layers[application.number].addedCount += 1
            } else {
                layers[application.number].modifiedCount += 1
            }
            nodes[Int(number)].isExplicitBelow = true
        } else if node.below != .directory {
            nodes[Int(number)].isExplicitBelow = false
        }
        if node.ownEntry >= 0 {
            nodes[Int(number)].directoryLayer = Int32(application.number)
            nodes[Int(number)].directoryEntry = node.ownEntry
        } else if own != .directory || node.below != .directory {
            nodes[Int(number)].directoryLayer = -1
        }
        nodes[Int(number)].below = own
        // Done: should the node stand in the list twice, it is not merged again.
        nodes[Int(number)].ownStamp = 0
    }

    private mutating func replacementCause(of old: Int32, by own: NodeState) -> WasteCause {
        guard own.isInode, inodes[Int(own.inode)].kind == .file else { return .typeChange }
        let before = inodes[Int(old)]
        let after = inodes[Int(own.inode)]
        guard before.size == after.size, before.kind == .file else { return .overwritten }
        if before.size > 0, !tableLayers.isEmpty { noteDoubt(Int(before.layer), Int(after.layer)) }
        return before.content == after.content ? .metadataOnly : .overwritten
    }

    /// Notes that contents of two layers are compared, one of which is told by a table and the other is not.
    private mutating func noteDoubt(_ first: Int, _ second: Int) {
        let isTable = (tableLayers.contains(first), tableLayers.contains(second))
        if isTable.0 != isTable.1 { unsettledLayers.insert(isTable.0 ? first : second) }
    }

    /// Names that a link lost while it waited for its target are losses of the inode it stands for.
    private mutating func passOnLosses(_ link: Int32, _ application: inout LayerApplication) {
        let target = resolved(link)
        guard target != link else { return }
        for cause in WasteCause.allCases where inodes[Int(link)].losses.contains(cause) {
            lose(target, cause, &application)
        }
    }

    /// An inode that lost names in this layer and has none left is wasted.
    private mutating func settleLoss(_ number: Int32, _ layer: Int) {
        let inode = inodes[Int(number)]
        guard inode.standsFor < 0, inode.kind == .file, inode.nameCount == 0, let cause = inode.losses.first else { return }
        let storedBy = Int(inode.layer)
        wasted.append(
            WastedInode(inode: number, cause: cause, storedBy: storedBy, hiddenBy: layer, bytes: inode.size))
        layers[storedBy].hiddenBytes += inode.size
        layers[layer].hidesBytes += inode.size
    }
}
