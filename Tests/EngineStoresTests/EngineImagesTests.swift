import EngineStores
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Which images of a root a text means.
@Suite struct EngineImagesTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    private static func id(_ digit: String) -> String { digit + String(repeating: "0", count: 63) }

    private func file(_ name: String, _ text: String) throws {
        let path = scratch.path(name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    private func images(_ engine: EngineKind, _ root: String) throws -> EngineImages {
        try EngineImages(engine, in: try Directory.open(FilePath(scratch.path(root))))
    }

    private func docker() throws -> EngineImages {
        try file("d/image/overlay2/layerdb/x", "")
        var repositories: [String: [String: String]] = [:]
        let names = [
            "busybox:latest": "1", "busybox@sha256:\(Self.id("9"))": "1", "app:1": "2", "localhost/app:1": "3",
            "reg.example:5000/app:1": "4", "abc:latest": "5",
        ]
        for (name, digit) in names { repositories[name, default: [:]][name] = "sha256:\(Self.id(digit))" }
        let text = try JSONSerialization.data(withJSONObject: ["Repositories": repositories])
        try file("d/image/overlay2/repositories.json", String(decoding: text, as: UTF8.self))
        for digit in ["1", "2", "3", "4", "5", "abc", "ab1", "6"] {
            let name = digit + String(repeating: "0", count: 64 - digit.count)
            try file("d/image/overlay2/imagedb/content/sha256/\(name)", "{}")
        }
        return try images(.docker, "d")
    }

    @Test(arguments: [
        ("busybox", ["1"]), ("busybox:latest", ["1"]), ("docker.io/library/busybox", ["1"]), ("library/busybox", ["1"]),
        ("busybox@sha256:\(id("9"))", ["1"]), ("busybox:2", []), ("app", []), ("app:1", ["2"]), ("localhost/app:1", ["3"]),
        ("reg.example:5000/app:1", ["4"]), ("abc", ["5"]), ("sha256:abc", ["a"]), ("ab", ["a", "a"]), ("ab1", ["a"]),
        ("6", ["6"]), ("sha256:\(id("6"))", ["6"]), (id("6"), ["6"]), ("7", []), ("", []), ("A", []), ("sha256:", []),
        ("x y", []),
    ])
    func docker(text: String, wanted: [String]) throws {
        #expect(try docker().find(text).map { String($0.id.hex.prefix(1)) } == wanted, "\(text)")
    }

    private func podman() throws -> EngineImages {
        try file("p/overlay-layers/layers.json", "[]")
        let images: [(String, [String])] = [
            ("1", ["docker.io/library/busybox:latest"]), ("2", ["localhost/app:1"]), ("3", ["quay.io/team/tool:2"]),
            ("4", ["localhost/both:1"]), ("5", ["docker.io/library/both:1"]), ("6", []), ("7", ["quay.io/a/x:1"]),
            ("8", ["ghcr.io/b/x:1"]),
        ]
        let records = images.map { digit, names -> [String: Any] in
            ["id": Self.id(digit), "names": names, "digest": "sha256:\(Self.id("f" + digit).prefix(64))"]
        }
        let text = try JSONSerialization.data(withJSONObject: records)
        try file("p/overlay-images/images.json", String(decoding: text, as: UTF8.self))
        return try self.images(.podman, "p")
    }

    @Test(arguments: [
        ("busybox", ["1"]), ("docker.io/library/busybox:latest", ["1"]), ("docker.io/busybox", ["1"]), ("localhost/busybox", []),
        ("app:1", ["2"]), ("localhost/app:1", ["2"]), ("docker.io/app:1", []), ("tool:2", ["3"]), ("team/tool:2", ["3"]),
        ("quay.io/team/tool:2", ["3"]), ("both:1", ["5", "4"]), ("localhost/both:1", ["4"]), ("docker.io/library/both:1", ["5"]),
        ("x:1", ["8", "7"]), ("6", ["6"]), ("busybox@sha256:f1\(String(repeating: "0", count: 62))", ["1"]), ("ool:2", []),
    ])
    func podman(text: String, wanted: [String]) throws {
        #expect(try podman().find(text).map { String($0.id.hex.prefix(1)) } == wanted, "\(text)")
    }

    /// An image is one whose layers' records lead in a circle, to nothing, or to another tar than its configuration says.
    @Test func recordsThatLieGiveNoImage() throws {
        let layer = Digest(hashing: Array("tar".utf8))
        let config = #"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(layer)"]}}"#
        let id = Digest(hashing: Array(config.utf8))
        let name = Data(id.description.utf8).base64EncodedString()
        try file("q/overlay-images/\(id.hex)/=\(name)", config)
        try file("q/overlay-images/images.json", #"[{"id":"\#(id.hex)","names":["localhost/a:1"],"layer":"top"}]"#)
        func read(_ layers: String) throws -> StackedImage {
            try file("q/overlay-layers/layers.json", layers)
            let images = try images(.podman, "q")
            var known: [String: StackedLayer] = [:]
            return try images.image(try #require(images.find("a:1").first), &known)
        }
        #expect(try read(#"[{"id":"top","diff-digest":"\#(layer)"}]"#).layers.map(\.contentPath) == ["overlay/top/diff"])
        for (records, wanted) in [
            ("[]", EngineImageError.otherLayers(config: 1, engine: 0)),
            (#"[{"id":"top","parent":"top"}]"#, .otherLayers(config: 1, engine: 2)),
            (#"[{"id":"top","diff-digest":"\#(id)"}]"#, .noLayer(layer)),
        ] {
            #expect(throws: wanted) { try read(records) }
        }
        try file("q/overlay-images/images.json", #"[{"id":"\#(id.hex)","names":["localhost/a:1"],"layer":"../top"}]"#)
        #expect(throws: EngineImageError.noLayer(layer)) { try read(#"[{"id":"../top"}]"#) }
    }
}
