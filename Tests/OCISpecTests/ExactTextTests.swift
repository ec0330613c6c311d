import Foundation
import OCISpec
import TestSupport
import Testing
import TextValues

/// Names are told apart by their bytes, in memory and in documents.
@Suite struct ExactTextTests {
    private static let one = "\u{E9}"
    private static let two = "e\u{301}"
    private static let equalForUnicode = [
        (one, two), ("K", "\u{212A}"), (";", "\u{37E}"), ("`", "\u{1FEF}"), ("\u{C5}", "\u{212B}"),
        ("\u{D55C}", "\u{1112}\u{1161}\u{11AB}"),
    ]

    @Test(arguments: equalForUnicode) func whatUnicodeCallsEqualIsTwo(_ left: String, _ right: String) {
        #expect(left == right)
        #expect(ExactText(left) != ExactText(right) && !left.isExactly(right) && !Optional(left).isExactly(right))
        #expect(Set([ExactText(left), ExactText(right), ExactText(left)]).count == 2)
        #expect((ExactText(left) < ExactText(right)) == (left.utf8.lexicographicallyPrecedes(right.utf8)))
        #expect(
            JSONValue.string(left) != .string(right)
                && JSONValue.object([ExactText(left): .null]) != .object([ExactText(right): .null]))
    }

    private struct Both: Codable, Equatable {
        var texts: [ExactText: String]
        var list: [ExactText]
    }

    @Test func documentsKeepBoth() throws {
        let text = #"{"list":["\#(Self.one)","\#(Self.two)"],"texts":{"\#(Self.two)":"2","\#(Self.one)":"1"}}"#
        let both = try decodeDocument(Both.self, from: Array(text.utf8))
        #expect(both.texts == [ExactText(Self.one): "1", ExactText(Self.two): "2"])
        #expect(both.list == [ExactText(Self.one), ExactText(Self.two)])
        #expect(try encodeDocument(both) == Array(text.utf8))
        #expect(try encodeDocument(try decodeDocument(JSONValue.self, from: Array(text.utf8))) == Array(text.utf8))
    }

    @Test func configsKeepBoth() throws {
        let config = """
            {"ExposedPorts":{"e\\u0301":{},"\\u00e9":{}},"Labels":{"\\u00e9":"1","e\\u0301":"2"},"Volumes":{"/\\u00e9":{},"/e\\u0301":{}}}
            """
        let read = try decodeDocument(ContainerConfig.self, from: Array(config.utf8))
        #expect(read.labels?.count == 2 && read.volumes?.count == 2 && read.exposedPorts?.count == 2)
        let again = try decodeDocument(ContainerConfig.self, from: try encodeDocument(read))
        #expect(again.labels == read.labels && again.volumes == read.volumes && again.exposedPorts == read.exposedPorts)
    }

    private struct Nothing: Codable {}

    /// Values of every shape that documents have.
    private struct Shapes: Encodable {
        var numbers: [Int64] = [0, -1, .max, .min]
        var fractions: [Double] = [0.5, 1, 1e-7, -2.25, 1e300]
        var small: UInt16 = 7
        var flags = [true, false]
        var absent: String?
        var nulls: [String?] = [nil, "a/b", "\"\\\n\t\u{1}\u{1B}é\u{2028}"]
        var nested = [["a": [Nothing()]], [:]]
        var fields = ["b": 1, "a": 2, "B": 3]
        var value = JSONValue.object(["x": .array([.null, .bool(true)])])
    }

    @Test func whatIsWrittenIsWhatFoundationWrites() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(
            String(decoding: try encodeDocument(Shapes()), as: UTF8.self)
                == String(decoding: try encoder.encode(Shapes()), as: UTF8.self))
        #expect(throws: DocumentError.self) { try encodeDocument([Double.infinity]) }
        #expect(throws: DocumentError.self) { try encodeDocument([UInt64.max]) }
    }

    private static let pairs: [(text: String, name: String, value: String?)] = [
        ("a=b", "a", "b"), ("a", "a", nil), ("a=", "a", ""), ("=b", "", "b"), ("a=b=c", "a", "b=c"),
        ("a=\u{301}b", "a", "\u{301}b"), ("", "", nil),
    ]

    @Test(arguments: pairs) func aPairIsTakenApartAtItsFirstSign(_ pair: (text: String, name: String, value: String?)) {
        let found = NameValue(pair.text)
        #expect(found.name.isExactly(pair.name) && found.value.isExactly(pair.value), "\(found)")
    }
}
