import Foundation
import OCISpec
import TestSupport
import Testing

/// Sources that cannot be read, on small roots made by hand: each is told in a sentence with the next step.
@Suite struct SourceErrorTests {
    private let bench: EngineBench
    private let layer = sha256(Array("layer".utf8))

    init() throws {
        bench = try EngineBench()
        let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["\#(layer)"]}}"#.utf8)
        let image = sha256(config)
        try file("docker/image/overlay2/imagedb/content/sha256/\(image.hex)", config)
        try file("docker/image/overlay2/imagedb/content/sha256/\(layer.hex)", Array("{}".utf8))
        let names = #"{"Repositories":{"a":{"a:1":"\#(image)"},"b":{"b:1":"\#(layer)"}}}"#
        try file("docker/image/overlay2/repositories.json", Array(names.utf8))
        try file("docker/image/overlay2/layerdb/sha256/.keep", [])
        try file("vfs/vfs-layers/layers.json", Array("[]".utf8))
        try file("btrfs/image/btrfs/x", [])
        try file("podman/overlay-layers/layers.json", Array("[]".utf8))
        try file("podman/overlay-images/images.json", Array(#"[{"id":"\#(image.hex)","names":["localhost/a:1"]}]"#.utf8))
        try file("torn/overlay-layers/layers.json", Array("[{".utf8))
        try file("containerd/io.containerd.metadata.v1.bolt/meta.db", Array("nonsense".utf8))
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws {
        let path = bench.folder.path(name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let source: String
        let status: Int32
        let words: [String]

        init(_ source: String, _ status: Int32 = 3, _ words: String...) {
            (self.source, self.status, self.words) = (source, status, words)
        }

        var testDescription: String { source }
    }

    /// `/R` stands for the folder of the roots.
    static let cases: [Case] = [
        Case("docker-daemon:[/R/docker]a:1", 3, "has no usable record of its layer", "hint: pull or load"),
        Case("docker-daemon:[/R/docker]a", 3, "has no image a", "hint: it has a:1, b:1"),
        Case("docker-daemon:[/R/docker]b:1", 3, "is damaged: its bytes have the digest"),
        Case("docker-daemon:[/R/docker]", 2, "names no image", "hint: it has a:1, b:1"),
        Case("docker-daemon:[/R/docker", 2, "its `[` has no `]`", "hint: write `docker-daemon:[ROOT]REF`"),
        Case("docker-daemon:[/R/none]a", 3, "No such file or directory", "hint: name the data-root"),
        Case("docker-daemon:[/R/podman]a", 3, "is not a root of Docker", "containerd:[ROOT]moby/REF"),
        Case("docker-daemon:[/R/btrfs]a", 3, "with the driver `btrfs`", "hint: `docker save a | strata scan -`"),
        Case("containers-storage:[vfs@/R/podman]a", 3, "with the driver `vfs`", "hint: `podman save a | strata scan -`"),
        Case("containers-storage:[/R/vfs]a", 3, "with the driver `vfs`"),
        Case("containers-storage:[overlay@/R/podman+/run:x=y]a:1", 3, "overlay-images/", "is missing", "podman save a:1"),
        Case("containers-storage:[/R/podman]b", 3, "has no image b", "hint: it has localhost/a:1"),
        Case("containers-storage:[/R/torn]b", 3, "overlay-layers/layers.json cannot be read"),
        Case("containers-storage:[/R/docker]b", 3, "is not a root of containers-storage", "podman info"),
        Case("containerd:[/R/containerd]moby/a", 3, "meta.db is damaged or not a database", "ctr -n moby images export - a"),
        Case("containerd:[/R/docker]moby/a", 3, "is not a root of containerd"),
        Case("docker:a", 2, "cannot read from `docker:`"),
    ]

    @Test(arguments: cases) func theSentenceSaysWhatToDo(_ wanted: Case) throws {
        let source = wanted.source.replacingOccurrences(of: "/R/", with: bench.folder.path + "/")
        for command in ["analyze", "scan"] {
            let outcome = try bench.strata(command, source)
            #expect(outcome.status == wanted.status && outcome.output == "", "\(outcome.errors)")
            for words in wanted.words { #expect(outcome.errors.contains(words), "\(outcome.errors)") }
            #expect(outcome.errors.split(separator: "\n").count <= 2, "\(outcome.errors)")
        }
    }

    @Test func anEnginesImageIsNoArchive() throws {
        let outcome = try bench.strata("load", "-i", "docker-daemon:a")
        #expect(outcome.status == 2 && outcome.errors.contains("hint: import it with `strata scan docker-daemon:a`"))
    }
}
