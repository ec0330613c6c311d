import Foundation
import TestSupport
import Testing

/// An image is the same image wherever it is looked at: its figures in an archive are those in a store and in a registry.
struct PlaceTests {
    private static let fixtures = [
        "app-docker.tar", "app-oci-gzip.tar", "layout-two-refs.tar", "multi-platform.tar", "small-hybrid.tar",
        "small-oci-zstd.tar",
    ].map { "\(Program.packageRoot)/fixtures/\($0)" }

    /// The archives of many writers.
    private static let shared: [String] = {
        guard let folder = SharedCases.folder else { return [] }
        let made = "\(folder)/archives/made"
        return ((try? FileManager.default.contentsOfDirectory(atPath: made)) ?? []).sorted()
            .filter { $0.hasSuffix(".tar") }.map { "\(made)/\($0)" }
    }()

    /// What a document says of each of its images, without their names and without what other images of a store add to it.
    ///
    /// With `isPushed` nothing of the form in which layers are stored either: a push compresses those that are not.
    private func figures(_ outcome: Program.Outcome, isPushed: Bool = false) throws -> [String: String] {
        let form: Set = ["compressedBytes", "digest", "mediaType"]
        #expect(outcome.status == 0, "\(outcome.errors)")
        var figures: [String: String] = [:]
        for var image in try #require(try object(outcome.output)["images"] as? [[String: Any]]) {
            let id = try #require((image["image"] as? [String: Any])?["imageID"] as? String)
            (image["image"], image["base"]) = (nil, nil)
            image["layers"] = (image["layers"] as? [[String: Any]])?.map { layer in
                layer.filter { $0.key != "isBase" && !(isPushed && form.contains($0.key)) }
            }
            image["totals"] = (image["totals"] as? [String: Any])?.filter {
                !$0.key.hasPrefix("user") && !(isPushed && form.contains($0.key))
            }
            figures[id] = String(
                decoding: try JSONSerialization.data(withJSONObject: image, options: [.sortedKeys]), as: UTF8.self)
        }
        return figures
    }

    @Test(arguments: fixtures + shared) func anImageHasTheSameFiguresInAStoreAndInARegistry(_ archive: String) throws {
        let whole = try Workbench().strata("scan", "--no-import", archive, "--format", "json")
        let (expected, content) = (try figures(whole), try figures(whole, isPushed: true))
        let bench = try Workbench()
        let loaded = try bench.document("load", "-i", archive)
        let images = try #require(loaded["images"] as? [[String: Any]])
        let server = try ScriptedRegistry()
        for (number, image) in images.enumerated() {
            let id = try #require(image["imageID"] as? String)
            let digest = try #require(image["digest"] as? String)
            #expect(try figures(try bench.strata("scan", digest, "--format", "json")) == expected.filter { $0.key == id })
            let name = "\(server.name)/a/b:\(number)"
            try bench.succeed("tag", digest, name)
            try bench.succeed("push", "-q", name)
            for words in [["scan", "docker://\(name)"], ["scan", "--no-import", "docker://\(name)"]] {
                let found = try figures(try Workbench().program.run(words + ["--format", "json"]), isPushed: true)
                #expect(found == content.filter { $0.key == id }, "\(words)")
            }
            let other = try Workbench()
            try other.succeed("pull", "-q", name)
            let pulled = try figures(try other.strata("scan", name, "--format", "json"), isPushed: true)
            #expect(pulled == content.filter { $0.key == id })
        }
        #expect(images.count == expected.count)
    }
}
