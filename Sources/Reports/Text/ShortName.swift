import OCISpec

/// A name as tables show it: a digest at its end by its first twelve digits, as docker shows an ID.
///
/// With all 64 a line is wider than a terminal; `-v` and JSON have them.
enum ShortName {
    /// The name, with its digest cut.
    static func text(_ name: String) -> String {
        let parts = name.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard let last = parts.last, let digest = Digest(ifValid: String(decoding: last, as: UTF8.self)) else { return name }
        let start = String(decoding: name.utf8.dropLast(last.count), as: UTF8.self)
        return start + digest.short
    }

    /// Several of them, whole where that `isWhole`.
    static func list(_ names: [String], isWhole: Bool) -> String {
        (isWhole ? names : names.map(text)).joined(separator: ", ")
    }
}
