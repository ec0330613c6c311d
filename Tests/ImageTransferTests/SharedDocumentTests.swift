import ImageTransfer
import OCISpec
import TestSupport
import Testing

/// The specification's documents, put in the place of those of an image that is otherwise good.
struct SharedDocumentTests {
    /// Documents that the schema refuses and we read, since nothing of an image hangs on the fault.
    private static let laxer: Set<String> = [
        // An image without layers is legal.
        "manifest/6",
        // An address that is none; an artifact type and data nobody here reads.
        "descriptor/18", "descriptor/20", "descriptor/30",
    ]

    private static func documents(_ kind: String) -> [SharedCases.DocumentCase] {
        SharedCases.documents.filter { $0.kind == kind }
    }

    @Test(arguments: documents("manifest")) func manifest(_ document: SharedCases.DocumentCase) throws {
        var files = try Self.image.layout()
        let bytes = Array(document.document.utf8)
        let digest = files.addBlob(bytes)
        try files.setIndex([Descriptor(mediaType: MediaType.manifest, digest: digest, size: Int64(bytes.count))])
        try check(document, files, ["missingMember", "artifact", "unsupportedDigest"])
    }

    @Test(arguments: documents("index")) func index(_ document: SharedCases.DocumentCase) throws {
        var files = try Self.image.layout()
        files["index.json"] = Array(document.document.utf8)
        try check(document, files, ["missingMember", "noImages", "unsupportedDigest"])
    }

    @Test(arguments: documents("index")) func nestedIndex(_ document: SharedCases.DocumentCase) throws {
        var files = try Self.image.layout()
        let bytes = Array(document.document.utf8)
        let digest = files.addBlob(bytes)
        try files.setIndex([Descriptor(mediaType: MediaType.index, digest: digest, size: Int64(bytes.count))])
        try check(document, files, ["noSuchPlatform", "artifact", "unsupportedDigest"])
    }

    @Test(arguments: documents("config")) func config(_ document: SharedCases.DocumentCase) throws {
        let image = Self.image.with { $0.configOverride = Array(document.document.utf8) }
        try check(document, try image.layout(), ["diffIDMismatch", "layerCountMismatch"])
    }

    @Test(arguments: documents("descriptor")) func descriptor(_ document: SharedCases.DocumentCase) throws {
        var files = try Self.image.layout()
        files["index.json"] = Array(#"{"schemaVersion":2,"manifests":[\#(document.document)]}"#.utf8)
        // An entry whose digest nobody here can check is passed over, and then nothing is left.
        try check(document, files, ["missingMember", "noImages", "badDocument.malformed"])
    }

    private static let image = ImageBuilder([BuiltLayer([.file("a", text: "a")])])

    /// An invalid document is refused as one; of a valid one only what it names is missing.
    private func check(_ document: SharedCases.DocumentCase, _ files: ArchiveFiles, _ later: Set<String>) throws {
        let fixture = try ScanFixture()
        let before = try fixture.names()
        let failure = try #require(try fixture.failure(of: files.tar))
        if document.valid || Self.laxer.contains(document.name) {
            #expect(later.contains(failure), "\(failure)")
        } else {
            #expect(failure == "badDocument.malformed")
        }
        #expect(try fixture.names() == before)
        #expect(fixture.problems == [])
    }
}
