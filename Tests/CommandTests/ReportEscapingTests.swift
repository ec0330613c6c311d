import Foundation
import TestSupport
import Testing

/// Names, labels and reasons of any letters, in every format: its own kind of reader gets them back as they are.
@Suite(.needs("python3")) struct ReportEscapingTests {
    private static let label =
        "my \"\u{301}app\" x=\"y\" <b> & 'c' `d`\u{301} |e|\u{301} [f](g) %0A ::h ##[i] \u{1B}[35m\n::error::j\r\nk \u{202E}"

    /// Letters that mean something to one of the formats, each with marks and other such letters behind it, and any at all by chance.
    static func words(seed: Int) -> [String] {
        let special: [Unicode.Scalar] = [
            "\"", "'", "`", "|", "\\", ",", ";", ":", "<", ">", "&", "[", "]", "(", ")", "*", "_", "#", "!", "%", "=", "~", "@",
            " ", "\r", "\n", "\t",
            "\u{1B}", "\u{9B}", "\u{85}", "\u{2028}", "\u{202E}", "\u{37E}", "\u{1FEF}", "\u{212A}", "\u{FFFE}", "{", "$",
        ]
        let marks = ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{E0061}", "", "\\", "|", "`", "\n"]
        var random = SeededNumbers(seed: seed)
        let mixed = (0..<150).map { number -> String in
            var text = String.UnicodeScalarView("m\(number) ".unicodeScalars)
            for _ in 0..<random.number(0...8) {
                let any = Unicode.Scalar(UInt32(random.number(1...0x10FFFF))) ?? "x"
                text.append(
                    random.chance(60)
                        ? random.one(of: special) : random.chance(50) ? random.one(of: ["\u{301}", "\u{200D}"]) : any)
            }
            return String(text)
        }
        let pairs = special.flatMap { letter in
            marks.map { "s\(letter)\($0)t" } + ["\(letter)", "\(letter)\u{301}a\(letter)", "\(letter)b\(letter)"]
        }
        var seen: Set<[UInt8]> = []
        return (pairs + mixed).filter { seen.insert(Array($0.utf8)).inserted && !$0.utf8.contains(UInt8(ascii: "/")) }
    }

    private struct Expected: Encodable {
        var label = ReportEscapingTests.label
        var names = ReportEscapingTests.words(seed: 1)
        var reasons = ReportEscapingTests.words(seed: 2)
    }

    /// An image that wastes a file of each name, a budget that allows it for each reason, until a day that is over, and all reports.
    private static let folder = Result { () throws -> TemporaryDirectory in
        let bench = try Workbench()
        let expected = Expected()
        _ = try bench.file("expected.json", try JSONEncoder().encode(expected))
        let files = expected.names.enumerated().map { TarMember.file("n/\($1)", size: 9000 - $0) }
        let image = ImageBuilder([BuiltLayer([.file("base", size: 10)] + files), BuiltLayer([.whiteout("n")])], named: label)
        _ = try bench.file("evil.tar", try image.layout().tar)
        let allowances = expected.reasons.map { "  - { rule: max-wasted, reason: \(quoted($0)), expires: 2020-01-01 }\n" }
            .joined()
        _ = try bench.file("budget.yaml", Data("version: 1\nmax-wasted: 1kB\nallow:\n\(allowances)".utf8))
        let outcome = try bench.shell(
            """
            cd "$1" && check() { "$STRATA" check evil.tar --budget budget.yaml --format "$1" > "$2"; [ $? = 1 ]; }
            "$STRATA" report evil.tar -o . > log && "$STRATA" analyze evil.tar --format html > analysis.html &&
            "$STRATA" analyze evil.tar --top 100000 --format markdown > analysis.md &&
            check junit check.xml && check sarif check.sarif && check github check.github
            """, bench.folder.path)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return bench.folder
    }

    /// As YAML has it, every letter that is not plain by its number.
    private static func quoted(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { scalar -> String in
                if scalar.isASCII, scalar.properties.isAlphabetic { return String(scalar) }
                let digits = String(scalar.value, radix: 16)
                return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }.joined() + "\""
    }

    @Test(arguments: ["csv", "html", "junit", "sarif", "github"]) func aReaderGetsBackWhatIsMeant(format: String) throws {
        try read(format)
    }

    @Test(.needs("cmark-gfm")) func aRendererShowsWhatIsMeant() throws { try read("markdown") }

    private func read(_ format: String) throws {
        var python = Program("python3")
        python.directory = try Self.folder.get().path
        let outcome = try python.run([Program.packageRoot + "/Tests/CommandTests/report-reader.py", format])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors.prefix(3000))")
    }
}
