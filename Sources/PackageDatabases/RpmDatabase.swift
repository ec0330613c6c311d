// https://rpm-software-management.github.io/rpm/manual/format_header.html
// https://www.sqlite.org/c3ref/deserialize.html

import GRDBSQLite

/// Why rpm's database gave no packages.
enum RpmDatabaseError: Error {
    /// SQLite's own words.
    case notReadable(String)
    /// A header that ends too early, or points beyond its end.
    case badHeader
}

/// rpm's packages: a table of headers in an SQLite file.
enum RpmDatabase {
    /// The packages of an `rpmdb.sqlite`.
    static func packages(_ file: [UInt8]) throws(RpmDatabaseError) -> [InstalledPackage] {
        var packages: [InstalledPackage] = []
        for blob in try headers(file) {
            let header = try RpmHeader(blob)
            if let package = header.package { packages.append(package) }
        }
        return packages
    }

    /// The blobs of the table `Packages`.
    ///
    /// The file is somebody else's: it is read in memory, read-only, and its schema is not trusted.
    private static func headers(_ file: [UInt8]) throws(RpmDatabaseError) -> [[UInt8]] {
        guard file.count >= 100 else { throw .notReadable("too short") }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nil)
        guard let database = opened else { throw .notReadable("no memory") }
        defer { sqlite3_close_v2(database) }
        guard code == SQLITE_OK else { throw .notReadable(message(database)) }
        try load(file, into: database)
        return try rows(database)
    }

    private static func load(_ file: [UInt8], into database: OpaquePointer) throws(RpmDatabaseError) {
        guard let copy = sqlite3_malloc64(sqlite3_uint64(file.count)) else { throw .notReadable("no memory") }
        let bytes = copy.bindMemory(to: UInt8.self, capacity: file.count)
        file.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { bytes.update(from: base, count: file.count) }
        }
        // A database in memory has no write-ahead log: bytes 18 and 19 say whether one is expected.
        bytes[18] = 1
        bytes[19] = 1
        let flags = UInt32(SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY)
        let size = sqlite3_int64(file.count)
        // SQLite frees the copy, also when it fails.
        guard sqlite3_deserialize(database, "main", bytes, size, size, flags) == SQLITE_OK else {
            throw .notReadable(message(database))
        }
        _ = sqlite3_exec(database, "PRAGMA trusted_schema = OFF", nil, nil, nil)
    }

    private static func rows(_ database: OpaquePointer) throws(RpmDatabaseError) -> [[UInt8]] {
        var prepared: OpaquePointer?
        guard sqlite3_prepare_v2(database, "SELECT blob FROM Packages ORDER BY hnum", -1, &prepared, nil) == SQLITE_OK else {
            throw .notReadable(message(database))
        }
        defer { sqlite3_finalize(prepared) }
        var rows: [[UInt8]] = []
        while true {
            let step = sqlite3_step(prepared)
            if step == SQLITE_DONE { return rows }
            guard step == SQLITE_ROW else { throw .notReadable(message(database)) }
            let count = Int(sqlite3_column_bytes(prepared, 0))
            guard let start = sqlite3_column_blob(prepared, 0) else { continue }
            rows.append(Array(UnsafeRawBufferPointer(start: start, count: count)))
        }
    }

    private static func message(_ database: OpaquePointer) -> String { String(cString: sqlite3_errmsg(database)) }
}

/// The part of a package's header that says what it is and what it owns.
private struct RpmHeader {
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
    private let store: Int
    private var items: [UInt32: Item] = [:]

    /// Two big-endian numbers (items, bytes of the store), the items of 16 bytes each, the store.
    init(_ bytes: [UInt8]) throws(RpmDatabaseError) {
        self.bytes = bytes
        guard let count = Self.word(bytes, 0), let size = Self.word(bytes, 4) else { throw .badHeader }
        store = 8 + 16 * Int(count)
        guard count <= 1 << 20, store + Int(size) <= bytes.count else { throw .badHeader }
        for number in 0..<Int(count) {
            let at = 8 + 16 * number
            guard let tag = Self.word(bytes, at), let offset = Self.word(bytes, at + 8), let items = Self.word(bytes, at + 12)
            else { throw .badHeader }
            self.items[tag] = Item(offset: store + Int(offset), count: Int(items))
        }
    }

    /// Nil for a header without a name, which is none of a package.
    var package: InstalledPackage? {
        guard let name = text(Tag.name), let version = text(Tag.version) else { return nil }
        let release = text(Tag.release).map { "-" + $0 } ?? ""
        let epoch = words(Tag.epoch).first.map { "\($0):" } ?? ""
        return InstalledPackage(
            .rpm, name: name, version: epoch + version + release, architecture: text(Tag.architecture), files: .paths(paths))
    }

    private var paths: [[UInt8]] {
        let directories = texts(Tag.directoryNames)
        return zip(texts(Tag.baseNames), words(Tag.directoryIndexes)).compactMap { name, directory in
            guard Int(directory) < directories.count else { return nil }
            return RecordText.normalized(directories[Int(directory)] + name)
        }
    }

    private func text(_ tag: UInt32) -> String? { texts(tag).first.map { RecordText.text($0) } }

    /// Strings, each ended by a zero.
    private func texts(_ tag: UInt32) -> [[UInt8]] {
        guard let item = items[tag] else { return [] }
        var found: [[UInt8]] = []
        var at = item.offset
        while found.count < item.count, at < bytes.count {
            let end = bytes[at...].firstIndex(of: 0) ?? bytes.count
            found.append(Array(bytes[at..<end]))
            at = end + 1
        }
        return found
    }

    private func words(_ tag: UInt32) -> [UInt32] {
        guard let item = items[tag] else { return [] }
        return (0..<min(item.count, bytes.count / 4)).compactMap { Self.word(bytes, item.offset + 4 * $0) }
    }

    private static func word(_ bytes: [UInt8], _ at: Int) -> UInt32? {
        guard at >= 0, at + 4 <= bytes.count else { return nil }
        return bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
