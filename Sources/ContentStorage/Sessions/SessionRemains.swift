package import OCISpec
package import StorageIO

/// A session's directory as somebody else sees it.
package struct SessionRemains: Sendable {
    /// Its name below `ingest/`.
    package let name: String
    /// Whether its process lives.
    package let isLive: Bool
    /// The digests it counts on, as far as they can be read.
    package let holds: Set<Digest>
    /// Its files but for the holds and the mark of a resumable session.
    package let partials: [(name: String, status: FileStatus)]

    /// Bytes of all partials together.
    package var partialBytes: Int64 { partials.reduce(0) { $0 + $1.status.sizeBytes } }

    /// What is there of the session of that name; nil where it is gone.
    init?(_ name: String, in ingest: Directory) throws(StorageError) {
        do {
            let directory = try ingest.directory(name)
            let lock = try FileLock.attempt(directory: directory, .exclusive)
            defer { lock?.release() }
            var partials: [(name: String, status: FileStatus)] = []
            for file in try directory.names() where file != IngestSession.holdsName && file != IngestSession.resumableName {
                if let status = try directory.status(file) { partials.append((file, status)) }
            }
            let holds = try directory.readFile(IngestSession.holdsName, limit: 64 << 20) ?? []
            (self.name, isLive, self.holds, self.partials) = (name, lock == nil, Self.digests(holds), partials)
        } catch let error where error.isAbsent {
            return nil
        }
    }

    /// The digests of a file of holds; a line that a killed process did not finish is none.
    private static func digests(_ lines: [UInt8]) -> Set<Digest> {
        var digests: Set<Digest> = []
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            if let digest = Digest(ifValid: String(decoding: line, as: UTF8.self)) { digests.insert(digest) }
        }
        return digests
    }
}
