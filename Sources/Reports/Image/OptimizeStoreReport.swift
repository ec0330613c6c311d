package import OCISpec
package import Operations

/// What `optimize --all` does to a store, or did.
package struct OptimizeStoreReport: Sendable {
    private let result: OptimizedStore
    private let isDryRun: Bool
    private let sentence: @Sendable (any Error) -> String

    /// A report in which errors have these sentences.
    package init(_ result: OptimizedStore, isDryRun: Bool, sentence: @escaping @Sendable (any Error) -> String) {
        self.result = result
        self.isDryRun = isDryRun
        self.sentence = sentence
    }

    /// A line for each image, and the figures before and after.
    package func text(_ style: TextStyle) -> String {
        var table = TextTable([.init("IMAGE"), .init("BEFORE", .right), .init("AFTER", .right), .init("CHANGE")])
        for item in result.items {
            let names = PathText.printable(item.names.joined(separator: ", "))
            switch item.outcome {
            case .done(let root):
                table.add([
                    .init(names), .init(ByteText.text(root.before.compressedBytes)),
                    .init(ByteText.text(root.after.compressedBytes)),
                    .init(root.isUnchanged ? "nothing to gain" : isDryRun ? "would be written" : "written"),
                ])
            case .pinned: table.add([.init(names), .init(""), .init(""), .init("pinned")])
            case .failed(let error): table.add([.init(names), .init(""), .init(""), .init(PathText.printable(sentence(error)))])
            }
        }
        var text = table.text(style) + "\n" + OptimizeFigures.text(result.before, result.after)
        if hasChanges {
            text += "signatures and attestations of the old images do not hold for the new ones\n"
            if !isDryRun { text += "`strata gc` frees the blobs that nothing needs any more\n" }
        }
        return text
    }

    private var hasChanges: Bool {
        result.items.contains { item in
            if case .done(let root) = item.outcome { return !root.isUnchanged }
            return false
        }
    }

    /// The figures for a comment or a page.
    package func markdown() -> String { OptimizeFigures.markdown(result.before, result.after) }

    /// The same for scripts; bytes.
    package func json() -> JSONValue {
        JSONReport.document(
            "storeOptimization",
            [
                "isDryRun": .bool(isDryRun), "before": OptimizeFigures.json(result.before),
                "after": OptimizeFigures.json(result.after), "images": .array(result.items.map(json)),
            ])
    }

    private func json(_ item: OptimizedStore.Item) -> JSONValue {
        var fields: JSONFields = ["names": .array(item.names.map(JSONValue.string))]
        switch item.outcome {
        case .done(let root):
            fields["outcome"] = .string(root.isUnchanged ? "unchanged" : "written")
            fields["digest"] = .string(root.image.descriptor.digest.description)
            fields["before"] = OptimizeFigures.json(root.before)
            fields["after"] = OptimizeFigures.json(root.after)
        case .pinned: fields["outcome"] = .string("pinned")
        case .failed(let error):
            fields["outcome"] = .string("failed")
            fields["error"] = .string(sentence(error))
        }
        return .object(fields)
    }
}
