import GRDB
package import OCISpec
package import StorageIO

/// Some bytes of a file, by what a change of them would change.
///
/// A file that was written, truncated or replaced has another stamp: no program can set when an inode changed, which is compared
/// beside the time of its content. A file whose last change is too near to the look at it has none, since a further change in the
/// same tick of the clock would leave the stamp as it is.
package struct FileRange: Hashable, Sendable {
    fileprivate let device: Int64
    fileprivate let inode: Int64
    fileprivate let changedNanoseconds: Int64
    fileprivate let modifiedNanoseconds: Int64
    fileprivate let fileBytes: Int64
    fileprivate let offset: Int64
    fileprivate let bytes: Int64

    /// Seconds that a file's last change must be past before the file is known by its stamp: the coarsest clocks of file systems
    /// tick every two.
    private static let settlingSeconds: Int64 = 2

    /// `bytes` bytes from `offset` of a file with that status, looked at after `now`; nil for a file that is not known again.
    package init?(_ status: FileStatus, offset: Int64, bytes: Int64, now: Timestamp) {
        // One without a name is there for this process alone.
        guard status.kind == .file, status.linkCount > 0,
            status.lastChangeSeconds < now.seconds - Self.settlingSeconds
        else { return nil }
        device = Int64(bitPattern: status.device)
        inode = Int64(bitPattern: status.inode)
        changedNanoseconds = status.changedStamp
        modifiedNanoseconds = status.modifiedStamp
        fileBytes = status.sizeBytes
        self.offset = offset
        self.bytes = bytes
    }
}

extension Catalog {
    /// How many ranges of files are remembered: those that were read last.
    private static let rangeCount = 10_000

    /// The digest of these bytes when they were read last; nil where they were not, or the file has changed since.
    package func digest(of range: FileRange) -> Digest? {
        read { database in
            try String.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT digest FROM fileRange WHERE device = ? AND inode = ? AND start = ? AND bytes = ?
                        AND changed = ? AND modified = ? AND fileBytes = ?
                        """),
                arguments: [
                    range.device, range.inode, range.offset, range.bytes, range.changedNanoseconds, range.modifiedNanoseconds,
                    range.fileBytes,
                ]
            ).flatMap(Self.digest)
        }
    }

    /// Remembers the digest of bytes that were read.
    package func remember(_ digest: Digest, of range: FileRange) {
        write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO fileRange (device, inode, start, bytes, changed, modified, fileBytes, digest)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?);
                    DELETE FROM fileRange WHERE rowid <= (SELECT max(rowid) FROM fileRange) - ?
                    """,
                arguments: [
                    range.device, range.inode, range.offset, range.bytes, range.changedNanoseconds, range.modifiedNanoseconds,
                    range.fileBytes, digest.description, Self.rangeCount,
                ])
        }
    }
}
