import Foundation
import GRDB
package import OCISpec

extension Catalog {
    /// What an earlier analysis of a stack of layers found, in its own encoding; nil when it is not known.
    package func findings(_ diffIDs: [Digest]) -> [UInt8]? { findings(under: Self.key(diffIDs)) }

    /// Keeps what an analysis found; of the many there may come to be, the latest ones.
    package func record(findings bytes: [UInt8], of diffIDs: [Digest]) { record(findings: bytes, under: Self.key(diffIDs)) }

    /// The bytes that were kept under a key.
    func findings(under key: String) -> [UInt8]? {
        read { database in
            let data = try Data.fetchOne(
                database.cachedStatement(sql: "SELECT bytes FROM findings WHERE key = ?"), arguments: [key])
            return data.map { Array($0) }
        }
    }

    /// Keeps bytes under a key, in place of those that were.
    func record(findings bytes: [UInt8], under key: String) {
        write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO findings (key, bytes) VALUES (?, ?)", arguments: [key, Data(bytes)])
            // Replacing gives a new rowid, so the lowest are the oldest.
            try database.execute(
                sql: "DELETE FROM findings WHERE rowid <= (SELECT max(rowid) FROM findings) - ?", arguments: [Self.keptFindings])
        }
    }

    private static let keptFindings = 256

    private static func key(_ diffIDs: [Digest]) -> String {
        diffIDs.map(\.description).joined(separator: " ")
    }
}
