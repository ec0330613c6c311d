import Reports

/// What holds for all views.
package struct ExplorerSettings: Sendable {
    /// Whether bytes are numbers, and not in the units of `df`.
    package var showsExactBytes: Bool
    /// Whether nothing may be removed.
    package var isReadOnly: Bool
    /// The commands that tell the same.
    package var command = PlainCommand()

    /// An error as a sentence, with the next step where there is one.
    package var explain: @Sendable (any Error) -> String

    /// Settings from their parts.
    package init(
        showsExactBytes: Bool = false, isReadOnly: Bool = false,
        explain: @escaping @Sendable (any Error) -> String = { "\($0)" }
    ) {
        self.showsExactBytes = showsExactBytes
        self.isReadOnly = isReadOnly
        self.explain = explain
    }

    /// How many columns bytes up to that many take.
    package func columns(upTo bytes: Int64) -> Int { showsExactBytes ? max(5, "\(bytes)".utf8.count) : 7 }

    /// Bytes as they stand in a column; `-` for what is not known.
    package func text(_ bytes: Int64?) -> String {
        guard let bytes else { return "-" }
        return showsExactBytes ? "\(bytes)" : ByteText.text(bytes)
    }

    /// What bytes differ by, with its sign.
    package func signed(_ bytes: Int64) -> String {
        showsExactBytes ? (bytes > 0 ? "+\(bytes)" : "\(bytes)") : ByteText.signed(bytes)
    }
}
