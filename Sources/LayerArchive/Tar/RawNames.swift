// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03

import CLibArchive
import StorageIO

/// The names of an entry as its extended header has them, byte for byte.
///
/// In the C locale libarchive fails to convert a name that is not ASCII, and keeps its bytes. But the C library's conversion drops the
/// characters U+E0000 to U+E007F instead of failing on them, so that a name which has no others but ASCII comes out shorter: two
/// names would be one, and a whiteout could name another file. No UTF-8 locale helps, since libarchive composes accents there. So
/// the headers in which such a character stands are read here.
struct RawNames {
    private(set) var path: [UInt8]?
    private(set) var linkPath: [UInt8]?

    /// Whether the headers of an entry may have a name that loses characters: bytes with which those characters begin.
    static func areNeeded(for headers: UnsafeRawBufferPointer) -> Bool {
        var at = 0
        while at + 1 < headers.count {
            if headers[at] == 0xF3, headers[at + 1] == 0xA0 { return true }
            at += 1
        }
        return false
    }

    /// What is shown of a record: its key and its value, as parts of the headers.
    typealias Record = (_ key: Slice<UnsafeRawBufferPointer>, _ value: Slice<UnsafeRawBufferPointer>) -> Void

    /// The names in the headers of one entry, from the first extended one to the entry's own; nil where they cannot be read.
    ///
    /// `show` gets every record on the way.
    init?(_ headers: UnsafeRawBufferPointer, show: Record = { _, _ in }) {
        var at = 0
        while at + 512 <= headers.count {
            let block = UnsafeRawBufferPointer(rebasing: headers[at..<at + 512])
            let type = block[156]
            guard [UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K")].contains(type)
            else { return }
            guard let size = Self.size(block), size <= headers.count - at - 512 else { return nil }
            if type == UInt8(ascii: "x") || type == UInt8(ascii: "X") {
                guard read(headers[at + 512..<at + 512 + size], show) else { return nil }
            }
            at += 512 + (size + 511) / 512 * 512
        }
    }

    /// Gives `entry` these names in place of those that it has.
    func apply(to entry: OpaquePointer) {
        if let path { archive_entry_copy_pathname(entry, path.cString) }
        guard let linkPath else { return }
        if archive_entry_hardlink(entry) != nil {
            archive_entry_copy_hardlink(entry, linkPath.cString)
        } else if archive_entry_symlink(entry) != nil {
            archive_entry_copy_symlink(entry, linkPath.cString)
        }
    }

    /// Reads records of the form `LENGTH KEY=VALUE\n`; of one key twice the later counts.
    private mutating func read(_ records: Slice<UnsafeRawBufferPointer>, _ show: Record) -> Bool {
        var rest = records
        var sparseName: [UInt8]?
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: UInt8(ascii: " ")), let length = Self.number(rest[..<space], radix: 10),
                length > space - rest.startIndex + 1, length <= rest.count
            else { return false }
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return false }
            show(record[..<equals], record[(equals + 1)...])
            let value = Array(record[(equals + 1)...])
            switch String(decoding: record[..<equals], as: UTF8.self) {
            case "path": path = value
            case "linkpath": linkPath = value
            case "GNU.sparse.name": sparseName = value
            default: break
            }
        }
        // The name of a sparse file proper; `path` is then one made up for those who know no sparse files.
        path = sparseName ?? path
        return true
    }

    private static func size(_ block: UnsafeRawBufferPointer) -> Int? {
        let field = block[124..<136].drop { $0 == UInt8(ascii: " ") }.prefix { (0x30...0x37).contains($0) }
        return number(field, radix: 8)
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>, radix: Int) -> Int? {
        guard digits.count <= 12 else { return nil }
        return Int(String(decoding: digits, as: UTF8.self), radix: radix)
    }
}
