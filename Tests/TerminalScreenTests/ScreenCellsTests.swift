import TerminalScreen
import Testing

/// Lines as cells: measured, cut, filled, and nothing in them acts.
@Suite struct ScreenCellsTests {
    private func text(_ spans: [Span], _ columns: Int, isUTF8: Bool = true) -> String {
        ScreenCells(isUTF8: isUTF8).text(of: Frame([ScreenLine(spans)]), ScreenSize(rows: 1, columns: columns))[0]
    }

    @Test func aWidthCutsAndFills() {
        #expect(text([Span("abcdef", width: 4), Span("|")], 80) == "abc…|")
        #expect(text([Span("ab", width: 4), Span("|")], 80) == "ab  |")
        #expect(text([Span("abcd", width: 4), Span("|")], 80) == "abcd|")
        #expect(text([Span("日本語", width: 5), Span("|")], 80) == "日本…|")
        #expect(text([Span("日本語", width: 4), Span("|")], 80) == "日… |")
        #expect(text([Span("日本", width: 4), Span("|")], 80) == "日本|")
        #expect(text([Span("e\u{301}e\u{301}", width: 2), Span("|")], 80) == "e\u{301}e\u{301}|")
    }

    @Test func aLineEndsWithTheScreen() {
        #expect(text([Span("abcdef")], 3) == "ab…")
        #expect(text([Span("abc"), Span("def")], 3) == "abc")
        #expect(text([Span("日本")], 3) == "日…")
    }

    @Test func withoutUTF8AllIsASCII() {
        #expect(text([Span("a"), Span("│", .sign), Span("│é")], 80, isUTF8: false) == "a|\\u{2502}\\u{E9}")
        #expect(text([Span("abcdef", width: 4)], 80, isUTF8: false) == "abc~")
    }

    @Test func nothingActs() {
        let hostile = (0..<0x3000).compactMap(Unicode.Scalar.init).map { String(Character($0)) }
        for letter in hostile {
            let shown = text([Span("a" + letter + "b")], 80)
            #expect(!shown.unicodeScalars.contains { $0.properties.generalCategory == .control }, "\(letter.unicodeScalars)")
        }
    }

    /// A mark has no letter of its own at the beginning of a piece: it would go to what stands before.
    @Test func aMarkAtTheBeginningIsWrittenOut() {
        #expect(text([Span("x"), Span("\u{301}a")], 80) == "x\\u{301}a")
    }
}
