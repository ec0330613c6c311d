import DockerfileLanguage
import TestSupport
import Testing

/// Variables, quotes and escapes against published tables.
@Suite struct ExpansionTests {
    private struct WordTable: Decodable {
        struct Row: Decodable {
            var source: String
            var expected: String?
            var error: Bool?
        }
        var env: [String]
        var cases: [Row]
    }

    private struct SplitTable: Decodable {
        struct Row: Decodable {
            var source: String
            var env: [String]
            var expected: [String]?
            var error: Bool?
        }
        var cases: [Row]
    }

    private func variables(_ env: [String]) -> (String) -> String? {
        var values: [String: String] = [:]
        for line in env {
            let name = line.prefix { $0 != "=" }
            values[String(name)] = String(line.dropFirst(name.count + 1))
        }
        return { values[$0] }
    }

    @Test(.needsCases) func wordsExpandAsInTheTable() throws {
        let folder = try #require(SharedCases.folder)
        let table = SharedCases.decode(WordTable.self, "\(folder)/dockerfile-expand/words.json")
        #expect(table.cases.count > 100)
        for row in table.cases {
            let result = Result { try WordExpansion().word(row.source, variables(table.env)) }
            if row.error == true {
                #expect(throws: ExpansionError.self, "\(row.source)") { try result.get() }
            } else {
                #expect((try? result.get()) == row.expected, "\(row.source)")
            }
        }
    }

    @Test(.needsCases) func linesSplitAsInTheTable() throws {
        let folder = try #require(SharedCases.folder)
        let table = SharedCases.decode(SplitTable.self, "\(folder)/dockerfile-expand/splitting.json")
        #expect(table.cases.count > 10)
        for row in table.cases {
            let result = Result { try WordExpansion().words(row.source, variables(row.env)) }
            if row.error == true {
                #expect(throws: ExpansionError.self, "\(row.source)") { try result.get() }
            } else {
                #expect((try? result.get()) == row.expected, "\(row.source)")
            }
        }
    }

    private static let modifiers: [(source: String, expected: String)] = [
        ("${a:-b}", "value"), ("${none:-b}", "b"), ("${empty:-b}", "b"), ("${empty-b}", ""), ("${a:+b}", "b"), ("${none:+b}", ""),
        ("${path#*/}", "usr/lib/x.tar.gz"), ("${path##*/}", "x.tar.gz"), ("${path%.*}", "/usr/lib/x.tar"),
        ("${path%%.*}", "/usr/lib/x"), ("${path/lib/bin}", "/usr/bin/x.tar.gz"), ("${path//\\//-}", "-usr-lib-x.tar.gz"),
        ("${a:-${none:-deep}}", "value"), ("${none:-${a}}", "value"), ("'${a}'", "${a}"), ("\"${a}\"", "value"), ("\\$a", "$a"),
        ("$", "$"), ("a$", "a$"), ("${a/$none/x}", "xvalue"), ("${a//$none/-}", "-v-a-l-u-e-"), ("${empty/*/n}", "n"),
        ("${empty//$none/n}", "n"), ("${a//*/n}", "n"), ("${none/$none/x}", ""),
    ]

    @Test(arguments: modifiers) func modifiersDoAsAShell(_ known: (source: String, expected: String)) throws {
        let values = ["a": "value", "empty": "", "path": "/usr/lib/x.tar.gz"]
        #expect(try WordExpansion().word(known.source) { values[$0] } == known.expected, "\(known.source)")
    }

    @Test func aRequiredVariableSaysWhatItWants() {
        #expect(throws: ExpansionError.required(name: "v", message: "set v")) {
            try WordExpansion().word("${v:?set v}") { _ in "" }
        }
        #expect(throws: ExpansionError.unsupportedModifier("=")) { try WordExpansion().word("${v=x}") { _ in nil } }
        #expect(throws: ExpansionError.openQuote("\"")) { try WordExpansion().word("\"abc") { _ in nil } }
    }
}
