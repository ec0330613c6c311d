import Testing
import TextPatterns

@Suite struct RegularExpressionTests {
    @Test(arguments: [
        ("^registry\\.example\\.com/base/", "registry.example.com/base/a:1", true), ("base", "x/base/y", true), ("", "x", true),
        ("^registry\\.example\\.com/base/", "registryXexample.com/base/a:1", false), ("^base", "x/base", false),
        ("1$", "app:1", true), ("1$", "app:1\n", false), ("[13579]$", "app:3", true), ("[^13579]$", "app:3", false),
        ("(?i)PROD", "x/prod/y", true), ("a(?i:B)c", "abc", true), ("a(?i:B)c", "abC", false), ("(a(?i)B)C", "abc", false),
        ("^(a|b)+$", "abba", true), ("^(a|b)+$", "abca", false), ("^a{2,3}$", "aa", true), ("^a{2,3}$", "aaaa", false),
        ("^a{2}$", "aaa", false), ("^a{2,}$", "aaaaa", true), ("^a{0}b", "b", true), ("a{x}", "a{x}", true), ("]", "]", true),
        ("v\\d+\\.\\d+", "app:v1.24", true), ("\\W", "abc_1", false), ("\\s", "a b", true), ("[[:digit:]]+-rc", "1-rc", true),
        ("\\bprod\\b", "x/prod:1", true), ("\\bprod\\b", "x/product:1", false), ("\\bcom\\b", "example.com/x", true),
        ("\\Aa", "ba", false), ("a\\z", "ab", false), ("[]a]", "]", true), ("[a\\]]", "]", true), ("[a-]", "-", true),
        ("\\Qa.b\\E", "a.b", true), ("\\Qa.b\\E", "axb", false), ("\\x61\\x{62}", "ab", true), (".", "\n", false),
        ("(?s).", "\n", true), ("(?m)^b$", "a\nb\nc", true), ("^b$", "a\nb\nc", false), ("a|", "x", true), ("()", "x", true),
        ("(?P<n>a)b", "ab", true), ("(?<n>a)b", "ab", true), ("(a*)*b", "aab", true), ("(|a)+b", "ab", true), ("é", "café", true),
        ("(?i)É", "é", true), ("[à-ü]", "é", true), ("\\w", "é", true), ("[[:alpha:]]", "é", true), ("\\_\\-\\/", "_-/", true),
    ]) func whatMatches(pattern: String, text: String, isMatch: Bool) throws {
        #expect(try RegularExpression(pattern).matches(text) == isMatch, "\(pattern) on \(text)")
    }

    @Test(
        arguments: [
            ("(a)\\1", .unsupported("\\1"), 4), ("(?=a)", .unsupported("(?="), 1), ("(?!a)", .unsupported("(?!"), 1),
            ("(?<=a)b", .unsupported("(?<"), 1), ("(?>a)", .unsupported("(?>"), 1), ("a*+", .unsupported("*+"), 3),
            ("\\p{L}", .unsupported("\\p"), 1), ("a\\B", .unsupported("\\B"), 2), ("\\Z", .unsupported("\\Z"), 1),
            ("[[:nope:]]", .unsupported("[:nope:]"), 2), ("(?x)a b", .unsupported("(?x"), 1), ("\\é", .unsupported("\\é"), 1),
            ("[a[bc]]", .ambiguous("["), 3), ("[a-z&&[b]]", .ambiguous("&&"), 5), ("[a-z--b]", .ambiguous("--"), 5),
            ("a{,3}", .ambiguous("{,3}"), 2), ("a{ 2 }", .ambiguous("{ 2 }"), 2), ("(a", .unclosed("("), 1),
            ("[a", .unclosed("["), 1),
            ("[]", .unclosed("["), 1), ("a)", .unopened, 2), ("*a", .nothingToRepeat("*"), 1), ("^*", .nothingToRepeat("^*"), 3),
            ("a**", .nothingToRepeat("**"), 3), ("a{2}{3}", .nothingToRepeat("{2}{3}"), 5), ("a|+", .nothingToRepeat("+"), 3),
            ("a{3,2}", .badBounds("{3,2}"), 2), ("a{1001}", .badBounds("{1001}"), 2), ("[z-a]", .badRange("[z-a"), 5),
            ("[a-\\d]", .badRange("[a-\\d"), 6), ("(?P<1 >a)", .badGroupName("1 "), 1), ("a\\", .loneBackslash, 2),
        ] as [(String, RegularExpressionError.Problem, Int)])
    func whatIsRefused(pattern: String, problem: RegularExpressionError.Problem, column: Int) {
        #expect(throws: RegularExpressionError(problem, column: column)) { try RegularExpression(pattern) }
    }

    @Test(arguments: [
        "(a{1000}){1000}", "((((a{100}){100}){100}){100}){100}",
        String(repeating: "(", count: 101) + String(repeating: ")", count: 101),
        String(repeating: "a", count: 4097), "(\\w{500}|\\d{500}){20}",
    ]) func whatIsTooLargeIsRefused(pattern: String) {
        do {
            _ = try RegularExpression(pattern)
            Issue.record("\(pattern.prefix(40)) was taken")
        } catch {
            #expect(error.problem == .tooLarge)
        }
    }

    /// What a matcher that backtracks does not end with before the sun does.
    @Test(arguments: [
        "^([a-z.]+/?)+$", "^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)*=", "^(a?){100}$",
        "^(a*)*(a*)*(a*)*b$",
    ]) func noNameTakesForever(pattern: String) throws {
        let name = String(repeating: "a", count: 20_000) + "_"
        #expect(try !RegularExpression(pattern).matches(name))
    }

    @Test func oneWayIsFollowedForEachInstruction() throws {
        // Sixty optional letters and sixty that must be there: two to the power of sixty ways to share them out.
        let pattern = "^" + String(repeating: "a?", count: 60) + String(repeating: "a", count: 60) + "$"
        let expression = try RegularExpression(pattern)
        #expect(expression.matches(String(repeating: "a", count: 60)))
        #expect(expression.matches(String(repeating: "a", count: 120)))
        #expect(!expression.matches(String(repeating: "a", count: 121)))
    }

    // MARK: Places

    @Test(arguments: [
        ("a|ab", "abab", ["a", "a"]), ("ab|a", "abab", ["ab", "ab"]), ("a*", "baac", ["", "aa", ""]),
        ("a+?", "aaa", ["a", "a", "a"]),
        ("x*", "", [""]), ("(a)(b)?", "aab", ["a", "ab"]), ("a{2,3}", "aaaaa", ["aaa", "aa"]), ("^a", "aa", ["a"]),
    ]) func theLeftmostMatchByTheOrderOfAlternatives(pattern: String, text: String, found: [String]) throws {
        let letters = Array(text.unicodeScalars)
        let matches = try RegularExpression(pattern).matches(in: letters)
        #expect(matches.map { String(String.UnicodeScalarView(letters[$0.range])) } == found)
    }

    @Test func groupsAreRemembered() throws {
        let expression = try RegularExpression("(?P<first>a+)/(b)?(?P<rest>.*)")
        let match = try #require(expression.matches(in: Array("aa/cd".unicodeScalars)).first)
        #expect(match.ranges == [0..<5, 0..<2, nil, 3..<5])
        #expect(expression.groupNumbers == ["first": 1, "rest": 3])
    }
}
