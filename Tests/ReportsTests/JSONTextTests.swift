import Foundation
import OCISpec
import Reports
import Testing

@Suite struct JSONTextTests {
    /// Another reader gets back what was written, whatever the strings hold.
    @Test func everyStringReadsBack() throws {
        let strings =
            (0..<0x120).compactMap(UnicodeScalar.init).map { "a\(Character($0))b" } + ["", "\\\"/", "\u{1F433}", "e\u{301}"]
        let bytes = JSONReport.text(.array(strings.map { .string($0) }))
        #expect(try JSONDecoder().decode([String].self, from: Data(bytes)) == strings)
    }

    private static let numbers: [(JSONValue, String)] = [
        (.integer(.max), "9223372036854775807"), (.integer(.min), "-9223372036854775808"), (.number(1), "1"),
        (.number(0.5), "0.5"), (.number(1e-7), "1e-07"), (.number(1e300), "1e+300"), (.number(.nan), "null"),
        (.number(.infinity), "null"), (.bool(true), "true"), (.null, "null"),
    ]

    @Test(arguments: numbers)
    func aNumberIsWrittenShortest(value: JSONValue, text: String) {
        #expect(String(decoding: JSONReport.text(value), as: UTF8.self) == text + "\n")
    }

    @Test func keysAreSortedAndEmptyListsTakeNoLine() {
        let document = JSONValue.object(["b": .array([]), "a": .object([:]), "B": .array([.null, .object(["x": .integer(1)])])])
        let text = """
            {
              "B": [
                null,
                {
                  "x": 1
                }
              ],
              "a": {},
              "b": []
            }

            """
        #expect(String(decoding: JSONReport.text(document), as: UTF8.self) == text)
    }
}
