package import OCISpec
package import StorageIO

/// The plans that the store keeps until they are carried out: files in `plans/`, each named by its plan's ID.
///
/// What a plan says is its reader's concern. A file comes to be by a rename, whole. One that nobody carries out expires, since the
/// store that it was made for is another one by then; what is expired is no plan any more, and `gc` removes it.
package struct StoredPlans: Sendable {
    static let folderName = "plans"
    private static let suffix = ".json"
    /// What a killed writer may leave.
    private static let remnantSuffix = ".json.new"
    /// For how long a plan can be carried out, in seconds from the writing of its file.
    package static let lifeSeconds: Int64 = 30 * 86_400
    /// A plan of a hundred thousand victims is still read.
    package static let limits = DocumentLimits(maxBytes: 256 << 20)

    private let root: Directory

    init(in root: Directory) { self.root = root }

    /// Keeps a plan under its ID; on return it is on the disk.
    package func write(_ bytes: [UInt8], id: PlanID) throws(ContentError) {
        _ = try lift(
            try root.ensureDirectory(Self.folderName).writeDurably(Self.fileName(id), bytes, points: .plan), to: ContentError.init
        )
    }

    /// The plan of that ID; nil where there is none.
    package func read(id: PlanID) throws(ContentError) -> [UInt8]? {
        try lift(try root.readFile("\(Self.folderName)/\(Self.fileName(id))", limit: Self.limits.maxBytes), to: ContentError.init)
    }

    /// Whether a plan is there that has expired by `now`.
    package func isExpired(id: PlanID, now: Timestamp) throws(ContentError) -> Bool {
        let status = try lift(try ifPresent(try root.directory(Self.folderName).status(Self.fileName(id))), to: ContentError.init)
        guard let status else { return false }
        return Self.isExpired(sinceSeconds: status.lastChangeSeconds, now: now)
    }

    /// Whether a plan whose file was written at that moment, in seconds since 1970, has expired by `now`.
    package static func isExpired(sinceSeconds: Int64, now: Timestamp) -> Bool { sinceSeconds <= now.seconds - lifeSeconds }

    /// Removes what is there of a plan that has expired by `now`, and returns the allocated bytes that the file system got back; nil
    /// where nothing of it has expired.
    package func removeExpired(id: PlanID, now: Timestamp) throws(ContentError) -> Int64? {
        try lift(to: ContentError.init) { () throws(StorageError) -> Int64? in
            var freed: Int64?
            do throws(StorageError) {
                let folder = try root.directory(Self.folderName)
                for name in [Self.fileName(id), id.text + Self.remnantSuffix] {
                    guard let status = try folder.status(name), status.kind == .file,
                        Self.isExpired(sinceSeconds: status.lastChangeSeconds, now: now)
                    else { continue }
                    freed = try (freed ?? 0) + folder.removeTreeMeasured(name)
                }
                return freed
            } catch let error where error.isAbsent {
                return freed
            }
        }
    }

    /// The plan that a file of this name in `plans/` is, or is a remnant of; nil for any other name.
    package static func id(ofFile name: String) -> PlanID? {
        let suffix = [Self.suffix, remnantSuffix].first { name.hasSuffix($0) }
        return suffix.flatMap { PlanID(String(name.dropLast($0.count))) }
    }

    /// Forgets a plan; one that is not there is forgotten.
    package func remove(id: PlanID) throws(ContentError) {
        try lift(to: ContentError.init) { () throws(StorageError) in
            do throws(StorageError) {
                try root.directory(Self.folderName).removeFile(Self.fileName(id))
            } catch let error where error.isAbsent {
                return
            }
        }
    }

    /// The IDs of the plans that are kept.
    package func ids() throws(ContentError) -> [PlanID] {
        try lift(
            try ifPresent(
                try root.directory(Self.folderName).names().filter { $0.hasSuffix(Self.suffix) }.compactMap {
                    PlanID(String($0.dropLast(Self.suffix.count)))
                }) ?? [], to: ContentError.init)
    }

    private static func fileName(_ id: PlanID) -> String { "\(id.text)\(suffix)" }
}

extension ContentStore {
    /// The plans that are kept.
    package var plans: StoredPlans { StoredPlans(in: root) }
}
