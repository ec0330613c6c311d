import Foundation
import OCISpec
import TestSupport
import Testing

/// The waste of all images of an engine.
@Suite(.serialized) struct WasteTests {
    /// Images that begin alike, some with waste: `n` own layers on one base each.
    private static func images() -> [ImageBuilder] {
        let base = BuiltLayer([.directory("a"), .file("a/x", size: 50_000, seed: 1), .file("a/y", size: 20_000, seed: 2)])
        let upper = BuiltLayer([.file("a/x", size: 40_000, seed: 3)])
        let top = BuiltLayer([.whiteout("a/y"), .file("b", size: 1000, seed: 4)])
        let other = BuiltLayer([.file("c", size: 100, seed: 5)])
        return [
            ImageBuilder([base], named: "localhost/base:1"), ImageBuilder([base, upper], named: "localhost/upper:1"),
            ImageBuilder([base, upper, top], named: "localhost/top:1"), ImageBuilder([base, other], named: "localhost/other:1"),
            ImageBuilder([other], named: "localhost/alone:1"),
        ]
    }

    /// Expects the rows to be the analyses of the images, the most wasteful first.
    private func expectRows(_ engine: String, prefix: String, _ bench: EngineBench) throws {
        let document = try bench.document("waste", "--engine", engine)
        let rows = try #require(document["images"] as? [NSDictionary])
        #expect(rows.compactMap { $0["name"] as? String }.count == 5)
        var last = Int64.max
        for row in rows {
            let name = try #require(row["name"] as? String)
            let analysis = try bench.document("analyze", prefix + name)
            for field in ["totals", "waste"] {
                #expect(row[field] as? NSDictionary == analysis[field] as? NSDictionary, "\(name)")
            }
            let wasted = try #require((row["totals"] as? NSDictionary)?["wastedBytes"] as? Int64)
            #expect(wasted <= last)
            last = wasted
        }
        #expect(rows.first?["name"] as? String == "localhost/top:1")
        let sharing = try #require(document["sharing"] as? NSDictionary)
        #expect(sharing["uniqueLayerCount"] as? Int == 4 && sharing["layerCount"] as? Int == 9)
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockersImagesByWhatTheyWaste() throws {
        let docker = try LiveDocker()
        try Data(try ImageBuilder.dockerArchive(Self.images()).tar).write(to: URL(fileURLWithPath: docker.folder + "/all.tar"))
        try docker("load", "-i", docker.folder + "/all.tar")
        let bench = try EngineBench()
        let engine = "docker=\(docker.root)"
        try expectRows(engine, prefix: "docker-daemon:[\(docker.root)]", bench)
        let text = try bench.succeed("waste", "--engine", engine, "--top", "2")
        #expect(
            text.contains("localhost/top:1") && text.contains("and 3 more images")
                && text.contains("5 images, 4 different layers"))
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
        let rows = try bench.succeed("waste", "--engine", engine, "--format", "csv").split(whereSeparator: \.isNewline)
        #expect(rows.count == 6 && rows[1].hasPrefix("localhost/top:1,sha256:"))
        #expect(try bench.succeed("waste", "--engine", engine, "-q").split(separator: "\n").count == 5)
        try docker.stop()
        // A layer that cannot be read makes its images' figures unknown, and no other's.
        let records = docker.root + "/image/overlay2/layerdb/sha256"
        let alone = Self.images()[0].layers[0].diffID.hex
        try FileManager.default.removeItem(atPath: "\(records)/\(alone)/tar-split.json.gz")
        let outcome = try bench.strata("waste", "--engine", engine, "--format", "json")
        #expect(outcome.status == 0 && outcome.errors.contains("its tar-split is missing"), "\(outcome.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? NSDictionary)
        let partial = try #require(document["images"] as? [NSDictionary]).filter { $0["isPartial"] as? Bool == true }
        #expect(
            partial.compactMap { $0["name"] as? String }.sorted()
                == ["localhost/base:1", "localhost/other:1", "localhost/top:1", "localhost/upper:1"])
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansImagesByWhatTheyWaste() throws {
        let podman = try LivePodman()
        try Data(try ImageBuilder.dockerArchive(Self.images()).tar).write(to: URL(fileURLWithPath: podman.folder + "/all.tar"))
        try podman("load", "-q", "-i", podman.folder + "/all.tar")
        try expectRows("podman=\(podman.root)", prefix: "containers-storage:[\(podman.root)]", try EngineBench())
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdsImagesByWhatTheyWaste() throws {
        let containerd = try LiveContainerd()
        try Data(try ImageBuilder.dockerArchive(Self.images()).tar).write(
            to: URL(fileURLWithPath: containerd.folder + "/all.tar"))
        try containerd("-n", "moby", "images", "import", containerd.folder + "/all.tar")
        try expectRows("containerd=\(containerd.root)", prefix: "containerd:[\(containerd.root)]moby/", try EngineBench())
    }

    @Test(arguments: [
        ("lxc", "`lxc` is not an engine", "hint: `--engine` takes docker, podman, containerd"),
        ("docker=", "names no root", ""),
        ("", "is not an engine", ""), ("Docker", "is not an engine", ""),
    ])
    func otherEnginesAreRefused(engine: String, words: String, hint: String) throws {
        let outcome = try EngineBench().strata("waste", "--engine", engine)
        #expect(outcome.status == 2 && outcome.errors.contains(words) && (hint == "" || outcome.errors.contains(hint)))
    }

    @Test func aRootThatIsNoneIsTold() throws {
        let bench = try EngineBench()
        let outcome = try bench.strata("waste", "--engine", "podman=\(bench.folder.path)")
        #expect(outcome.status == 3 && outcome.errors.contains("is not a root of containers-storage"), "\(outcome.errors)")
    }
}
