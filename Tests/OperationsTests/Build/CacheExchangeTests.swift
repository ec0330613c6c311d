import ContentStorage
import Foundation
import OCISpec
import Operations
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A build cache written to a folder and read from it, without a build.
struct CacheExchangeTests {
    private let folder: TemporaryDirectory
    private let store: ContentStore
    private let layer: Descriptor

    init() throws {
        folder = try TemporaryDirectory()
        store = try ContentStore.open(at: FilePath(folder.path("store")), create: true)
        let session = try store.sessions.begin()
        let bytes = Array("a layer".utf8)
        layer = Descriptor(mediaType: MediaType.layer, digest: try session.store(bytes), size: Int64(bytes.count))
        try session.end()
    }

    private func digest(_ text: String) -> Digest { Digest(hashing: Array(text.utf8)) }

    private func step(_ name: String, _ layer: Descriptor?) -> CacheExchange.Step {
        CacheExchange.Step(
            slot: digest("slot \(name)"), contents: digest("contents \(name)"),
            record: CacheRecord(layer: layer, diffID: layer?.digest, created: "2024-01-01T00:00:00Z", text: "RUN \(name)"))
    }

    @Test func whatIsWrittenIsRead() throws {
        let steps = [step("one", layer), step("two", nil), step("three", layer)]
        try CacheExchange.write(steps, from: store, to: folder.path("cache"))
        let known = try CacheExchange.read(folder.path("cache"))
        for step in steps {
            #expect(known.has(step.slot))
            #expect(known.record(step.slot, step.contents) == step.record)
            #expect(known.record(step.slot, digest("other contents")) == nil)
        }
        #expect(!known.has(digest("another slot")))
        #expect(
            try Data(contentsOf: URL(filePath: folder.path("cache/blobs/sha256/\(layer.digest.hex)"))) == Data("a layer".utf8))
    }

    @Test func aSecondWriteTakesThePlaceOfTheFirst() throws {
        try CacheExchange.write([step("one", layer)], from: store, to: folder.path("cache"))
        try CacheExchange.write([step("two", nil)], from: store, to: folder.path("cache"))
        let known = try CacheExchange.read(folder.path("cache"))
        #expect(known.has(digest("slot two")) && !known.has(digest("slot one")))
    }

    @Test func aFolderThatIsNotThereIsAnError() throws {
        #expect(throws: ContentError.absent(path: folder.path("nothing"))) { try CacheExchange.read(folder.path("nothing")) }
    }

    @Test func aDamagedListOfStepsIsAnErrorAndNoEmptyCache() throws {
        try CacheExchange.write([step("one", nil)], from: store, to: folder.path("cache"))
        let blobs = folder.path("cache/blobs/sha256")
        for name in try FileManager.default.contentsOfDirectory(atPath: blobs) {
            let url = URL(filePath: "\(blobs)/\(name)")
            if String(decoding: try Data(contentsOf: url), as: UTF8.self).hasPrefix("[") { try Data("[".utf8).write(to: url) }
        }
        #expect(throws: (any Error).self) { try CacheExchange.read(folder.path("cache")) }
    }

    @Test func aLayerThatTheStoreLacksIsAnError() throws {
        let absent = Descriptor(mediaType: MediaType.layer, digest: digest("absent"), size: 6)
        #expect(throws: ContentError.blobAbsent(absent.digest)) {
            try CacheExchange.write([step("one", absent)], from: store, to: folder.path("cache"))
        }
    }

    @Test func aSecretsFileThatIsNotThereIsNamed() throws {
        #expect(throws: StorageError(.open, folder.path("none"), .noSuchFileOrDirectory)) {
            try BuildSecret.file(folder.path("none")).bytes()
        }
        let path = folder.path("key")
        try Data("k\0\n".utf8).write(to: URL(filePath: path))
        #expect(try BuildSecret.file(path).bytes() == Array("k\0\n".utf8))
        #expect(try BuildSecret.value(nil).bytes() == nil)
    }
}
