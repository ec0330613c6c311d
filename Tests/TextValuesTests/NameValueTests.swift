import Testing
import TextValues

@Suite struct NameValueTests {
    private func fields(_ text: String) -> [String]? {
        NameValue.fields(text)?.map { field in field.value.map { "\(field.name)|\($0)" } ?? field.name }
    }

    @Test(arguments: [
        ("type=bind,source=/a,ro", ["type|bind", "source|/a", "ro"]), ("", []), (",,a=1,", ["a|1"]), ("a=b=c", ["a|b=c"]),
        ("\"source=/a,b\",x=1", ["source|/a,b", "x|1"]), ("\"a=\"\"q\"\"\"", ["a|\"q\""]), ("a=\"b\"", ["a|\"b\""]), ("\"\"", []),
    ])
    func fieldsAreThoseOfDockersOptions(text: String, expected: [String]) {
        #expect(fields(text) == expected)
    }

    @Test(arguments: ["\"a=1", "\"a=1\"b", "\"", "x,\"a\"\"", "\"a\" ,b"]) func aQuoteMustCloseItsField(text: String) {
        #expect(fields(text) == nil)
    }

    @Test func aSignWithAnAccentIsASign() {
        #expect(fields("a=\u{301},b") == ["a|\u{301}", "b"])
    }
}

@Suite struct FilterTermTests {
    private static let terms: [(text: String, key: String, relation: FilterTerm.Relation, value: String)] = [
        ("label=a=b", "label", .equal, "a=b"), (" Label != keep ", "label", .notEqual, "keep"),
        ("used<30d", "used", .less, "30d"),
        ("size > 5MB", "size", .greater, "5MB"), ("until=", "until", .equal, ""), ("a!=b=c", "a", .notEqual, "b=c"),
        ("a=\u{301}", "a", .equal, "\u{301}"),
    ]

    @Test(arguments: terms)
    func keyRelationAndValueAreTakenApart(
        _ known: (text: String, key: String, relation: FilterTerm.Relation, value: String)
    ) throws {
        let term = try #require(FilterTerm(known.text))
        #expect(term.key == known.key && term.relation == known.relation && term.value == known.value, "\(term)")
    }

    @Test(arguments: ["", "label", "=x", " =x", "a!b"]) func whatHasNoKeyOrRelationIsNone(text: String) {
        #expect(FilterTerm(text) == nil)
    }
}
