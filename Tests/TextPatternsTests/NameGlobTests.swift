import TestSupport
import Testing
import TextPatterns

@Suite struct NameGlobTests {
    private static let cases: [(pattern: String, name: String, shell: Bool, go: Bool)] = [
        ("?.txt", "ä.txt", true, true), ("?.txt", "日.txt", true, true), ("??.txt", "a\u{301}.txt", true, true),
        ("?.txt", "a\u{301}.txt", false, false),
        ("[ä-ö]", "å", true, true), ("[!a]", "ä", true, false), ("[^a]", "ä", true, true), ("[^ä]", "ä", false, false),
        ("[^ä]", "ab", false, false),
        ("*ä*", "xäy", true, true), ("é", "e\u{301}", false, false), ("\\*", "*", false, true), ("\\*", "\\x", true, false),
        ("[", "[", true, false),
        ("a[]]", "a]", true, true), ("[a\\]]", "]", false, true), ("[z-a]", "m", false, false), ("*", "", true, true),
        ("?", "", false, false),
        ("[a-]", "-", true, false), ("😀?", "😀😀", true, true),
    ]

    @Test(arguments: cases) func aCharacterIsACodePoint(_ known: (pattern: String, name: String, shell: Bool, go: Bool)) {
        let name = Array(known.name.utf8)[...]
        #expect(NameGlob(known.pattern.utf8, .shell).matches(name) == known.shell, "\(known.pattern) on \(known.name)")
        #expect(NameGlob(known.pattern.utf8, .go).matches(name) == known.go, "\(known.pattern) on \(known.name)")
    }

    @Test func aByteThatIsNoTextIsACharacterOfItsOwn() {
        #expect(NameGlob("?".utf8, .shell).matches([0xFF]))
        #expect(!NameGlob("?".utf8, .shell).matches([0xFF, 0xFE]))
        #expect(NameGlob([0x61, 0xFF], .go).matches([0x61, 0xFF]))
        #expect(!NameGlob([0xFF], .go).matches([0xFE]))
        #expect(!NameGlob("ÿ".utf8, .go).matches([0xFF]))
    }

    /// The rule by itself, letter by letter.
    private static func means(_ pattern: ArraySlice<Unicode.Scalar>, _ name: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" { return (name.startIndex...name.endIndex).contains { means(rest, name[$0...]) } }
        guard let letter = name.first, first == "?" || first == letter else { return false }
        return means(rest, name.dropFirst())
    }

    @Test(arguments: 0..<20) func randomPatternsMeanWhatTheRuleSays(seed: Int) {
        var random = SeededNumbers(seed: seed)
        let letters: [Unicode.Scalar] = ["a", "ä", "\u{301}", "日", "😀"]
        for _ in 0..<500 {
            let pattern = (0..<random.number(0...6)).map { _ in random.one(of: letters + ["*", "?", "*"]) }
            let name = (0..<random.number(0...6)).map { _ in random.one(of: letters) }
            let (text, word) = (String(String.UnicodeScalarView(pattern)), String(String.UnicodeScalarView(name)))
            let isMeant = Self.means(pattern[...], name[...])
            for dialect in [NameGlob.Dialect.shell, .go] {
                #expect(NameGlob(text.utf8, dialect).matches(Array(word.utf8)[...]) == isMeant, "\(text) on \(word)")
            }
        }
    }
}
