import SettingsFile
import Testing

/// Settings files are read strictly, and every mistake has its place.
@Suite struct SettingsNodeTests {
    private enum Own: Hashable, Sendable { case odd }
    private typealias Settings = SettingsNode<Own>
    private typealias Failure = SettingsError<Own>

    private func failure(_ body: () throws(Failure) -> Void) -> Failure? {
        do throws(Failure) { try body() } catch { return error }
        return nil
    }

    @Test func fieldsAreFoundByTheirNames() throws {
        let fields = try Settings(parsing: "version: 1\nname: a b\nlist: [x, 'y']\n").fields(["version", "name", "list", "other"])
        #expect(fields["name"]?.string == "a b")
        #expect(fields["list"]?.list?.map(\.string) == ["x", "y"])
        #expect(fields["other"] == nil)
        #expect(fields["name"]?.line == 2)
    }

    @Test func anEmptyFileLacksItsVersion() {
        for text in ["", "# nothing\n", "\n\n"] {
            #expect(failure { () throws(Failure) in _ = try Settings(parsing: text) }?.problem == .missingKey("version"))
        }
    }

    @Test(arguments: [("trsh", "trash"), ("Trash", "trash"), ("rules2", "rules")])
    func aMisspeltKeyHasASuggestionAndAPlace(key: String, meant: String) throws {
        let found = failure { () throws(Failure) in
            _ = try Settings(parsing: "version: 1\n\(key): 2\n").fields(["version", "trash", "rules"])
        }
        #expect(found == Failure(line: 2, column: 1, problem: .unknownKey(key, suggestion: meant)))
    }

    @Test func aKeyLikeNoOtherHasNoSuggestion() throws {
        let found = failure { () throws(Failure) in _ = try Settings(parsing: "zzzzzz: 1\n").fields(["version"]) }
        #expect(found?.problem == .unknownKey("zzzzzz", suggestion: nil))
    }

    @Test(arguments: ["a: 1\na: 2\n", "a: [1\n", "a: b: c\n", "\ta: 1\n", "a: *x\n"])
    func whatIsNoYAMLIsASyntaxError(text: String) {
        let problem = failure { () throws(Failure) in _ = try Settings(parsing: text) }?.problem
        guard case .syntax(let words)? = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        #expect(!words.isEmpty)
    }

    @Test func bytesThatAreNotUTF8AreASyntaxError() {
        let found = failure { () throws(Failure) in _ = try Failure.text(of: [0x61, 0xFF]) }
        #expect(found?.problem == .syntax("not UTF-8"))
    }

    @Test func aValueThatDoesNotParseSaysWhatItsKeyTakes() throws {
        let top = try Settings(parsing: "count: many\nnames: one\n").fields(["count", "names"])
        let count = try #require(top["count"])
        #expect(
            failure { () throws(Failure) in _ = try count.value("count", expected: "a number") { Int($0) } }
                == Failure(line: 1, column: 8, problem: .badValue(key: "count", expected: "a number")))
        let names = try #require(top["names"])
        #expect(
            failure { () throws(Failure) in _ = try names.elements("names", expected: "a list") }?.problem
                == .badValue(key: "names", expected: "a list"))
        #expect(try Settings(parsing: "7").value("count", expected: "a number") { Int($0) } == 7)
    }

    @Test func aMappingIsWantedWhereFieldsAre() throws {
        let found = failure { () throws(Failure) in _ = try Settings(parsing: "- 1\n").fields(["a", "b"]) }
        #expect(found?.problem == .badValue(key: "a", expected: "keys and values: a, b"))
    }

    @Test(arguments: [("", true), ("~", true), ("null", true), ("'null'", false), ("nil", false), ("0", false)])
    func nothingIsWrittenInSeveralWays(value: String, isNull: Bool) throws {
        let fields = try Settings(parsing: "a: \(value)\n").fields(["a"])
        #expect(fields["a"]?.isNull == isNull)
    }

    @Test func onlyTheFirstDocumentIsLookedAtWhereThatIsAskedFor() throws {
        #expect(try Settings.first(in: "a: 1\n---\nb: [\n")?.pairs?.map(\.key.string) == ["a"])
        #expect(try Settings.first(in: "") == nil)
    }

    @Test func aFaultOfTheFilesOwnKindIsHere() throws {
        let value = try #require(try Settings(parsing: "a: 1\nb: 2\n").fields(["a", "b"])["b"])
        #expect(value.error(.own(.odd)) == Failure(line: 2, column: 4, problem: .own(.odd)))
    }
}
