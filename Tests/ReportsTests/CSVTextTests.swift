import Foundation
import Reports
import TestSupport
import Testing

/// Lines that any reader of RFC 4180 takes apart again as they were.
@Suite struct CSVTextTests {
    /// Each letter that means something with each mark behind it, and letters by chance.
    static func texts(seed: Int) -> [String] {
        let special: [Unicode.Scalar] = ["\"", ",", "\r", "\n", ":", "=", "'", " ", ";", "|", "a", "\u{37E}"]
        let marks = ["", "\u{301}", "\u{200D}", "\u{FE0F}", "\u{E0061}", "\n", "\"", "\u{202E}", ":"]
        var random = SeededNumbers(seed: seed)
        let mixed = (0..<500).map { _ -> String in
            var text = String.UnicodeScalarView()
            for _ in 0..<random.number(0...6) {
                let any = Unicode.Scalar(UInt32(random.number(1...0x10FFFF))) ?? "x"
                text.append(
                    random.chance(60)
                        ? random.one(of: special) : random.chance(50) ? random.one(of: ["\u{301}", "\u{200D}"]) : any)
            }
            return String(text)
        }
        return special.flatMap { letter in marks.flatMap { ["a\(letter)\($0)b", "\(letter)\($0)"] } } + mixed
    }

    @Test(.needs("python3")) func aStrictReaderGetsEachFieldBack() throws {
        let folder = try TemporaryDirectory()
        let rows = Self.texts(seed: 1).map { [$0, "x", $0] }
        try Data(CSVText.text(["a", "b", "c"], rows).utf8).write(to: URL(filePath: folder.path("table.csv")))
        try JSONEncoder().encode([["a", "b", "c"]] + rows).write(to: URL(filePath: folder.path("rows.json")))
        let reader = """
            import csv, json, sys
            found = list(csv.reader(open('table.csv', newline='', encoding='utf-8'), strict=True))
            wanted = json.load(open('rows.json', encoding='utf-8'))
            odd = [(f, w) for f, w in zip(found, wanted) if f != w]
            sys.exit(ascii(odd[:3]) if odd or len(found) != len(wanted) else 0)
            """
        var python = Program("python3")
        python.directory = folder.path
        let outcome = try python.run(["-c", reader])
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func noLineBeginsWithACommand() {
        for line in CSVText.text(["a"], [["::stop-commands::x"], [" \u{3000}::error::y"]]).split(separator: "\r\n") {
            #expect(line == "a" || line.hasPrefix("\""))
        }
    }
}
