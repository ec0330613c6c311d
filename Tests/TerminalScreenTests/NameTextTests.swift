import TerminalScreen
import Testing

/// Names that differ look different, and nothing in them acts.
@Suite struct NameTextTests {
    @Test(arguments: [
        ("plain.txt", "plain.txt"), ("a\u{1B}[2J", "a\\x1B[2J"), ("a\\x1B[2J", "a\\\\x1B[2J"), ("line\nbreak", "line\\x0Abreak"),
        ("c1\u{9B}2J", "c1\\x9B2J"), ("\u{202E}txt.exe", "\\u{202E}txt.exe"), ("zero\u{200B}width", "zero\\u{200B}width"),
        ("no\u{A0}break", "no\\u{A0}break"), ("a\\b", "a\\b"), ("日本", "日本"), ("e\u{301}", "e\u{301}"),
    ])
    func textIsWrittenOutWhereItActs(name: String, shown: String) {
        #expect(NameText.shown(name.utf8).unicodeScalars.elementsEqual(shown.unicodeScalars))
    }

    @Test func bytesThatAreNoTextHaveNumbers() {
        #expect(NameText.shown([0x61, 0xFF, 0xC3]) == "a\\xFF\\xC3")
        #expect(NameText.shown(Array("a\\xFF".utf8)) == "a\\\\xFF")
    }

    /// All names of up to four of the characters that could be confounded.
    @Test func noTwoNamesLookAlike() {
        let letters: [[UInt8]] = [
            [0x5C], [0x78], [0x31], [0x42], [0x1B], [0x75], [0xFF], Array("{".utf8), Array("\u{200B}".utf8),
        ]
        var names: [[UInt8]] = [[]]
        var all: [[UInt8]] = []
        for _ in 0..<4 {
            names = names.flatMap { name in letters.map { name + $0 } }
            all += names
        }
        var seen: [String: [UInt8]] = [:]
        for name in all {
            let other = seen.updateValue(name, forKey: NameText.shown(name))
            #expect(other == nil, "\(name) and \(other ?? [])")
        }
    }
}
