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

    /// The pieces of a line have all of it, whatever the screen makes of a character.
    @Test(arguments: [true, false]) func whatIsWrappedIsWholeAndFits(isUTF8: Bool) {
        let cells = ScreenCells(isUTF8: isUTF8)
        for text in [
            "plain words that go on", "日本語日本語日本語", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
            "zero\u{200B}\u{200B}width\u{202E}x",
            "\u{301}begins with a mark", "\u{1B}[31mred\u{7}", String(repeating: "é", count: 40), "👨\u{200D}👩\u{200D}👧 family",
        ] {
            for columns in 10...14 {
                let lines = cells.wrapped(ScreenLine([Span(text, .bold), Span(text)]), columns)
                #expect(lines.flatMap(\.spans).map(\.text).joined().unicodeScalars.elementsEqual((text + text).unicodeScalars))
                let shown = cells.text(of: Frame(lines), ScreenSize(rows: lines.count, columns: columns))
                #expect(!shown.contains { $0.hasSuffix(isUTF8 ? "…" : "~") }, "\(shown)")
                for line in lines { #expect(line.spans.reduce(0) { $0 + cells.width($1.text) } <= columns, "\(line)") }
            }
        }
    }

    @Test func aSentenceIsBrokenBetweenWords() {
        let cells = ScreenCells()
        #expect(cells.wrapped(sentence: "one two three", 8) == ["one two", "three"])
        #expect(cells.wrapped(sentence: "a-word-that-is-too-long here", 8) == ["a-word-t", "hat-is-t", "oo-long", "here"])
        #expect(cells.end(of: "abcdef", 4) == "…def")
        #expect(cells.end(of: "abcdef", 6) == "abcdef")
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
