import Foundation
import OCISpec
import TestSupport
import Testing

/// What tests of `optimize` look at.
protocol OptimizeScene {}

extension OptimizeScene {
    func load(_ image: ImageBuilder, as name: String = "localhost/x:1", into bench: Workbench) throws {
        var image = image
        image.names = [name]
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
    }

    /// What a name means, by `index.json`.
    func resolve(_ bench: Workbench, _ name: String) throws -> Descriptor {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json"))
        let entries = try decodeDocument(ImageIndex.self, from: Array(bytes), limits: .stored).manifests
        return try #require(entries.first { $0.annotations?["org.opencontainers.image.ref.name"] == name })
    }

    func blob(_ bench: Workbench, _ digest: OCISpec.Digest) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/blobs/sha256/\(digest.hex)")))
    }

    /// The layers of an image for one platform.
    func manifest(_ bench: Workbench, _ name: String) throws -> [Descriptor] {
        try decodeDocument(ImageManifest.self, from: try blob(bench, try resolve(bench, name).digest), limits: .stored).layers
    }

    func index(_ bench: Workbench, _ name: String) throws -> ImageIndex? {
        try decodeDocument(ImageIndex.self, from: try blob(bench, try resolve(bench, name).digest), limits: .stored)
    }

    func imageID(_ bench: Workbench, _ name: String) throws -> String {
        try bench.succeed("images", "-q", "--no-trunc", name).trimmingCharacters(in: .newlines)
    }

    /// All that the image's tree has, with metadata and contents, but for a layer's own table of contents.
    func tree(_ bench: Workbench, _ name: String) throws -> String {
        let outcome = try bench.shell(
            """
            "$STRATA" export \(name) > "$1" && tar tvf "$1" --full-time --numeric-owner | grep -v ' stargz.index.json$' | sort
            tar xOf "$1" --exclude stargz.index.json | sha256sum
            """, bench.folder.path("tree.tar"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }
}
