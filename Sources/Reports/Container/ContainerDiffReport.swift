package import OCISpec

/// `diff CONTAINER`: the paths that a container changed.
package struct ContainerDiffReport: Sendable {
    private let container: String
    private let changes: [(kind: Character, path: [UInt8])]

    /// A report on the container of this ID; a kind is docker's letter, a path has no slash in front.
    package init(container: String, _ changes: [(kind: Character, path: [UInt8])]) {
        self.container = container
        self.changes = changes
    }

    /// Docker's lines.
    package var text: String {
        changes.map { "\($0.kind) /\(PathText.display($0.path))\n" }.joined()
    }

    /// The document.
    package var json: JSONValue {
        JSONReport.document(
            "container-diff",
            [
                "container": .string(container),
                "paths": .array(
                    changes.map { change in
                        .object([
                            "change": .string(Self.words[change.kind] ?? String(change.kind)),
                            "path": .string("/" + PathText.text(change.path).text),
                        ])
                    }),
            ])
    }

    private static let words: [Character: String] = ["A": "added", "C": "modified", "D": "removed"]
}
