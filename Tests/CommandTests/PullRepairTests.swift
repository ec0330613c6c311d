import Foundation
import OCISpec
import TestSupport
import Testing

/// What a pull sees to be damaged in the store it replaces by what the registry has.
struct PullRepairTests {
    /// Changes a byte of a stored blob, and not its length.
    private func damage(_ digest: String, of scene: PullScene, at place: Int = 1) throws {
        let file = "\(scene.bench.store)/blobs/\(digest.replacingOccurrences(of: ":", with: "/"))"
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        bytes[place] ^= 0x55
        try FileManager.default.removeItem(atPath: file)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
    }

    /// Pulls again, and expects the store to be whole and the damage to be told.
    private func expectReplaced(
        _ digest: String, in scene: PullScene, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(scene.bench.problems != [], "nothing is damaged", sourceLocation: sourceLocation)
        let outcome = try scene.pull()
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(
            outcome.errors.contains("the store's copy of blob \(digest)"), "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(!outcome.output.contains("up to date"), sourceLocation: sourceLocation)
        #expect(scene.bench.problems == [], sourceLocation: sourceLocation)
        let again = try scene.pull()
        #expect(again.output.contains("up to date") && again.errors == "", "\(again.errors)", sourceLocation: sourceLocation)
    }

    @Test(arguments: ["manifest", "config"]) func aDamagedDocumentIsReplaced(which: String) throws {
        let scene = try PullScene()
        try scene.expectPulled()
        let digest = sha256(which == "manifest" ? try scene.image.manifest() : try scene.image.config()).description
        try damage(digest, of: scene)
        try expectReplaced(digest, in: scene)
        try scene.bench.succeed("history", scene.name)
    }

    @Test(arguments: [0, 40, 300_000]) func aDamagedLayerThatIsReadIsReplaced(place: Int) throws {
        let scene = try PullScene()
        try scene.expectPulled("--no-index")
        try damage(scene.layer.digest, of: scene, at: place)
        try expectReplaced(scene.layer.digest, in: scene)
        try scene.bench.succeed("analyze", scene.name)
    }

    @Test func aDamagedLayerStaysWhereTheRegistryHasNone() throws {
        let scene = try PullScene()
        try scene.expectPulled("--no-index")
        let digest = scene.layer.digest
        try damage(digest, of: scene)
        scene.registry.follow { PullScene.isForLayer($0, digest) ? .status(404) : nil }
        let outcome = try scene.pull("-q")
        #expect(outcome.status == 3 && outcome.errors.contains(digest), "\(outcome.errors)")
        #expect(scene.bench.names("blobs/sha256").contains(String(digest.dropFirst("sha256:".count))))
    }
}
