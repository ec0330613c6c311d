import Foundation
import OCISpec
import TestSupport
import Testing

/// `registry ls` of an engine's host: its images in the lines of a registry.
@Suite(.serialized) struct EngineListingTests {
    private static func layer(_ seed: UInt64) -> BuiltLayer { BuiltLayer([.file("f\(seed)", size: 5000, seed: seed)]) }

    /// Two images that share a layer; the first has two names.
    private static let images = [
        ImageBuilder([layer(1), layer(2)], named: "localhost/team/app:1").with { $0.names.append("localhost/team/app:2") },
        ImageBuilder([layer(1)], named: "localhost/base:1"),
    ]

    private static func object(_ line: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    private func source(_ host: EngineHost) -> String {
        switch host.kind {
        case .docker: "docker-daemon:[\(host.root)]"
        case .podman: "containers-storage:[overlay@\(host.root)]"
        case .containerd: "containerd:[\(host.root)]"
        }
    }

    private func check(_ kind: EngineHost.Kind) throws {
        let host = try EngineHost(kind)
        try host.load(Self.images)
        let outcome = try host.program.run(["registry", "ls", source(host)])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try outcome.output.split(separator: "\n").map { try Self.object(String($0)) }
        let names = lines.compactMap { line in
            (line["repository"] as? String).flatMap { name in (line["tag"] as? String).map { "\(name):\($0)" } }
        }
        #expect(names.sorted() == ["localhost/base:1", "localhost/team/app:1", "localhost/team/app:2"], "\(outcome.output)")
        for line in lines {
            let image = line["repository"] as? String == "localhost/base" ? Self.images[1] : Self.images[0]
            let diffIDs = image.layers.map(\.diffID.description)
            #expect(line["diffIDs"] as? [String] == diffIDs)
            #expect(line["platform"] as? String == "linux/amd64")
            let layers = (line["layers"] as? [[String: Any]])?.compactMap { $0["digest"] as? String }
            guard kind == .containerd else {
                // Unpacked layers have no blobs: their digests are diff IDs, and nobody can ask for them.
                #expect(layers == diffIDs && line["source"] is NSNull)
                continue
            }
            let place = try #require(line["source"] as? String)
            let asked = image.layers.map { layer in
                #"{"digest":"\#(layer.diffID)","size":\#(layer.blob.count),"source":"\#(place)"}"# + "\n"
            }.joined()
            #expect(layers == diffIDs, "the layers are stored as they are")
            let file = host.bench.folder.path("asked")
            try Data(asked.utf8).write(to: URL(fileURLWithPath: file))
            let answers = try host.program.run(["layers", "--stdin"], input: .file(file))
            let found = try answers.output.split(separator: "\n").map { try Self.object(String($0)) }
            #expect(Set(found.compactMap { $0["diffID"] as? String }) == Set(diffIDs), "\(answers.output)")
        }
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func docker() throws { try check(.docker) }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podman() throws { try check(.podman) }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerd() throws { try check(.containerd) }
}
