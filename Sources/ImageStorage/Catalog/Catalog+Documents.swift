import Foundation
import GRDB
package import OCISpec
import StorageIO

/// What a document said when it was read, and the file it was read from.
struct RememberedDocument: Sendable {
    let stamp: DocumentStamp
    let facts: DocumentFacts
}

/// By which a file is known again: one that was written since has another stamp.
struct DocumentStamp: Hashable, Sendable {
    let size: Int64
    let inode: Int64
    let modifiedNanoseconds: Int64

    init(_ status: FileStatus) {
        size = status.sizeBytes
        inode = Int64(bitPattern: status.inode)
        modifiedNanoseconds = status.modifiedStamp
    }

    init(size: Int64, inode: Int64, modifiedNanoseconds: Int64) {
        self.size = size
        self.inode = inode
        self.modifiedNanoseconds = modifiedNanoseconds
    }
}

/// When an image came into the store, and when it was used last.
struct ImageMoments: Hashable, Sendable {
    var imported: Timestamp?
    var used: Timestamp?
}

extension Catalog {
    /// Everything that is remembered of documents; rows that do not decode are left out.
    func rememberedDocuments() -> [(Digest, RememberedDocument)] {
        var found: [(Digest, RememberedDocument)] = []
        _ = read { database -> Bool? in
            let rows = try Row.fetchCursor(database, sql: "SELECT digest, size, inode, modified, facts FROM document")
            while let row = try rows.next() {
                let facts = try row.withUnsafeData(atIndex: 4) { data in
                    data.flatMap { $0.withUnsafeBytes(DocumentFactsCodec.decode) }
                }
                guard let facts, let digest = try Self.digest(in: row) else { continue }
                let stamp = DocumentStamp(size: row[1], inode: row[2], modifiedNanoseconds: row[3])
                found.append((digest, RememberedDocument(stamp: stamp, facts: facts)))
            }
            return true
        }
        return found
    }

    /// Remembers `documents`, and forgets those of `gone`.
    func remember(_ documents: [(Digest, RememberedDocument)], forgetting gone: some Collection<Digest>) {
        guard !documents.isEmpty || !gone.isEmpty else { return }
        write { database in
            let insert = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO document (digest, size, inode, modified, facts) VALUES (?, ?, ?, ?, ?)")
            for (digest, document) in documents {
                let stamp = document.stamp
                try insert.execute(
                    arguments: [
                        digest.description, stamp.size, stamp.inode, stamp.modifiedNanoseconds,
                        Data(DocumentFactsCodec.encode(document.facts)),
                    ])
            }
            let delete = try database.cachedStatement(sql: "DELETE FROM document WHERE digest = ?")
            for digest in gone { try delete.execute(arguments: [digest.description]) }
        }
    }

    /// The moments of every image that has some.
    func imageMoments() -> [Digest: ImageMoments] {
        var found: [Digest: ImageMoments] = [:]
        _ = read { database -> Bool? in
            let rows = try Row.fetchCursor(database, sql: "SELECT digest, importedAt, usedAt FROM image")
            while let row = try rows.next() {
                guard let digest = try Self.digest(in: row) else { continue }
                let imported: Int64? = row[1]
                let used: Int64? = row[2]
                found[digest] = ImageMoments(
                    imported: imported.map { Timestamp(seconds: $0) }, used: used.map { Timestamp(seconds: $0) })
            }
            return true
        }
        return found
    }

    /// Bytes of content of every layer whose content is known.
    package func allContentBytes() -> [Digest: Int64] {
        var found: [Digest: Int64] = [:]
        _ = read { database -> Bool? in
            let rows = try Row.fetchCursor(database, sql: "SELECT diffID, contentBytes FROM layer")
            while let row = try rows.next() {
                if let digest = try Self.digest(in: row) { found[digest] = row[1] }
            }
            return true
        }
        return found
    }

    /// The digest in the first column, taken from the row's own bytes: there are as many as there are layers.
    private static func digest(in row: Row) throws -> Digest? {
        try row.withUnsafeData(atIndex: 0) { text in
            text.flatMap { $0.withUnsafeBytes { digest($0.bindMemory(to: UInt8.self)) } }
        }
    }
}
