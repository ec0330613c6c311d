package import OCISpec
package import Reclamation

/// What a prune did, in docker's words.
package struct OutcomeReport: Sendable {
    private let outcome: ReclamationOutcome

    /// A report of `outcome`.
    package init(_ outcome: ReclamationOutcome) { self.outcome = outcome }

    /// Docker's lists of what was deleted, what was not and why, and the sum.
    package var text: String {
        var text = section("Deleted Containers", .container) + section("Deleted Volumes", .volume) + images
        text += section("Deleted build cache objects", .cache)
        text += section("Deleted Orphaned Blobs", .blob) + section("Deleted Unpacked Layers", .layer)
        text +=
            section("Deleted Partial Downloads", .partial) + section("Emptied Trash", .trash)
            + section("Deleted Expired Plans", .plan) + section("Deleted Leaks", .leak)
        // Of a registry's image a part may stay.
        let left = outcome.items.filter { $0.status != .removed || (outcome.collection != nil && $0.detail != nil) }
        if !left.isEmpty {
            text += "Not Removed:\n"
            for item in left {
                text += "\(PathText.printable(item.name)): \(PathText.printable(item.detail ?? item.status.rawValue))\n"
            }
            text += "\n"
        }
        return text + summary
    }

    /// Images, and names of images that stay: in docker's words the one is deleted, and the other untagged.
    private var images: String {
        // One that failed lost its names, and what else went of it, all the same.
        let images = outcome.items.filter { item in
            (item.type == .image || item.type == .name)
                && (item.status == .removed || !item.untagged.isEmpty || !item.deleted.isEmpty)
        }
        guard !images.isEmpty else { return "" }
        var text = "Deleted Images:\n"
        for image in images {
            text += image.untagged.map { "untagged: \(PathText.printable($0))\n" }.joined()
            text += image.deleted.map { "deleted: \($0)\n" }.joined()
        }
        return text + "\n"
    }

    /// The one line that a timer's log needs.
    package var summary: String {
        var text = "Total reclaimed space: \(ByteText.text(outcome.freedBytes))\n"
        if let collection = outcome.collection { text += Self.text(collection) }
        if let others = outcome.othersFreedBytes {
            text += "Planned: \(ByteText.text(outcome.predictedBytes))\n"
            if others > 0 { text += "Freed meanwhile by others: \(ByteText.text(others))\n" }
            if others < 0 { text += "Taken meanwhile by others: \(ByteText.text(-others))\n" }
        }
        if let until = outcome.undoableUntil {
            text +=
                "Moved to the trash until \(until): \(ByteText.text(outcome.trashedBytes)); `strata undo \(outcome.planID)`\n"
        }
        return text
    }

    /// What a registry gives back later, and who makes it do so.
    private static func text(_ collection: ReclamationOutcome.Collection) -> String {
        var text = ""
        if collection.isDeletionOff {
            text +=
                "Deletion is off in the registry: set `storage.delete.enabled` (REGISTRY_STORAGE_DELETE_ENABLED=true) and restart it\n"
        }
        guard collection.bytes > 0 else { return text }
        return text
            + "Comes back after a collection: \(ByteText.text(collection.bytes)); run `registry garbage-collect CONFIG` (without -m) "
            + "while nobody pushes\n"
    }

    private func section(_ title: String, _ type: ReclamationPlan.VictimType) -> String {
        let items = outcome.items.filter { $0.type == type && $0.status == .removed }
        guard !items.isEmpty else { return "" }
        return "\(title):\n" + items.map { "\(PathText.printable($0.name))\n" }.joined() + "\n"
    }

    /// The document that scripts read.
    package func json() -> JSONValue {
        var fields: JSONFields = [
            "planID": .string(outcome.planID), "predictedBytes": .integer(outcome.predictedBytes),
            "freedBytes": .integer(outcome.freedBytes), "trashedBytes": .integer(outcome.trashedBytes),
            "undoableUntil": .optional(outcome.undoableUntil?.description),
            "items": .array(
                outcome.items.map { item in
                    .object([
                        "type": .string(item.type.rawValue), "name": .string(item.name),
                        "status": .string(item.status.rawValue), "detail": .optional(item.detail),
                        "untagged": .array(item.untagged.map(JSONValue.string)),
                        "deleted": .array(item.deleted.map { .string($0.description) }),
                    ])
                }),
        ]
        if let collection = outcome.collection {
            fields["afterCollectionBytes"] = .integer(collection.bytes)
            fields["deletionOff"] = .bool(collection.isDeletionOff)
        }
        if let others = outcome.othersFreedBytes { fields["othersFreedBytes"] = .integer(others) }
        return JSONReport.document("reclamation-outcome", fields)
    }
}
