/// A bbolt file made from a dictionary, from the description of the format alone.
struct ModelFile {
    /// What stands under a key.
    indirect enum Node: Equatable {
        case value([UInt8])
        case bucket([[UInt8]: Node])

        var isBucket: Bool {
            if case .bucket = self { return true }
            return false
        }
    }

    let pageSize: Int
    private var pages: [Int: [UInt8]] = [:]
    private var next = 2
    private(set) var bytes: [UInt8] = []

    /// A file with these keys, committed as `transaction`.
    init(_ root: [[UInt8]: Node], pageSize: Int = 1024, transaction: UInt64 = 7) {
        self.pageSize = pageSize
        let page = tree(root)
        for (number, page) in pages.sorted(by: { $0.key < $1.key }) {
            if bytes.count < number * pageSize { bytes += [UInt8](repeating: 0, count: number * pageSize - bytes.count) }
            bytes += page
        }
        for number in 0...1 {
            let meta = Self.meta(number, pageSize, root: page, highWater: next, transaction: transaction - UInt64(number))
            bytes.replaceSubrange(number * pageSize..<number * pageSize + meta.count, with: meta)
        }
    }

    static func meta(_ number: Int, _ pageSize: Int, root: Int, highWater: Int, transaction: UInt64) -> [UInt8] {
        var fields = little(UInt32(0xED0C_DAED)) + little(UInt32(2)) + little(UInt32(pageSize)) + little(UInt32(0))
        fields += little(UInt64(root)) + little(UInt64(0)) + little(UInt64.max) + little(UInt64(highWater)) + little(transaction)
        var sum: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in fields { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return little(UInt64(number)) + little(UInt16(4)) + little(UInt16(0)) + little(UInt32(0)) + fields + little(sum)
    }

    static func little<N: FixedWidthInteger>(_ number: N) -> [UInt8] { withUnsafeBytes(of: number.littleEndian) { Array($0) } }

    /// Writes a bucket's pages and returns the number of its root.
    private mutating func tree(_ items: [[UInt8]: Node]) -> Int {
        var level: [(key: [UInt8], page: Int)] = []
        var leaf: [(key: [UInt8], value: [UInt8], flags: UInt32)] = []
        var size = 16
        for (key, node) in items.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let value = encoded(node)
            if !leaf.isEmpty, size + 16 + key.count + value.count > pageSize {
                level.append((leaf[0].key, write(2, Self.leaf(leaf), leaf.count)))
                leaf = []
                size = 16
            }
            leaf.append((key, value, node.isBucket ? 1 : 0))
            size += 16 + key.count + value.count
        }
        level.append((leaf.first?.key ?? [], write(2, Self.leaf(leaf), leaf.count)))
        while level.count > 1 {
            let width = 5
            level = stride(from: 0, to: level.count, by: width).map { start in
                let children = Array(level[start..<min(start + width, level.count)])
                return (children[0].key, write(1, Self.branch(children), children.count))
            }
        }
        return level[0].page
    }

    /// A value as it stands in a leaf; a small bucket without buckets in it stands there whole.
    private mutating func encoded(_ node: Node) -> [UInt8] {
        switch node {
        case .value(let bytes): return bytes
        case .bucket(let items):
            let values = items.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
            let plain = values.compactMap { key, node -> (key: [UInt8], value: [UInt8], flags: UInt32)? in
                if case .value(let bytes) = node { return (key, bytes, 0) }
                return nil
            }
            let body = Self.leaf(plain)
            guard plain.count == values.count, body.count <= pageSize / 4 else {
                return Self.little(UInt64(tree(items))) + Self.little(UInt64(0))
            }
            let head = Self.little(UInt64(0)) + Self.little(UInt16(2)) + Self.little(UInt16(plain.count)) + Self.little(UInt32(0))
            return [UInt8](repeating: 0, count: 16) + head + body
        }
    }

    private static func leaf(_ items: [(key: [UInt8], value: [UInt8], flags: UInt32)]) -> [UInt8] {
        var heads: [UInt8] = []
        var data: [UInt8] = []
        for (number, item) in items.enumerated() {
            let place = (items.count - number) * 16 + data.count
            heads += little(item.flags) + little(UInt32(place)) + little(UInt32(item.key.count))
            heads += little(UInt32(item.value.count))
            data += item.key + item.value
        }
        return heads + data
    }

    private static func branch(_ children: [(key: [UInt8], page: Int)]) -> [UInt8] {
        var heads: [UInt8] = []
        var data: [UInt8] = []
        for (number, child) in children.enumerated() {
            let place = (children.count - number) * 16 + data.count
            heads += little(UInt32(place)) + little(UInt32(child.key.count)) + little(UInt64(child.page))
            data += child.key
        }
        return heads + data
    }

    private mutating func write(_ flags: UInt16, _ body: [UInt8], _ count: Int) -> Int {
        let number = next
        let size = (16 + body.count + pageSize - 1) / pageSize
        next += size
        var page = Self.little(UInt64(number)) + Self.little(flags) + Self.little(UInt16(count)) + Self.little(UInt32(size - 1))
        page += body
        page += [UInt8](repeating: 0, count: size * pageSize - page.count)
        pages[number] = page
        return number
    }
}
