import Foundation
import ImageStorage
import ImageTransfer
import LayerAnalysis
import TestSupport
import Testing

/// A layer on a base, in the odd ways that break out of a root or confuse whiteouts.
struct SharedLayerTests {
    /// What we refuse where the reference applies: names with `..`, and hard links to them, are errors.
    private static let refused = [
        "symlinkparentdirectory": "badLayer.parentTraversal", "whiteoutrelativepath": "badLayer.parentTraversal",
        "hardlinkdirectrelative": "badLayer.linkTargetTraversal",
    ]

    @Test(arguments: SharedCases.layers) func treeIsTheReferencesTree(_ name: String) throws {
        let folder = "\(SharedCases.folder ?? "")/layers/\(name)"
        let expected = SharedCases.decode(SharedCases.LayerCase.self, "\(folder)/expected.json")
        let fixture = try ScanFixture()
        let layers = try ["base", "layer"].map { part in
            BuiltLayer([UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(part).tar"))))
        }
        let archive = try fixture.file(try ImageBuilder(layers, named: "localhost/case:\(name)").layout().tar)
        if expected.result != "apply" || Self.refused[name] != nil {
            #expect(fixture.failure(of: archive) == Self.refused[name] ?? "badLayer.badWhiteout")
            #expect(try fixture.store.names().isEmpty)
        } else {
            let image = try #require(try fixture.scan(archive).first)
            var files = (expected.files ?? [:]).mapValues(\.item)
            // A whiteout below a symlink to nothing: the reference makes the missing directory; with us it does nothing.
            if name == "whiteoutdeadsymlinkparent" { files["dne"] = nil }
            expect(try fixture.tree(image), files)
        }
        #expect(fixture.problems == [])
        #expect(!FileManager.default.fileExists(atPath: "/tmp/breakout-strata-probe"))
    }
}
