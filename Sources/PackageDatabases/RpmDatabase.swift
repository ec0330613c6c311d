// https://rpm-software-management.github.io/rpm/manual/format_header.html

import SQLiteFiles

/// Why rpm's database gave no packages, or not all.
enum RpmDatabaseError: Error {
    /// It cannot be read as a database, or has no such table.
    case notReadable(SQLiteFileError)
    /// A header that ends too early, or points beyond its end.
    case badHeader
}

/// rpm's packages: a table of headers in an SQLite file.
enum RpmDatabase {
    /// Reads the `rpmdb.sqlite` at `path`, with its write-ahead log where there is one.
    static func read(_ file: [UInt8], log: [UInt8]?, at path: [UInt8], into findings: inout Findings) {
        do throws(RpmDatabaseError) {
            let rows = try Self.rows(log.map { SQLiteLog.applied($0, to: file) } ?? file)
            var isWhole = true
            while let row = try next(rows) {
                guard findings.hasRoom else { return findings.add(.tooLarge, at: path) }
                do throws(RpmDatabaseError) {
                    guard let header = row.first?.bytes, !header.isEmpty else { throw .badHeader }
                    findings.add(try RpmHeader(header).package(), from: path)
                } catch {
                    isWhole = false
                }
            }
            if !isWhole { findings.add(.damaged, at: path) }
        } catch {
            findings.add(.damaged, at: path)
        }
    }

    private static func rows(_ file: [UInt8]) throws(RpmDatabaseError) -> SQLiteRows {
        do throws(SQLiteFileError) {
            return try SQLiteFile(file).rows(of: "Packages", ["blob"], inOrderOf: "hnum")
        } catch {
            throw .notReadable(error)
        }
    }

    private static func next(_ rows: SQLiteRows) throws(RpmDatabaseError) -> [SQLiteRows.Value]? {
        do throws(SQLiteFileError) { return try rows.next() } catch { throw .notReadable(error) }
    }
}
