import Foundation
import Glibc
import Reports
import Testing
import TextValues

/// Columns are those of wcwidth(3), and what is cut is cut between letters.
@Suite struct TextColumnsTests {
    /// A mark of Ahom, which takes a column since Unicode 16.
    private static let sinceUnicode16: UInt32 = 0x1171E

    @Test func everyCharacterIsAsWideAsTheSystemSays() throws {
        // Glibc's module leaves it out.
        typealias Width = @convention(c) (wchar_t) -> Int32
        let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "wcwidth"))
        let wcwidth = unsafeBitCast(symbol, to: Width.self)
        let locale = try #require(newlocale(LC_CTYPE_MASK, "C.UTF-8", nil))
        let old = uselocale(locale)
        defer {
            uselocale(old)
            freelocale(locale)
        }
        var odd: [String] = []
        for scalar in (UInt32(0x20)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init) {
            let known = wcwidth(wchar_t(scalar.value))
            // Control characters never come so far, and the library's own Unicode may be older.
            guard known >= 0, scalar.value != Self.sinceUnicode16, scalar.properties.generalCategory != .unassigned else {
                continue
            }
            let width = TextColumns.width(String(scalar))
            if width != Int(known) { odd.append("U+\(String(scalar.value, radix: 16)): \(width), not \(known)") }
        }
        #expect(odd == [], "\(odd.count)")
    }

    private static let cuts: [(text: String, limit: Int, expected: String)] = [
        ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 6, "日本語"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本", 1, "…"),
        ("日本", 0, ""), ("e\u{301}e\u{301}e\u{301}", 3, "e\u{301}e\u{301}e\u{301}"), ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        // Two people and a joiner between them: four columns that belong together.
        ("a👩\u{200D}👩b", 5, "a…"), ("a👩\u{200D}👩bc", 6, "a👩\u{200D}👩…"), ("한글", 3, "한…"),
        ("\u{1112}\u{1161}\u{11AB}x", 3, "\u{1112}\u{1161}\u{11AB}x"),
    ]

    @Test(arguments: cuts) func whatIsCutFitsAndLosesWholeLetters(_ known: (text: String, limit: Int, expected: String)) {
        let cut = TextColumns.cut(known.text, to: known.limit)
        #expect(Array(cut.unicodeScalars) == Array(known.expected.unicodeScalars))
        #expect(TextColumns.width(cut) <= known.limit)
    }

    @Test func aTableStandsUnderItsHeadingWhateverItsLetters() {
        var table = TextTable([.init("A"), .init("B", .right), .init("C", shrinksTo: 4)])
        table.add(["日本", "1", "日本語日本語"])
        table.add(["e\u{301}", "22", "x"])
        let lines = table.text(TextStyle(width: 20)).split(separator: "\n").map(String.init)
        #expect(lines == ["A      B  C", "日本   1  日本語日…", "e\u{301}     22  x"])
        #expect(lines.allSatisfy { TextColumns.width($0) <= 20 })
    }
}
