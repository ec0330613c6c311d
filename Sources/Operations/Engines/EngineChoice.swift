package import EngineStores

/// An engine as a command line names it: `docker`, or with its root `podman=/srv/containers`.
package struct EngineChoice: Hashable, Sendable {
    /// The engine.
    package let kind: EngineKind
    /// Its root; nil where it is to be found.
    package let root: String?

    /// The text names no engine that is known here, or an empty root.
    package struct ParseError: Error, Hashable, Sendable {
        /// What was given.
        package let text: String
        /// Whether it names an engine, but no root behind the `=`.
        package let lacksRoot: Bool
    }

    /// A choice from its parts.
    package init(_ kind: EngineKind, root: String? = nil) {
        self.kind = kind
        self.root = root
    }

    /// Reads `ENGINE` or `ENGINE=ROOT`.
    package init(parsing text: String) throws(ParseError) {
        let halves = text.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let name = halves.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard let kind = EngineKind(rawValue: name) else { throw ParseError(text: name, lacksRoot: false) }
        let root = halves.count > 1 ? String(decoding: halves[1], as: UTF8.self) : nil
        guard root?.isEmpty != true else { throw ParseError(text: text, lacksRoot: true) }
        self.init(kind, root: root)
    }
}
