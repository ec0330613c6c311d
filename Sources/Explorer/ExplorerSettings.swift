import Reports

/// What holds for all views.
package struct ExplorerSettings: Hashable, Sendable {
    /// Whether bytes are numbers, and not in the units of `df`.
    package var showsExactBytes: Bool
    /// Whether nothing may be removed.
    package var isReadOnly: Bool

    /// Settings from their parts.
    package init(showsExactBytes: Bool = false, isReadOnly: Bool = false) {
        self.showsExactBytes = showsExactBytes
        self.isReadOnly = isReadOnly
    }

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
