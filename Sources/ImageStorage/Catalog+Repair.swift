import GRDB
package import OCISpec

extension Catalog {
    /// Keeps that a blob is the layer of that diff ID; the compression is the name of one.
    package func recordBlob(_ digest: Digest, compressedBytes: Int64, diffID: Digest, compressionName: String) {
        write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO blob (digest, compressedBytes, diffID, compression) VALUES (?, ?, ?, ?)",
                arguments: [digest.description, compressedBytes, diffID.description, compressionName])
        }
    }

    /// Forgets what a blob was said to be.
    package func forgetBlob(_ digest: Digest) {
        write { try $0.execute(sql: "DELETE FROM blob WHERE digest = ?", arguments: [digest.description]) }
    }

    /// Forgets a layer's totals and its index, and every analysis: one made from them may be as wrong.
    package func forgetLayer(_ diffID: Digest) {
        write { database in
            try database.execute(sql: "DELETE FROM layer WHERE diffID = ?", arguments: [diffID.description])
            try database.execute(sql: "DELETE FROM layerIndex WHERE diffID = ?", arguments: [diffID.description])
            try database.execute(sql: "DELETE FROM findings")
        }
    }
}
