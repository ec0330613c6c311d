import TestSupport
import Testing
import TextPatterns

@Suite struct ExpansionPatternTests {
    /// The rule by itself, letter by letter.
    private static func means(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" { return (text.startIndex...text.endIndex).contains { means(rest, text[$0...]) } }
        if first == "`" { return text.first == rest.first && means(rest.dropFirst(), text.dropFirst()) }
        guard let letter = text.first, first == "?" || first == letter else { return false }
        return means(rest, text.dropFirst())
    }

    @Test(arguments: 0..<10) func beginningsAndEndsAreThoseOfTheRule(seed: Int) throws {
        var random = SeededNumbers(seed: seed)
        let letters: [Unicode.Scalar] = ["a", "ä", "[", "/"]
        for _ in 0..<500 {
            var pattern = (0..<random.number(0...5)).map { _ in random.one(of: letters + ["*", "?", "`"]) }
            if pattern.last == "`" { pattern.append("*") }
            let text = (0..<random.number(0...6)).map { _ in random.one(of: letters) }
            let written = String(String.UnicodeScalarView(pattern))
            guard written.filter({ $0 == "`" }).count < 2 else { continue }
            let glob = try ExpansionPattern(written, escape: "`")
            let beginnings = (0...text.count).filter { Self.means(pattern[...], text[..<$0]) }
            let ends = (0...text.count).filter { Self.means(pattern[...], text[(text.count - $0)...]) }
            #expect(glob.prefixCount(text, isLongest: false) == beginnings.first, "\(written)")
            #expect(glob.prefixCount(text, isLongest: true) == beginnings.last, "\(written)")
            #expect(glob.suffixCount(text, isLongest: false) == ends.first, "\(written)")
            #expect(glob.suffixCount(text, isLongest: true) == ends.last, "\(written)")
        }
    }

    @Test func anEscapeAtTheEndIsMalformed() {
        #expect(throws: GlobError.malformed) { try ExpansionPattern("a\\", escape: "\\") }
    }

    @Test func aSlashIsACharacterLikeAnyOther() throws {
        #expect(try ExpansionPattern("*", escape: "\\").prefixCount("a/b".unicodeScalars, isLongest: true) == 3)
    }
}
