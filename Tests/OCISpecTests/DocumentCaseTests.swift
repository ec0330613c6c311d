import OCISpec
import TestSupport
import Testing

@Suite("documents, by the public cases")
struct DocumentCaseTests {
    /// Upstream lets a digest have any algorithm; here only the two registered ones can be checked, so only they are read.
    private static let otherAlgorithms: Set<String> = ["descriptor/23", "descriptor/26", "descriptor/28", "descriptor/29"]
    /// Laxer than the schema on purpose: an image without layers is legal, and `urls`, `artifactType` and `data` are not judged.
    private static let readAnyway: Set<String> = ["manifest/6", "descriptor/18", "descriptor/20", "descriptor/30"]

    @Test("a valid document is read", arguments: SharedCases.documents.filter { $0.valid && !otherAlgorithms.contains($0.name) })
    func validIsRead(_ row: SharedCases.DocumentCase) {
        #expect(throws: Never.self) { try decode(row.kind, row.document) }
    }

    @Test(
        "an invalid document is refused", arguments: SharedCases.documents.filter { !$0.valid && !readAnyway.contains($0.name) })
    func invalidIsRefused(_ row: SharedCases.DocumentCase) {
        #expect(throws: DocumentError.self) { try decode(row.kind, row.document) }
    }

    @Test("what the schema disputes is read", arguments: SharedCases.documents.filter { readAnyway.contains($0.name) })
    func disputedIsRead(_ row: SharedCases.DocumentCase) {
        #expect(throws: Never.self) { try decode(row.kind, row.document) }
    }

    @Test(
        "a digest of another algorithm is refused", arguments: SharedCases.documents.filter { otherAlgorithms.contains($0.name) })
    func otherAlgorithmIsRefused(_ row: SharedCases.DocumentCase) {
        #expect(throws: DocumentError.self) { try decode(row.kind, row.document) }
    }

    @Test("a converted Docker document is read", arguments: SharedCases.documents.filter { $0.converted != nil })
    func convertedIsRead(_ row: SharedCases.DocumentCase) throws {
        let document = try #require(row.converted)
        #expect(throws: Never.self) { try decode(row.kind, document) }
    }

    private func decode(_ kind: String, _ document: String) throws {
        let bytes = Array(document.utf8)
        switch kind {
        case "manifest": _ = try decodeDocument(ImageManifest.self, from: bytes)
        case "index": _ = try decodeDocument(ImageIndex.self, from: bytes)
        case "config": _ = try decodeDocument(ImageConfig.self, from: bytes)
        case "descriptor": _ = try decodeDocument(Descriptor.self, from: bytes)
        case "layout": _ = try decodeDocument(ImageLayoutMarker.self, from: bytes)
        default: Issue.record("unknown kind \(kind)")
        }
    }
}
