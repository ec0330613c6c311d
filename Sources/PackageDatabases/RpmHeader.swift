// https://rpm-software-management.github.io/rpm/manual/format_header.html

/// The part of a package's header that says what it is and what it owns.
///
/// What ends too early or points beyond the end is an error: half a list of files would pass for the whole.
struct RpmHeader {
    private enum Tag {
        static let name: UInt32 = 1000
        static let version: UInt32 = 1001
        static let release: UInt32 = 1002
        static let epoch: UInt32 = 1003
        static let architecture: UInt32 = 1022
        static let directoryIndexes: UInt32 = 1116
        static let baseNames: UInt32 = 1117
        static let directoryNames: UInt32 = 1118
    }

    private struct Item {
        var offset: Int
        var count: Int
    }

    private let bytes: [UInt8]
    /// Where the values end.
    private let end: Int
    private var items: [UInt32: Item] = [:]

    /// Two big-endian numbers (items, bytes of the store), the items of 16 bytes each, the store.
    init(_ bytes: [UInt8]) throws(RpmDatabaseError) {
        self.bytes = bytes
        let count = Int(try Self.word(bytes, 0))
        let size = Int(try Self.word(bytes, 4))
        let store = 8 + 16 * count
        guard count <= 1 << 20, store + size <= bytes.count else { throw .badHeader }
        end = store + size
        for number in 0..<count {
            let at = 8 + 16 * number
            let item = Item(
                offset: store + Int(try Self.word(bytes, at + 8)), count: Int(try Self.word(bytes, at + 12)))
            guard item.offset <= end else { throw .badHeader }
            items[try Self.word(bytes, at)] = item
        }
    }

    /// The package; a header without a name or a version is none.
    func package() throws(RpmDatabaseError) -> InstalledPackage {
        guard let name = try text(Tag.name), let version = try text(Tag.version), !name.isEmpty else { throw .badHeader }
        let release = try text(Tag.release).map { "-" + $0 } ?? ""
        let epoch = try words(Tag.epoch).first.map { "\($0):" } ?? ""
        return InstalledPackage(
            .rpm, name: name, version: epoch + version + release, architecture: try text(Tag.architecture),
            files: .listed(try files()))
    }

    private func files() throws(RpmDatabaseError) -> FileList {
        var files = FileList()
        let folderCount = try eachText(Tag.directoryNames) { _ = files.addFolder($0) }
        let places = try words(Tag.directoryIndexes)
        guard places.allSatisfy({ Int($0) < folderCount }) else { throw .badHeader }
        guard places.count == items[Tag.baseNames]?.count ?? 0 else { throw .badHeader }
        var next = 0
        _ = try eachText(Tag.baseNames) { name in
            files.add(name, in: Int(places[next]))
            next += 1
        }
        return files
    }

    private func text(_ tag: UInt32) throws(RpmDatabaseError) -> String? {
        var first: String?
        _ = try eachText(tag, atMost: 1) { first = RecordText.text($0) }
        return first
    }

    /// Hands over strings, each ended by a zero; returns how many there are.
    private func eachText(
        _ tag: UInt32, atMost most: Int = .max, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(RpmDatabaseError) -> Int {
        guard let item = items[tag] else { return 0 }
        let count = min(item.count, most)
        var at = item.offset
        for _ in 0..<count {
            guard let zero = bytes[at..<end].firstIndex(of: 0) else { throw .badHeader }
            body(bytes[at..<zero])
            at = zero + 1
        }
        return count
    }

    private func words(_ tag: UInt32) throws(RpmDatabaseError) -> [UInt32] {
        guard let item = items[tag] else { return [] }
        guard item.count <= (end - item.offset) / 4 else { throw .badHeader }
        var words: [UInt32] = []
        words.reserveCapacity(item.count)
        for number in 0..<item.count { words.append(try Self.word(bytes, item.offset + 4 * number)) }
        return words
    }

    private static func word(_ bytes: [UInt8], _ at: Int) throws(RpmDatabaseError) -> UInt32 {
        guard at >= 0, at + 4 <= bytes.count else { throw .badHeader }
        return UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8 | UInt32(bytes[at + 3])
    }
}
