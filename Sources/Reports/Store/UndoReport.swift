package import OCISpec
package import Reclamation

/// What `undo` brought back.
package struct UndoReport: Sendable {
    private let plan: String
    private let restored: [Undo.Restored]

    /// A report of what came back of a plan.
    package init(plan: String, _ restored: [Undo.Restored]) {
        self.plan = plan
        self.restored = restored
    }

    /// A line for each image.
    package var text: String {
        restored.map { item in
            let name = PathText.printable(item.name ?? item.digest.description)
            switch item.outcome {
            case .restored: return "Restored: \(name)\n"
            case .nameTaken: return "Restored without its name, which another image has: \(name), \(item.digest)\n"
            case .incomplete: return ""
            }
        }.joined()
    }

    /// The same as a document.
    package func json() -> JSONValue {
        JSONReport.document(
            "reclamation-undo",
            [
                "planID": .string(plan),
                "items": .array(
                    restored.map { item in
                        let (status, missing): (String, Digest?) =
                            switch item.outcome {
                            case .restored: ("restored", nil)
                            case .nameTaken: ("nameTaken", nil)
                            case .incomplete(let missing): ("failed", missing)
                            }
                        return .object([
                            "name": .optional(item.name), "digest": .string(item.digest.description),
                            "status": .string(status), "missing": .optional(missing?.description),
                        ])
                    }),
            ])
    }

    /// What can be undone, as text.
    package static func list(_ plans: [(plan: String, until: String)]) -> String {
        var table = TextTable([.init("PLAN"), .init("UNTIL")])
        for plan in plans { table.add([.init(plan.plan), .init(plan.until)]) }
        return plans.isEmpty ? "nothing can be undone\n" : table.text(TextStyle())
    }

    /// The same as a document.
    package static func listJSON(_ plans: [(plan: String, until: String)]) -> JSONValue {
        JSONReport.document(
            "undoable-plans",
            ["plans": .array(plans.map { .object(["planID": .string($0.plan), "until": .string($0.until)]) })])
    }
}
