import Foundation
import OCISpec
import TestSupport
import Testing

/// Images of engines that are brought into the store.
@Suite(.serialized) struct ImportTests {
    /// Expects a store to hold an image under a name, whole, each layer as its tar was.
    private func expectImage(_ id: String, named name: String, layers: [Digest], in bench: EngineBench) throws {
        let found = try bench.succeed("inspect", name)
        #expect(found.contains("\"\(id)\""), "\(found)")
        for layer in layers { #expect(bench.blobs.contains(layer.hex), "\(layer)") }
        try bench.succeed("fsck")
        #expect(StoreChecker.problems(at: bench.store) == [])
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockersImagesComeInBitForBit() throws {
        let docker = try LiveDocker()
        try TrickyImage.write(to: docker.folder + "/tricky.tar")
        try docker("load", "-i", docker.folder + "/tricky.tar")
        try docker("tag", "localhost/tricky:1", "other/name:2")
        let id = try #require(try docker("images", "-q", "--no-trunc", "localhost/tricky:1").first)
        let bench = try EngineBench()
        try bench.succeed("scan", "docker-daemon:[\(docker.root)]localhost/tricky:1")
        for name in ["localhost/tricky:1", "other/name:2"] {
            try expectImage(id, named: name, layers: TrickyImage.image.layers.map(\.diffID), in: bench)
        }
        // Once more nothing is read, nor written.
        let blobs = bench.blobs
        try bench.succeed("scan", "docker-daemon:[\(docker.root)]localhost/tricky:1")
        #expect(bench.blobs == blobs)
        // A blob of the store that the layer was pulled as will do.
        let packed = ImageBuilder(
            try TrickyImage.image.layers.map { BuiltLayer($0.blob, stored: try Compressor.gzip($0.blob)) },
            named: "localhost/packed:1")
        let second = try EngineBench()
        try Data(packed.dockerArchive().tar).write(to: URL(fileURLWithPath: docker.folder + "/packed.tar"))
        try second.succeed("scan", docker.folder + "/packed.tar")
        let before = second.blobs
        try second.succeed("scan", "docker-daemon:[\(docker.root)]localhost/tricky:1")
        #expect(second.blobs == before)
        if let archive = try sharedTrickyArchive(in: docker.folder) {
            try docker("load", "-i", archive)
            let shared = try #require(try docker("images", "-q", "--no-trunc", "tricky:1").first)
            try bench.succeed("scan", "docker-daemon:[\(docker.root)]tricky:1")
            try expectImage(shared, named: "tricky:1", layers: [], in: bench)
        }
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func aChangedFileIsRefused() throws {
        let docker = try LiveDocker()
        try TrickyImage.write(to: docker.folder + "/tricky.tar")
        try docker("load", "-i", docker.folder + "/tricky.tar")
        try docker.stop()
        let paths = FileManager.default.enumerator(atPath: docker.root + "/overlay2")?.compactMap { $0 as? String } ?? []
        let victim = try #require(paths.first { $0.hasSuffix("/diff/data/same") })
        let file = try #require(FileHandle(forWritingAtPath: docker.root + "/overlay2/" + victim))
        try file.write(contentsOf: Data("changed".utf8))
        try file.close()
        let bench = try EngineBench()
        let source = "docker-daemon:[\(docker.root)]localhost/tricky:1"
        let outcome = try bench.strata("scan", source)
        #expect(outcome.status == 3 && outcome.errors.contains("data/same") && outcome.errors.contains("hint: pull or load"))
        #expect(try bench.succeed("images", "-q") == "")
        // The figures need no contents.
        try bench.succeed("analyze", source)
        try FileManager.default.removeItem(atPath: docker.root + "/overlay2/" + victim)
        #expect(try bench.strata("scan", source).errors.contains("has no file data/same"))
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansImagesComeInBitForBit() throws {
        let podman = try LivePodman()
        try TrickyImage.write(to: podman.folder + "/tricky.tar")
        try podman("load", "-q", "-i", podman.folder + "/tricky.tar")
        let id = try #require(try podman("images", "-q", "--no-trunc", "localhost/tricky:1").first)
        let bench = try EngineBench()
        try bench.succeed("scan", "containers-storage:[\(podman.root)]tricky:1")
        try expectImage(id, named: "localhost/tricky:1", layers: TrickyImage.image.layers.map(\.diffID), in: bench)
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdsImagesComeInBitForBit() throws {
        let containerd = try LiveContainerd()
        try TrickyImage.write(to: containerd.folder + "/tricky.tar")
        try containerd("-n", "moby", "images", "import", containerd.folder + "/tricky.tar")
        let bench = try EngineBench()
        let id = sha256(try TrickyImage.image.config()).description
        let source = "containerd:[\(containerd.root)]moby/localhost/tricky:1"
        try bench.succeed("scan", source)
        try expectImage(id, named: "localhost/tricky:1", layers: TrickyImage.image.layers.map(\.diffID), in: bench)
        // A blob that was thrown away after it was unpacked.
        let layer = TrickyImage.image.layers[0].diffID.hex
        try FileManager.default.removeItem(
            atPath: "\(containerd.root)/io.containerd.content.v1.content/blobs/sha256/\(layer)")
        let outcome = try EngineBench().strata("analyze", source)
        #expect(outcome.status == 3 && outcome.errors.contains("no longer has the blob sha256:\(layer)"), "\(outcome.errors)")
    }
}
