import FoundationEssentials
import OCISpec

/// Public test data that stands beside the repository, not in it.
enum SharedCases {
    /// One case of `references/references.json`.
    struct ReferenceCase: Decodable, Sendable, CustomStringConvertible {
        let kind: String
        let input: String
        let ok: Bool?
        let match: Bool?
        let name: String?
        let full: String?
        let familiar: String?
        let domain: String?
        let path: String?
        let tag: String?
        let digest: String?
        let error: String?
        let pattern: String?
        let reference: String?
        let subs: [String]?

        var description: String { "\(kind): \(input.prefix(80))" }
    }

    /// One case of `image-spec/documents.json`.
    struct DocumentCase: Decodable, Sendable, CustomStringConvertible {
        let kind: String
        let name: String
        let valid: Bool
        let note: String?
        let document: String
        let converted: String?

        var description: String { "\(name): \(note ?? "")" }
    }

    /// One case of `dockerfile-expand/words.json`.
    struct WordCase: Decodable, Sendable, CustomStringConvertible {
        let source: String
        let expected: String?

        var description: String { source }
    }

    private struct File<Case: Decodable>: Decodable {
        let cases: [Case]
    }

    /// The cases about names; empty, with a line that says so, where the folder is absent.
    static let references: [ReferenceCase] = load("references/references.json")

    /// The cases about documents; empty, with a line that says so, where the folder is absent.
    static let documents: [DocumentCase] = load("image-spec/documents.json")

    /// The words of instructions; empty, with a line that says so, where the folder is absent.
    static let words: [WordCase] = load("dockerfile-expand/words.json")

    /// The cases about names of the given kind.
    static func references(_ kind: String) -> [ReferenceCase] {
        references.filter { $0.kind == kind }
    }

    private static func load<Case: Decodable>(_ name: String) -> [Case] {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let folder = ProcessInfo.processInfo.environment["STRATA_CASES"] ?? package.path() + "/../shared/cases"
        guard FileManager.default.fileExists(atPath: folder) else {
            print("skipped: ../shared/cases is absent")
            return []
        }
        do {
            let data = try Data(contentsOf: URL(filePath: folder + "/" + name))
            return try decodeDocument(File<Case>.self, from: Array(data)).cases
        } catch {
            preconditionFailure("\(folder)/\(name): \(error)")
        }
    }
}
