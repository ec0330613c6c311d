import TestSupport
import Testing
import TextPatterns

@Suite struct GlobTests {
    private static let cases: [(pattern: String, name: String, shell: Bool, go: Bool?)] = [
        ("?.txt", "ä.txt", true, true), ("?.txt", "日.txt", true, true), ("??.txt", "a\u{301}.txt", true, true),
        ("?.txt", "a\u{301}.txt", false, false),
        ("[ä-ö]", "å", true, true), ("[!a]", "ä", true, false), ("[^a]", "ä", true, true), ("[^ä]", "ä", false, false),
        ("[^ä]", "ab", false, false),
        ("*ä*", "xäy", true, true), ("é", "e\u{301}", false, false), ("\\*", "*", false, true), ("\\*", "\\x", true, false),
        ("[", "[", true, nil), ("[a\\]]", "]", false, true), ("[z-a]", "m", false, false), ("*", "", true, true),
        ("?", "", false, false), ("", "", true, true), ("[a-]", "-", true, nil), ("😀?", "😀😀", true, true),
        // A bracket or a dash where Go wants it escaped.
        ("a[]]", "a]", true, nil), ("[]a]", "]", true, nil), ("[-]", "-", true, nil), ("[x-]", "x", true, nil),
        ("[-x]", "-", true, nil), ("[a-b-c]", "a", true, nil), ("[]", "[]", true, nil), ("[!]", "[!]", true, false),
        ("a[", "a[", true, nil), ("[^", "[^", true, nil), ("[^bc", "[^bc", true, nil), ("\\", "\\", true, nil),
        ("[\\-x]", "-", false, true), ("[x\\-]", "x", true, true), ("a[^a]b", "a☺b", true, true), ("*x", "xxx", true, true),
    ]

    private static func go(_ pattern: String, _ name: [UInt8]) -> Bool? {
        do throws(GlobError) {
            return try Glob(pattern.utf8, .go).matches(name[...])
        } catch {
            // nil stands for a malformed pattern in the table.
            return nil
        }
    }

    @Test(arguments: cases) func aCharacterIsACodePoint(_ known: (pattern: String, name: String, shell: Bool, go: Bool?)) {
        #expect(Glob(shell: known.pattern.utf8).matches(known.name) == known.shell, "\(known.pattern) on \(known.name)")
        #expect(Self.go(known.pattern, Array(known.name.utf8)) == known.go, "\(known.pattern) on \(known.name)")
    }

    @Test func aByteThatIsNoTextIsACharacterOfItsOwn() throws {
        #expect(Glob(shell: "?".utf8).matches([0xFF]))
        #expect(!Glob(shell: "?".utf8).matches([0xFF, 0xFE]))
        #expect(try Glob([0x61, 0xFF], .go).matches([0x61, 0xFF]))
        #expect(try !Glob([0xFF], .go).matches([0xFE]))
        #expect(try !Glob("ÿ".utf8, .go).matches([0xFF]))
    }

    private static let boundaries: [(dialect: GlobDialect, pattern: String, text: String, isMeant: Bool)] = [
        (.go, "?", "/", false), (.go, "[^a]", "/", true), (.go, "**", "a/b", false),
        (.ignoreFile, "?", "/", false), (.ignoreFile, "a[^b]c", "a/c", true), (.ignoreFile, "**/b", "a/b", true),
        (.ignoreFile, "**b", "ab", true), (.ignoreFile, "**?b", "ab", true), (.ignoreFile, "**?c", "ab/c", false),
        (.ignoreFile, "**\\b", "ab", false), (.ignoreFile, "a**", "a/b", true), (.ignoreFile, "a**b", "axb", false),
        (.reference, "a?c", "a:c", false), (.reference, "?:1", "ä:1", true), (.reference, "a[^b]c", "a/c", false),
        (.reference, "a***c", "a/b:c", true), (.reference, "[!a]", "b", true),
    ]

    @Test(arguments: boundaries) func wildcardsStopWhereTheDialectSays(
        _ known: (dialect: GlobDialect, pattern: String, text: String, isMeant: Bool)
    ) throws {
        let glob = try Glob(known.pattern.utf8, known.dialect)
        #expect(glob.matches(known.text) == known.isMeant, "\(known.pattern) on \(known.text)")
    }

    @Test func aDirectoryMeansWhatItHolds() throws {
        let glob = try Glob("**/b?".utf8, .ignoreFile)
        for path in ["b1", "a/b1", "a/b1/c/d", "b1/"] { #expect(glob.matchesPathOrAbove(Array(path.utf8)[...]), "\(path)") }
        for path in ["b", "ab1", "a/b12/c", ""] { #expect(!glob.matchesPathOrAbove(Array(path.utf8)[...]), "\(path)") }
    }

    @Test func aPatternMayHaveMoreThan64Parts() throws {
        let text = String(repeating: "ab", count: 100)
        #expect(try Glob((text + "*").utf8, .reference).matches(text + "c"))
        #expect(try !Glob((text + "?").utf8, .reference).matches(text))
        #expect(try Glob(String(repeating: "?", count: 200).utf8, .go).matches(text))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [GlobDialect.go, .ignoreFile, .reference])
    func manyStarsDoNotTakeForever(_ dialect: GlobDialect) throws {
        for part in ["*a", "**/a/", "*[a-b]*", "**a"] {
            let glob = try Glob((String(repeating: part, count: 100) + "\\c").utf8, dialect)
            #expect(!glob.matches(String(repeating: "a/", count: 2000) + String(repeating: "a", count: 2000)))
        }
    }

    @Test(arguments: 0..<20) func randomPatternsMeanWhatTheRulesSay(seed: Int) {
        var random = SeededNumbers(seed: seed)
        let letters: [Unicode.Scalar] = ["a", "b", "ä", "/", ":", "-"]
        let signs: [Unicode.Scalar] = ["*", "*", "*", "?", "[", "]", "\\", "^", "!", "-", "/"]
        for _ in 0..<1500 {
            let pattern = (0..<random.number(0...7)).map { _ in random.one(of: random.chance(50) ? letters : signs) }
            let text = (0..<random.number(0...6)).map { _ in random.one(of: letters) }
            let (written, word) = (String(String.UnicodeScalarView(pattern)), String(String.UnicodeScalarView(text)))
            for (dialect, rules) in GlobModel.dialects {
                var found: Bool?
                do throws(GlobError) {
                    found = try Glob(written.utf8, dialect).matches(word)
                } catch {
                    // nil stands for a malformed pattern, in the model too.
                }
                #expect(found == rules.isMeant(pattern, text), "\(written) on \(word), \(rules)")
            }
            #expect(Glob(shell: written.utf8).matches(word) == GlobModel.words.isMeant(pattern, text), "\(written) on \(word)")
        }
    }
}
