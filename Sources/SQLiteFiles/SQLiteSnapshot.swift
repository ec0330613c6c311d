// https://www.sqlite.org/fileformat2.html#file_change_counter, https://www.sqlite.org/lockingv3.html

import Glibc
package import StorageIO

/// Why no state of a database could be copied.
package enum SQLiteSnapshotError: Error, Hashable, Sendable {
    /// It cannot be read.
    case storage(StorageError)
    /// It was written to during every try, or whoever wrote to it was killed: what stands beside it would have to be undone first.
    case busy(path: String, tries: Int)
    /// It has more bytes than are kept.
    case tooLarge(path: String, bytes: Int64, limit: Int64)
    /// It keeps a write-ahead log, which is not read beside its writer.
    case hasLog(path: String)
    /// It is no database, or a damaged one.
    case file(path: String, SQLiteFileError)
}

/// One committed state of a database that keeps a rollback journal, in memory; its writer goes on meanwhile.
///
/// Nothing is locked. A writer makes its journal before it changes the file, and takes it away when all is written, the change counter in the
/// file's first page with the rest. So where no journal is in use before the copy nor after it, and the counter is the same, nothing was written between.
package enum SQLiteSnapshot {
    /// As many bytes as are kept of a file.
    package static let maxBytes: Int64 = 256 << 20
    /// How often a file is copied before it is called busy.
    package static let maxTries = 50
    private static let pauseMicroseconds: UInt32 = 2_000

    /// Reads the database `name`; nil where there is none.
    package static func read(
        _ name: String, in folder: Directory, limit: Int64 = maxBytes, tries: Int = maxTries
    ) throws(SQLiteSnapshotError) -> SQLiteFile? {
        let path = "\(folder.path)/\(name)"
        for _ in 0..<max(1, tries) {
            switch try lifted({ () throws(StorageError) in try copy(name, folder, limit: limit) }) {
            case .none: return nil
            case .busy: usleep(pauseMicroseconds)
            case .hasLog: throw .hasLog(path: path)
            case .tooLarge(let bytes): throw .tooLarge(path: path, bytes: bytes, limit: limit)
            case .whole(let bytes):
                do throws(SQLiteFileError) { return try SQLiteFile(bytes) } catch { throw .file(path: path, error) }
            }
        }
        throw .busy(path: path, tries: tries)
    }

    /// What one try gave.
    private enum Copy {
        case none, busy, hasLog
        case tooLarge(Int64)
        case whole([UInt8])
    }

    private static func copy(_ name: String, _ folder: Directory, limit: Int64) throws(StorageError) -> Copy {
        guard let file = try folder.openFileQuietly(name) else { return .none }
        let size = try file.status().sizeBytes
        guard size <= limit else { return .tooLarge(size) }
        // Before the copy the header comes first, after it the journal does: so a writer that changes anything between them is seen by one or
        // the other.
        let before = try header(of: file)
        guard try isQuiet(name, folder) else { return .busy }
        if before.count > readVersionPlace, before[readVersionPlace] == logVersion { return .hasLog }
        let bytes = try file.readAll(limit: Int(limit))
        guard try isQuiet(name, folder), try header(of: file) == before, Int64(bytes.count) == size else { return .busy }
        return .whole(bytes)
    }

    private static let headerBytes = 100
    private static let readVersionPlace = 19
    private static let logVersion: UInt8 = 2

    /// The first bytes, the change counter among them.
    private static func header(of file: File) throws(StorageError) -> [UInt8] { try beginning(headerBytes, of: file) }

    /// Whether nobody is changing the file: a journal in use begins with its mark, which is written before anything of the file is changed.
    private static func isQuiet(_ name: String, _ folder: Directory) throws(StorageError) -> Bool {
        guard let journal = try folder.openFileQuietly("\(name)-journal") else { return true }
        return !SQLiteLog.isUndone(journal: try beginning(8, of: journal))
    }

    private static func beginning(_ count: Int, of file: File) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.removeLast(count - (try file.readSome(into: &bytes, at: 0)))
        return bytes
    }

    private static func lifted<T>(_ body: () throws(StorageError) -> T) throws(SQLiteSnapshotError) -> T {
        do throws(StorageError) { return try body() } catch { throw .storage(error) }
    }
}
