package import ImageStorage
package import OCISpec

/// What carrying out a plan came to: what happened to each item, and the bytes that were measured, not planned.
package struct ReclamationOutcome: Sendable {
    /// What became of a victim.
    package enum Status: String, Hashable, Sendable {
        case removed, skipped, failed
    }

    /// One victim.
    package struct Item: Hashable, Sendable {
        /// What kind of thing it was.
        package var type: ReclamationPlan.VictimType
        /// As the plan names it.
        package var name: String
        /// What became of it.
        package var status: Status
        /// Why it was skipped, or failed; what of it stayed.
        package var detail: String?
        /// The names that an image lost, in docker's short form.
        package var untagged: [String]
        /// The blobs that went.
        package var deleted: [Digest]
        /// Why it failed.
        package var failure: ImageError?

        /// An item from its parts.
        package init(
            _ type: ReclamationPlan.VictimType, _ name: String, _ status: Status, detail: String? = nil,
            untagged: [String] = [], deleted: [Digest] = [], failure: ImageError? = nil
        ) {
            self.type = type
            self.name = name
            self.status = status
            self.detail = detail
            self.untagged = untagged
            self.deleted = deleted
            self.failure = failure
        }
    }

    /// What a registry gives back only when its collector has run.
    package struct Collection: Hashable, Sendable {
        /// Allocated bytes of what nothing needs any more, and something did before.
        package var bytes: Int64
        /// Whether the registry deletes nothing, by its settings.
        package var isDeletionOff: Bool

        /// A collection from its parts.
        package init(bytes: Int64, isDeletionOff: Bool) {
            self.bytes = bytes
            self.isDeletionOff = isDeletionOff
        }
    }

    /// Of the plan that was carried out.
    package var planID: String
    /// In the plan's order, one for each victim.
    package var items: [Item]
    /// What the plan said.
    package var predictedBytes: Int64
    /// Bytes that left the file system.
    package var freedBytes: Int64
    /// Bytes that were moved into the trash, and still occupy it.
    package var trashedBytes: Int64
    /// Until when the plan can be undone; nil when it cannot.
    package var undoableUntil: Timestamp?
    /// Documents that a root needs and that cannot be read: because of them nothing was deleted.
    package var unreadable: [UnreadableDocument] = []
    /// Of an engine's root: bytes by which it grew less, or shrank more, meanwhile than by what was freed; below 0 where others wrote.
    package var othersFreedBytes: Int64?
    /// Of a registry's folder: what its collector gives back.
    package var collection: Collection?
    /// What another tool is writing, by its path below the store: because of it what was released stays for now.
    package var foreignWrite: String?
    /// What did not work and is no single item's: the bin of the trash could not be emptied, say.
    package var failures: [ImageError] = []

    /// An outcome from its parts.
    package init(
        planID: String, items: [Item], predictedBytes: Int64, freedBytes: Int64, trashedBytes: Int64,
        undoableUntil: Timestamp?, unreadable: [UnreadableDocument] = [], failures: [ImageError] = []
    ) {
        self.planID = planID
        self.items = items
        self.predictedBytes = predictedBytes
        self.freedBytes = freedBytes
        self.trashedBytes = trashedBytes
        self.undoableUntil = undoableUntil
        self.unreadable = unreadable
        self.failures = failures
    }
}
