package import Foundation

/// Public test data that stands beside the repository, not in it: `../shared/cases`, or where `STRATA_CASES` says.
package enum SharedCases {
    /// The folder of the cases; nil where it is absent, and `needsCases` skips what needs it.
    package static let folder: String? = {
        let folder = ProcessInfo.processInfo.environment["STRATA_CASES"] ?? Program.packageRoot + "/../shared/cases"
        return FileManager.default.fileExists(atPath: folder) ? URL(fileURLWithPath: folder).standardizedFileURL.path : nil
    }()

    /// A file or folder of the cases; nil where they are absent.
    package static func url(_ name: String) -> URL? {
        folder.map { URL(fileURLWithPath: "\($0)/\(name)") }
    }

    /// What a JSON file of the folder says; a file that does not read as it should is the test run's own fault.
    package static func decode<T: Decodable>(_ type: T.Type, _ path: String) -> T {
        do {
            return try JSONDecoder().decode(type, from: try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            preconditionFailure("\(path): \(error)")
        }
    }

    /// The `cases` of a file named by its path below the folder; none where the folder is absent.
    package static func cases<Case: Decodable>(_ type: Case.Type, in name: String) -> [Case] {
        folder.map { decode(CaseFile<Case>.self, "\($0)/\(name)").cases } ?? []
    }

    private struct CaseFile<Case: Decodable>: Decodable {
        let cases: [Case]
    }

    /// One document of `image-spec/documents.json`.
    package struct DocumentCase: Decodable, Sendable, CustomStringConvertible {
        package let kind: String
        package let name: String
        package let valid: Bool
        package let note: String?
        package let document: String
        package let converted: String?

        package var description: String { "\(name): \(note ?? "")" }
    }

    /// The cases about documents.
    package static let documents = cases(DocumentCase.self, in: "image-spec/documents.json")
}
