import GRDB
package import OCISpec

extension Catalog {
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
