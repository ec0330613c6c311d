package import OCISpec
package import StorageIO

/// The plans that the store keeps until they are carried out: files in `plans/`, each named by its plan's ID.
///
/// What a plan says is its reader's concern. A file comes to be by a rename, whole.
package struct StoredPlans: Sendable {
    static let folderName = "plans"
    private static let suffix = ".json"
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
