/// Finds a child by its parent and name: an open-addressing table over the tree's nodes.
struct NameTable: Sendable {
    private var slots: [Slot]
    private var count = 0
    /// All bytes that nodes and symlinks point into.
    private(set) var bytes: [UInt8] = []

    private struct Slot: Sendable {
        var hash: UInt32
        var node: Int32
    }

    init() {
        slots = Array(repeating: Slot(hash: 0, node: -1), count: 1024)
    }

    /// The slot of the child `name` of `parent`, or a place for it.
    private func find(_ name: UnsafeBufferPointer<UInt8>, of parent: Int32, hash: UInt32, in nodes: [TreeNode]) -> Int {
        let mask = slots.count - 1
        var place = Int(hash) & mask
        while slots[place].node >= 0 {
            if slots[place].hash == hash, matches(nodes[Int(slots[place].node)], name, parent) { return place }
            place = (place + 1) & mask
        }
        return place
    }

    private func matches(_ node: TreeNode, _ name: UnsafeBufferPointer<UInt8>, _ parent: Int32) -> Bool {
        guard node.parent == parent, Int(node.nameLength) == name.count else { return false }
        let start = Int(node.nameStart)
        return bytes.withUnsafeBufferPointer { stored in
            for offset in 0..<name.count where stored[start + offset] != name[offset] { return false }
            return true
        }
    }

    /// The child `name` of `parent`, if a path ever led there.
    func existingChild(_ name: UnsafeBufferPointer<UInt8>, of parent: Int32, in nodes: [TreeNode]) -> Int32? {
        let node = slots[find(name, of: parent, hash: Self.hash(name, parent), in: nodes)].node
        return node < 0 ? nil : node
    }

    /// The child `name` of `parent`, made when there is none.
    mutating func child(_ name: UnsafeBufferPointer<UInt8>, of parent: Int32, in nodes: inout [TreeNode]) -> Int32 {
        let hash = Self.hash(name, parent)
        let place = find(name, of: parent, hash: hash, in: nodes)
        if slots[place].node >= 0 { return slots[place].node }
        let number = Int32(nodes.count)
        var node = TreeNode(parent: parent, nameStart: UInt32(bytes.count), nameLength: UInt32(name.count))
        node.nextSibling = nodes[Int(parent)].firstChild
        nodes[Int(parent)].firstChild = number
        bytes.append(contentsOf: name)
        nodes.append(node)
        slots[place] = Slot(hash: hash, node: number)
        count += 1
        if count * 4 > slots.count * 3 { grow() }
        return number
    }

    /// Keeps `target` and returns where it starts.
    mutating func keep(_ target: UnsafeBufferPointer<UInt8>) -> UInt32 {
        let start = UInt32(bytes.count)
        bytes.append(contentsOf: target)
        return start
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(hash: 0, node: -1), count: old.count * 2)
        let mask = slots.count - 1
        for slot in old where slot.node >= 0 {
            var place = Int(slot.hash) & mask
            while slots[place].node >= 0 { place = (place + 1) & mask }
            slots[place] = slot
        }
    }

    /// Multiply and fold over eight bytes at a time, seeded with the parent.
    private static func hash(_ name: UnsafeBufferPointer<UInt8>, _ parent: Int32) -> UInt32 {
        let raw = UnsafeRawBufferPointer(name)
        var state = (UInt64(UInt32(bitPattern: parent)) &+ 1) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= raw.count {
            state = mix(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var tail = UInt64(raw.count)
        while offset < raw.count {
            tail = tail << 8 | UInt64(raw[offset])
            offset += 1
        }
        let mixed = mix(state ^ tail)
        return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let wide = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return wide.high ^ wide.low
    }
}
