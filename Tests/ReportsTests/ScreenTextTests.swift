import Reports
import TestSupport
import Testing

/// What reaches a terminal or a log, whatever comes in.
@Suite struct ScreenTextTests {
    private static let known: [(text: String, safe: String)] = [
        ("a\u{1B}]0;x\u{7}b", "a\\x1B]0;x\\x07b"), ("a\u{9B}31mb", "a\\x9B31mb"), ("a\rb\r\nc\n", "a\\x0Db\nc\n"),
        ("a\tb", "a\tb"),
        ("a\u{202E}b\u{2066}c\u{2069}d\u{61C}", "a\\u{202E}b\\u{2066}c\\u{2069}d\\u{61C}"),
        ("a\u{2028}b\u{85}c", "a\\u{2028}b\\x85c"),
        ("…—→ é 日本 e\u{301}", "…—→ é 日本 e\u{301}"), ("::stop-commands::x", "\\x3A:stop-commands::x"),
        ("a\n \u{3000}::error::x\nb ::y", "a\n \u{3000}\\x3A:error::x\nb ::y"), ("a ##[error]x", "a #\\x23[error]x"),
        ("## [a](b)", "## [a](b)"),
        ("\u{1B}[31m", "\\x1B[31m"), (":\u{301}:", ":\u{301}:"), ("::\u{301}error", "\\x3A:\u{301}error"),
    ]

    @Test(arguments: known) func whatActsIsWrittenOut(_ known: (text: String, safe: String)) {
        #expect(
            ScreenText.safe(known.text).unicodeScalars.elementsEqual(known.safe.unicodeScalars), "\(ScreenText.safe(known.text))")
    }

    @Test func aFormatKeepsWhatIsNoMatterOfTerminals() {
        #expect(ScreenText.safe("::error::a\u{1B}\n##[x]", .format) == "::error::a\\x1B\n##[x]")
    }

    @Test func onlyTheProgramsOwnColoursStay() {
        let style = TextStyle(usesColor: true)
        let painted = style.paint("a\u{1B}[35mb\nc", .bad) + "\u{1B}[35m\u{1B}[31"
        #expect(ScreenText.safe(painted, keepsColors: true) == "\u{1B}[31ma\\x1B[35mb\\x0Ac\u{1B}[0m\\x1B[35m\\x1B[31")
        #expect(!ScreenText.safe(painted).contains("\u{1B}"))
    }

    @Test func aCellBreaksNoLine() {
        var table = TextTable([.init("A\n"), .init("B")])
        table.add(["x\r\ny\u{1B}[31m", "z\u{202E}"])
        #expect(table.text(TextStyle()) == "A\\x0A               B\nx\\x0D\\x0Ay\\x1B[31m  z\\u{202E}\n")
    }

    /// Every scalar: what is not written out is neither a control character nor turns the line.
    @Test func noScalarThatActsGetsThrough() {
        var odd: [UInt32] = []
        for scalar in (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init) {
            let acts =
                scalar.properties.generalCategory == .control || scalar.properties.isBidiControl
                || [.lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            let isKept = PathText.printable("a\(scalar)").unicodeScalars.contains(scalar)
            if acts == isKept { odd.append(scalar.value) }
        }
        #expect(odd == [])
    }

    /// Texts of the letters that matter: the quick look finds whatever there is to do.
    @Test(arguments: 0..<20) func theQuickLookMissesNothing(seed: Int) {
        var random = SeededNumbers(seed: seed)
        let letters: [Unicode.Scalar] = [
            "a", ":", "#", "[", " ", "\n", "\r", "\t", "\u{1B}", "m", "3", "1", "\u{9B}", "\u{202E}", "\u{2026}", "\u{A0}", "é",
        ]
        for _ in 0..<500 {
            var text = String.UnicodeScalarView()
            for _ in 0..<random.number(0...12) { text.append(random.one(of: letters)) }
            let safe = ScreenText.safe(String(text))
            for line in safe.unicodeScalars.split(separator: "\n") {
                #expect(!line.drop { $0.properties.isWhitespace }.starts(with: "::".unicodeScalars), "\(safe.debugDescription)")
                #expect(
                    line.allSatisfy { $0 == "\t" || ($0.properties.generalCategory != .control && !$0.properties.isBidiControl) })
            }
            #expect(!safe.contains("##["), "\(safe.debugDescription)")
        }
    }
}
