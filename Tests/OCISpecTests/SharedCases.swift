import TestSupport

extension SharedCases {
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

    /// The cases about names.
    static let references = cases(ReferenceCase.self, in: "references/references.json")

    /// The cases about names of the given kind.
    static func references(_ kind: String) -> [ReferenceCase] {
        references.filter { $0.kind == kind }
    }
}
