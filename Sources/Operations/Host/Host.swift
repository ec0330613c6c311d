package import OCISpec
package import Reclamation

/// Somewhere that images, containers and what they leave take room: the store, or an engine's root.
package protocol Host: Sendable {
    /// How long what goes is kept in the trash; nil where there is none.
    var trash: Duration? { get }

    /// What is there now; `report` is told how far the look is.
    func look(_ report: (HostProgress) -> Void) throws -> any HostPicture

    /// Carries a plan out: each thing is looked at once more, and what changed is skipped.
    ///
    /// `describe` says in words why something failed.
    func carryOut(_ plan: Workspace.ReadPlan, _ describe: @escaping (any Error) -> String) throws -> HostOutcome

    /// What was moved into the trash and can be brought back, the latest first.
    func undoable() throws -> [UndoablePlan]

    /// Brings back what a plan moved into the trash.
    func undo(_ plan: String) throws -> [Undo.Restored]
}

/// What a look at a host is at.
package enum HostProgress: Hashable, Sendable {
    /// Reading who needs what.
    case readingReferences
    /// Counting bytes.
    case countingBytes
    /// Adding up what each frees.
    case addingUp
}

/// A host as one look saw it.
package protocol HostPicture: Sendable {
    /// What is there, by where it is listed.
    var rows: [HostTab: [HostRow]] { get }
    /// Allocated bytes of all of it.
    var totalBytes: Int64 { get }

    /// What images free together, without the rest of the look.
    var graph: MarkGraph { get }

    /// Where the bytes are, as folders of files.
    var tree: DiskTree { get }

    /// How `plan --only` names a thing; nil where no plan takes it.
    func text(of item: HostItem) -> String?

    /// What marked things come to.
    func removal(of marks: Set<HostItem>) -> any HostRemoval
}

/// What marked things of a host come to: what exactly these free together, and what keeps the rest.
package protocol HostRemoval: Sendable {
    /// Bytes that the file system gets back when they go.
    var freesBytes: Int64 { get }
    /// Of what is marked, what does not go.
    var left: [HostItem: MarkRefusal] { get }

    /// What keeps one from going with the others, marked or not; nil where nothing does.
    func refusal(of item: HostItem) -> MarkRefusal?
    /// What one adds given the others, marked or not.
    func addedBytes(by item: HostItem) -> Int64
    /// Of what the marked things need and what stays: who keeps it, and how much; the most first.
    func keepings() -> [MarkKeeping]
    /// The plan of exactly these; `describe` says why something stays.
    func plan(_ describe: (MarkRefusal) -> String) throws -> Workspace.ReadPlan
}

/// What carrying out a plan came to.
package struct HostOutcome: Sendable {
    /// What became of each, and what was measured.
    package let outcome: ReclamationOutcome
    /// What failed beside single items, in words.
    package let failures: [String]
}

/// A plan of which something is in the trash.
package struct UndoablePlan: Hashable, Sendable {
    /// Its ID.
    package let plan: String
    /// Until when it can be undone, in RFC 3339.
    package let until: String
    /// The names that come back.
    package let names: [String]
}

extension Host {
    /// There is no trash.
    package var trash: Duration? { nil }
    /// Nothing can be brought back.
    package func undoable() throws -> [UndoablePlan] { [] }
    /// An error, since there is no trash.
    package func undo(_ plan: String) throws -> [Undo.Restored] { throw OperationError.nothingToUndo(plan, available: []) }
}
