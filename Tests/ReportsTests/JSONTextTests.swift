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

    /// What acts on a terminal stands as an escape in what people may see, and as it is in documents, whose bytes count.
    @Test func whatActsIsEscapedButInDocuments() throws {
        let text = "a\u{1B}\u{7F}\u{9B}\u{202E}\u{2066}\u{61C}\u{2028}\u{200F}b…é日\u{A0}\u{2070}\u{60D}"
        let shown = String(decoding: JSONReport.text(.string(text)), as: UTF8.self)
        #expect(
            shown == #""a\u001b\u007f\u009b\u202e\u2066\u061c\u2028\u200fb…é日"# + "\u{A0}\u{2070}\u{60D}\"\n",
            "\(shown.debugDescription)")
        #expect(try JSONDecoder().decode(String.self, from: Data(shown.utf8)) == text)
        #expect(JSONText(.string("\u{7F}\u{202E}"), .compact).bytes == Array("\"\u{7F}\u{202E}\"".utf8))
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

    /// A document with long lists is written in pieces, which together are the text of the whole.
    @Test(arguments: [0, 1, 3, 20_000]) func aDocumentInPiecesIsTheSameText(_ count: Int) throws {
        let elements = (0..<count).map { JSONValue.object(["path": .string("a/\($0)"), "bytes": .integer(Int64($0))]) }
        let fields: JSONFields = ["kind": .string("x"), "a": .null, "z": .array([])]
        var whole = fields
        whole["list"] = .array(elements)
        whole["other"] = .array([])
        var text: [UInt8] = []
        var pieces = 0
        try JSONText.write(fields, lists: ["list": JSONList(elements) { $0 }, "other": JSONList([]) { $0 }]) {
            text += $0
            pieces += 1
            #expect($0.count < 1 << 17)
        }
        #expect(text == JSONReport.text(.object(whole)))
        #expect(count < 20_000 || pieces > 10)
    }
}
