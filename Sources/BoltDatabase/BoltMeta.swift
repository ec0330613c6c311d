// https://pkg.go.dev/go.etcd.io/bbolt, whose file format is in its sources `page.go` and `db.go`.

import StorageIO

/// What a meta page says of one committed state.
struct BoltMeta: Hashable {
    /// A page's head, which stands before the fields.
    static let headBytes = 16
    /// The head and all fields, the checksum included.
    static let bytes = 80

    private static let magic: UInt32 = 0xED0C_DAED
    private static let version: UInt32 = 2
    /// Of which bbolt makes its pages: it takes those of the machine that the file is made on.
    private static let pageSizes: [Int] = (9...16).map { 1 << $0 }

    let pageSize: Int
    /// The page of the bucket that holds all others.
    let root: UInt64
    /// One more than the greatest number of a page in use.
    let highWater: UInt64
    /// The state's number: one more with each commit.
    let transaction: UInt64

    /// The meta page that these bytes are; nil for anything that fails a check.
    init?(_ page: [UInt8]) {
        guard page.count >= Self.bytes else { return nil }
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(page[at + $1]) << UInt32(8 * $1) } }
        func long(_ at: Int) -> UInt64 { UInt64(word(at)) | UInt64(word(at + 4)) << 32 }
        guard word(16) == Self.magic, word(20) == Self.version, Self.pageSizes.contains(Int(word(24))),
            long(72) == Self.checksum(page[16..<72])
        else { return nil }
        pageSize = Int(word(24))
        root = long(32)
        highWater = long(56)
        transaction = long(64)
    }

    /// FNV-1a of 64 bits.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The two meta pages of a file as they are at one moment: of two equal looks no commit lies between.
    struct Pair: Equatable {
        /// The raw bytes of both, fewer where the file ends before.
        private let pages: [[UInt8]]
        /// The later of the valid states; nil where there is none.
        let newest: BoltMeta?

        /// Reads both.
        init(_ file: File) throws(StorageError) {
            let first = try Self.read(file, at: 0)
            let here = BoltMeta(first)
            var second: [UInt8] = []
            var there: BoltMeta?
            // Where the second stands, the first tells; a commit that was cut short may have left that one in pieces.
            for size in here.map({ [$0.pageSize] }) ?? BoltMeta.pageSizes {
                let page = try Self.read(file, at: Int64(size))
                guard let meta = BoltMeta(page) else {
                    if here != nil { second = page }
                    continue
                }
                guard meta.pageSize == size else { continue }
                (second, there) = (page, meta)
                break
            }
            pages = [first, second]
            newest = [here, there].compactMap(\.self).max { $0.transaction < $1.transaction }
        }

        static func == (left: Pair, right: Pair) -> Bool { left.pages == right.pages }

        private static func read(_ file: File, at offset: Int64) throws(StorageError) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: BoltMeta.bytes)
            let count = try file.readSome(into: &bytes, at: offset)
            return Array(bytes.prefix(count))
        }
    }
}
