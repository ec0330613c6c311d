package import OCISpec
package import StorageIO

extension ContentStore {
    static let plansName = "plans"
    /// A plan of a hundred thousand victims is still read.
    package static let planLimits = DocumentLimits(maxBytes: 256 << 20)

    /// Keeps a plan under its ID; on return it is on the disk.
    package func writePlan(_ bytes: [UInt8], id: PlanID) throws(ContentError) {
        _ = try storing { () throws(StorageError) in
            try root.ensureDirectory(Self.plansName).writeDurably(id.fileName, bytes, points: .plan)
        }
    }

    /// The plan of that ID; nil where there is none.
    package func readPlan(id: PlanID) throws(ContentError) -> [UInt8]? {
        try storing { () throws(StorageError) in
            try root.readFile("\(Self.plansName)/\(id.fileName)", limit: Self.planLimits.maxBytes)
        }
    }

    /// Forgets a plan.
    package func removePlan(id: PlanID) throws(ContentError) {
        try storing { () throws(StorageError) in
            do throws(StorageError) {
                try root.directory(Self.plansName).removeFile(id.fileName)
            } catch let error where error.isAbsent {
                return
            }
        }
    }

    /// The IDs of the plans that are kept.
    package func planIDs() throws(ContentError) -> [PlanID] {
        try storing { () throws(StorageError) in
            do throws(StorageError) {
                return try root.directory(Self.plansName).names().filter { $0.hasSuffix(".json") }.compactMap {
                    PlanID(String($0.dropLast(".json".count)))
                }
            } catch let error where error.isAbsent {
                return []
            }
        }
    }

    /// By which one state of the index is told from another: the digest of `index.json`.
    package func generation() throws(ContentError) -> Digest {
        let bytes = try storing { () throws(StorageError) in
            try root.readFile(Self.indexName, limit: Self.indexLimits.maxBytes)
        }
        guard let bytes else { throw .indexMissing(path: root.path) }
        return Digest(hashing: bytes)
    }

    /// Removes a session whose process has died, and returns the bytes that gives back; nil when it is gone or lives.
    package func removeAbandonedSession(_ name: PathPart) throws(ContentError) -> Int64? {
        let locks = try locks()
        return try storing { () throws(StorageError) in
            let sweep = try FileLock.acquire(Self.sweepLockName, in: locks, .exclusive, patience: patience)
            defer { sweep.release() }
            let ingest = try root.ensureDirectory(Self.ingestName)
            return try removeIfAbandoned(name.text, in: ingest, olderThan: .zero)
        }
    }
}
