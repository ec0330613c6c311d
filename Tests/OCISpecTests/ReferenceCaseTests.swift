import OCISpec
import TestSupport
import Testing

@Suite("names, by the public cases")
struct ReferenceCaseTests {
    @Test("the strict form", arguments: SharedCases.references("parse"))
    func strictForm(_ row: SharedCases.ReferenceCase) throws {
        // Upstream's test does not link SHA-512 and so refuses it; a registered algorithm is accepted here.
        if row.input.contains("@sha512:") { return }
        guard row.ok == true else {
            #expect(throws: ReferenceError.self) { try ReferenceGrammar(row.input) }
            return
        }
        let parsed = try ReferenceGrammar(row.input)
        let name = parsed.domain.isEmpty ? parsed.path : "\(parsed.domain)/\(parsed.path)"
        #expect(
            [name, parsed.domain, parsed.tag ?? "", parsed.digest?.description ?? ""] == [
                row.name, row.domain, row.tag, row.digest,
            ])
    }

    @Test("the error says what upstream's says", arguments: SharedCases.references("parse").filter { $0.ok == false })
    func strictError(_ row: SharedCases.ReferenceCase) throws {
        // As above.
        if row.input.contains("@sha512:") { return }
        let error = #expect(throws: ReferenceError.self) { try ReferenceGrammar(row.input) }
        let word =
            switch try #require(error) {
            case .empty: "ErrNameEmpty"
            case .malformed: "ErrReferenceInvalidFormat"
            case .upperCase: "ErrNameContainsUppercase"
            case .tooLong: "ErrNameTooLong"
            case .badDigest(_, .malformed): "ErrDigestInvalidLength"
            case .badDigest(_, .unsupportedAlgorithm): "ErrDigestUnsupported"
            case .imageID, .badPattern, .badPort, .digestAlgorithm: "another"
            }
        #expect(word == row.error)
    }

    @Test("a bare name has neither tag nor digest", arguments: SharedCases.references("name"))
    func bareName(_ row: SharedCases.ReferenceCase) {
        #expect(isBareName(row.input) == row.ok)
    }

    @Test("a name's domain and path", arguments: SharedCases.references("split"))
    func split(_ row: SharedCases.ReferenceCase) throws {
        let parsed = try ReferenceGrammar(row.input)
        #expect([parsed.domain, parsed.path] == [row.domain, row.path])
    }

    @Test("whether a short name is valid", arguments: SharedCases.references("normalize"))
    func shortName(_ row: SharedCases.ReferenceCase) throws {
        if row.ok == true {
            #expect(throws: Never.self) { try Reference(normalizing: row.input) }
        } else {
            #expect(throws: ReferenceError.self) { try Reference(normalizing: row.input) }
        }
    }

    @Test("the full and the short form", arguments: SharedCases.references("normal-form"))
    func normalForm(_ row: SharedCases.ReferenceCase) throws {
        let reference = try Reference(normalizing: row.input)
        #expect(
            [reference.full, reference.familiar, reference.domain, reference.path]
                == [row.full, row.familiar, row.domain, row.path])
    }

    @Test("a name or a digest", arguments: SharedCases.references("any"))
    func any(_ row: SharedCases.ReferenceCase) throws {
        #expect(try ImageName(parsing: row.input).full == row.full)
    }

    @Test("a normalized name's domain and path", arguments: SharedCases.references("normalized-split"))
    func normalizedSplit(_ row: SharedCases.ReferenceCase) throws {
        let reference = try Reference(normalizing: row.input)
        #expect([reference.domain, reference.path] == [row.domain, row.path])
    }

    @Test("the default tag", arguments: SharedCases.references("default-tag"))
    func defaultTag(_ row: SharedCases.ReferenceCase) throws {
        #expect(try Reference(normalizing: row.input).withDefaultTag.full == row.full)
    }

    @Test("globs", arguments: SharedCases.references("glob"))
    func glob(_ row: SharedCases.ReferenceCase) throws {
        let pattern = try #require(row.pattern)
        let reference = try Reference(normalizing: #require(row.reference))
        #expect(try reference.matches(glob: pattern) == row.match)
    }

    @Test("the grammar of domains", arguments: SharedCases.references("grammar-domain"))
    func domainGrammar(_ row: SharedCases.ReferenceCase) {
        #expect(ReferenceGrammar.isDomain(row.input) == row.match)
    }

    @Test("the grammar of full names", arguments: SharedCases.references("grammar-fullname"))
    func fullNameGrammar(_ row: SharedCases.ReferenceCase) throws {
        guard row.match == true else {
            #expect(!isBareName(row.input))
            return
        }
        let parsed = try ReferenceGrammar(row.input)
        #expect(isBareName(row.input))
        if let subs = row.subs { #expect([parsed.domain, parsed.path] == subs) }
    }

    @Test("the grammar of references", arguments: SharedCases.references("grammar-reference"))
    func referenceGrammar(_ row: SharedCases.ReferenceCase) throws {
        guard row.match == true else {
            #expect(throws: ReferenceError.self) { try ReferenceGrammar(row.input) }
            return
        }
        let parsed = try ReferenceGrammar(row.input)
        let name = parsed.domain.isEmpty ? parsed.path : "\(parsed.domain)/\(parsed.path)"
        #expect([name, parsed.tag ?? "", parsed.digest?.description ?? ""] == row.subs)
    }

    @Test("the grammar of image IDs", arguments: SharedCases.references("grammar-identifier"))
    func identifierGrammar(_ row: SharedCases.ReferenceCase) {
        #expect(ReferenceGrammar.isIdentifier(row.input) == row.match)
    }

    private func isBareName(_ text: String) -> Bool {
        do {
            let parsed = try ReferenceGrammar(text)
            return parsed.tag == nil && parsed.digest == nil
        } catch {
            // What is no name at all is no bare one.
            return false
        }
    }
}
