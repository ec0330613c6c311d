// https://docs.docker.com/reference/dockerfile/#environment-replacement

/// The pattern of `${name#pattern}` and its like in a Dockerfile: which beginning or end of a value it means.
package struct ExpansionPattern: Hashable, Sendable {
    private let glob: Glob
    /// The same for a text that is read from its end.
    private let backwards: Glob

    /// A pattern in a file whose escape character is `escape`; one that ends with it is malformed.
    package init(_ text: String, escape: Unicode.Scalar) throws(GlobError) {
        glob = try Glob(text.utf8, .expansion(escape: escape))
        backwards = Glob(steps: glob.steps.reversed(), sets: glob.sets, boundaries: glob.boundaries)
    }

    /// How many characters the shortest or the longest beginning has that the pattern means; nil where it means none.
    package func prefixCount(_ text: some Sequence<Unicode.Scalar>, isLongest: Bool) -> Int? {
        Self.count(glob, text, isLongest)
    }

    /// The same of an end.
    package func suffixCount(_ text: some Sequence<Unicode.Scalar>, isLongest: Bool) -> Int? {
        Self.count(backwards, text.reversed(), isLongest)
    }

    private static func count(_ glob: Glob, _ text: some Sequence<Unicode.Scalar>, _ isLongest: Bool) -> Int? {
        let bytes = Array(String(String.UnicodeScalarView(text)).utf8)
        var found: Int?
        glob.forEachEnd(in: bytes[...]) { end in
            found = end
            return isLongest
        }
        return found.map { end in bytes[..<end].count { $0 & 0xC0 != 0x80 } }
    }
}
