import Foundation
import OCISpec
import TestSupport
import Testing

/// What the store has damaged is not published, and nothing is believed of it.
struct PushDamageTests {
    /// A store with one image of one layer, and a registry that takes whatever it is sent under any digest.
    private struct Scene {
        let bench: Workbench
        let image: ImageBuilder
        let registry: ScriptedRegistry
        var name: String { "\(registry.name)/a/b:1" }
        var digest: Digest { image.layers[0].descriptor.digest }
        var file: String { "\(bench.store)/blobs/sha256/\(digest.hex)" }

        init(isCompressed: Bool) throws {
            bench = try Workbench()
            registry = try ScriptedRegistry { request in
                request.method == "PUT" && request.path.contains("/uploads/") ? .status(201) : nil
            }
            let tar = Tar([.file("f", size: 300_000, seed: 4)]).bytes
            let layer =
                isCompressed
                ? BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.layerGzip) : BuiltLayer(tar)
            image = ImageBuilder([layer], named: "\(registry.name)/a/b:1")
            try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        }

        /// Changes a byte of the stored layer, and not its length.
        func damage(at place: Int) throws {
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
            bytes[place] ^= 0x55
            try write(bytes)
        }

        func repair() throws { try write(image.layers[0].blob) }

        private func write(_ bytes: [UInt8]) throws {
            try FileManager.default.removeItem(atPath: file)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
        }

        func expectRefused(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let outcome = try bench.strata("push", "-q", name, "--retry", "2", "--timeout", "10")
            expectSentence(outcome, naming: "blob \(digest) of the store is damaged", sourceLocation: sourceLocation)
            #expect(registry.content.documents.isEmpty, sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [0, 40_000, 300_000]) func aDamagedLayerIsNotPublished(place: Int) throws {
        let scene = try Scene(isCompressed: true)
        try scene.damage(at: place)
        try scene.expectRefused()
        let closed = scene.registry.requests("PUT", containing: "/uploads/").contains { request in
            request.query.contains(scene.digest.hex)
        }
        #expect(!closed, "the upload of the damaged layer was closed")
    }

    @Test(arguments: [600, 200_000]) func aDamagedTarIsNotCompressedIntoALayer(place: Int) throws {
        let scene = try Scene(isCompressed: false)
        try scene.damage(at: place)
        try scene.expectRefused()
        #expect(scene.registry.requests("POST", containing: "/uploads/").count <= 1, "what came of it was sent")
    }

    @Test func aLayerThatIsNotThereIsTheStoresFault() throws {
        let scene = try Scene(isCompressed: true)
        try FileManager.default.removeItem(atPath: scene.file)
        let outcome = try scene.bench.strata("push", "-q", scene.name, "--retry", "1")
        expectSentence(outcome, naming: "blob \(scene.digest) is missing from the store")
    }

    @Test func nothingIsBelievedOfWhatADamagedTarCompressedTo() throws {
        let scene = try Scene(isCompressed: false)
        try scene.damage(at: 600)
        try scene.expectRefused()
        try scene.repair()
        try scene.bench.succeed("push", "-q", scene.name)
        // The gunzipped upload is the layer's tar.
        let manifest = try #require(scene.registry.content.documents["1"])
        let document = try object(String(decoding: manifest.bytes, as: UTF8.self))
        let layers = try #require(document["layers"] as? [[String: Any]])
        let digest = try #require(layers[0]["digest"] as? String)
        let sent = scene.registry.requests("PATCH", containing: "/uploads/").map(\.body).first {
            sha256($0).description == digest
        }
        let file = try scene.bench.file("sent.gz", try #require(sent))
        let unpacked = try scene.bench.shell("gzip -dc \"$1\" | sha256sum", file).output
        #expect(unpacked.hasPrefix(scene.digest.hex))
        #expect(scene.bench.problems == [])
    }
}
