import Foundation
import Glibc
import TestSupport
import Testing

/// Images of engines that are told where they lie.
@Suite(.serialized) struct InPlaceTests {
    /// Expects the analysis of a source to be that of an archive, but for what the image is called.
    private func expectEqual(_ source: String, _ archive: String, in bench: EngineBench) throws {
        let inPlace = try bench.document("analyze", source, "--packages", without: "image")
        let saved = try EngineBench().document("analyze", archive, "--packages", without: "image")
        #expect(inPlace == saved, "\(source)")
        #expect(bench.blobs == [])
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockersImagesHaveTheFiguresOfTheirArchives() throws {
        let docker = try LiveDocker()
        let bench = try EngineBench()
        try TrickyImage.write(to: docker.folder + "/tricky.tar")
        try docker("load", "-i", docker.folder + "/tricky.tar")
        var names = ["localhost/tricky:1"]
        if let archive = try sharedTrickyArchive(in: docker.folder) {
            try docker("load", "-i", archive)
            names.append("tricky:1")
        }
        for name in names { try docker("save", "-o", docker.folder + "/\(name.count).tar", name) }
        for name in names {
            try expectEqual("docker-daemon:[\(docker.root)]\(name)", docker.folder + "/\(name.count).tar", in: bench)
        }
        let id = try #require(try docker("images", "-q", "--no-trunc", "localhost/tricky:1").first)
        try expectEqual("docker-daemon:[\(docker.root)]\(id)", docker.folder + "/18.tar", in: bench)
        try docker.stop()
        for name in names {
            try expectEqual("docker-daemon:[\(docker.root)]\(name)", docker.folder + "/\(name.count).tar", in: bench)
        }
        try expectQuiet("docker-daemon:[\(docker.root)]localhost/tricky:1", docker.root, "overlay2", bench)
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansImagesHaveTheFiguresOfTheirArchives() throws {
        let podman = try LivePodman()
        let bench = try EngineBench()
        try TrickyImage.write(to: podman.folder + "/tricky.tar")
        try podman("load", "-q", "-i", podman.folder + "/tricky.tar")
        try podman("save", "-q", "-o", podman.folder + "/saved.tar", "localhost/tricky:1")
        let place = "containers-storage:[overlay@\(podman.root)+\(podman.folder)/run:mountopt=nodev]"
        try expectEqual(place + "localhost/tricky:1", podman.folder + "/saved.tar", in: bench)
        try expectEqual(place + "tricky:1", podman.folder + "/saved.tar", in: bench)
        try expectQuiet(place + "localhost/tricky:1", podman.root, "overlay", bench)
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdsImagesHaveTheFiguresOfTheirLayouts() throws {
        let containerd = try LiveContainerd()
        let bench = try EngineBench()
        try TrickyImage.write(to: containerd.folder + "/tricky.tar")
        try containerd("-n", "k8s.io", "images", "import", containerd.folder + "/tricky.tar")
        try containerd("-n", "k8s.io", "images", "export", containerd.folder + "/out.tar", "localhost/tricky:1")
        try expectEqual(
            "containerd:[\(containerd.root)]k8s.io/localhost/tricky:1", containerd.folder + "/out.tar", in: bench)
        // Docker with the containerd image store has its own below its data-root.
        try containerd("-n", "moby", "images", "import", containerd.folder + "/tricky.tar")
        let data = containerd.folder + "/data"
        try FileManager.default.createDirectory(atPath: data + "/containerd", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: data + "/containerd/daemon", withDestinationPath: containerd.root)
        try expectEqual("docker-daemon:[\(data)]localhost/tricky:1", containerd.folder + "/out.tar", in: bench)
        #expect(try bench.strata("analyze", "docker-daemon:[\(data)]nope").errors.contains("is not a root of Docker"))
    }

    /// Expects that nothing of a layer's content is opened, nothing below the root for writing, and that nothing there is locked.
    private func expectQuiet(_ source: String, _ root: String, _ driver: String, _ bench: EngineBench) throws {
        try Skip.unless(installed: "strace")
        let trace = bench.folder.path("trace")
        var strace = Program("strace")
        strace.environment = bench.program.environment
        let calls = "open,openat,openat2,creat,mkdirat,unlinkat,renameat2,flock,fcntl,utimensat"
        let outcome = try strace.run(["-f", "-y", "-o", trace, "-e", "trace=\(calls)", bench.program.path, "analyze", source])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n").filter { $0.contains(root) }
        #expect(!lines.isEmpty)
        let content = try Regex("= [0-9]+<\(root)/\(driver)/[^/>]+/diff")
        for line in lines {
            #expect(line.firstMatch(of: content) == nil, "\(line)")
            for word in ["O_WRONLY", "O_RDWR", "O_CREAT", "LOCK_", "F_SETLK", "F_OFD", "mkdir", "unlink", "rename", "utimens"] {
                #expect(!line.contains(word), "\(line)")
            }
        }
    }

    /// Contents that are known by checksums meet no hashes: the layers are read first.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func whatIsComparedIsKnownByTheSameMeans() throws {
        let docker = try LiveDocker()
        try TrickyImage.write(to: docker.folder + "/tricky.tar")
        var other = TrickyImage.image
        other.layers[1] = BuiltLayer([.file("data/same", size: 70_000, seed: 4), .file("old/a", text: "a")])
        other.names = ["localhost/other:1"]
        try Data(other.dockerArchive().tar).write(to: URL(fileURLWithPath: docker.folder + "/other.tar"))
        for name in ["tricky", "other"] { try docker("load", "-i", docker.folder + "/\(name).tar") }
        let inStore = { (name: String) in "docker-daemon:[\(docker.root)]localhost/\(name):1" }
        let archive = { (name: String) in docker.folder + "/\(name).tar" }
        let wanted = try EngineBench().document("diff", archive("tricky"), archive("other"), without: "a", "b")
        for (a, b) in [
            (inStore("tricky"), archive("other")), (archive("tricky"), inStore("other")),
            (inStore("tricky"), inStore("other")),
        ] {
            #expect(try EngineBench().document("diff", a, b, without: "a", "b") == wanted, "\(a) \(b)")
        }
        let bench = try EngineBench()
        let query = "SELECT count(DISTINCT contentHash) FROM entry WHERE path = 'data/same'"
        let rows = try bench.succeed("sql", inStore("tricky"), archive("tricky"), query, "--csv")
        #expect(rows.split(whereSeparator: \.isNewline).last == "1")
        // What was known by checksums alone is not in the catalog.
        try bench.succeed("analyze", inStore("other"))
        let own = try bench.succeed("sql", archive("other"), "SELECT contentHash FROM entry WHERE path = 'data/same'", "--csv")
        let clean = try EngineBench().succeed(
            "sql", archive("other"), "SELECT contentHash FROM entry WHERE path = 'data/same'", "--csv")
        #expect(own == clean)
    }

    /// Names move, and containers and images come and go, while an image is looked at.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func aBusyDaemonDisturbsNothing() throws {
        let docker = try LiveDocker()
        try TrickyImage.write(to: docker.folder + "/tricky.tar")
        try docker("load", "-i", docker.folder + "/tricky.tar")
        let bench = try EngineBench()
        let source = "docker-daemon:[\(docker.root)]localhost/tricky:1"
        let wanted = try bench.document("analyze", source)
        var shell = Program.shell
        shell.environment = ["DOCKER_HOST": "unix://\(docker.folder)/sock", "HOME": docker.folder]
        let script = """
            while :; do
                docker tag localhost/tricky:1 busy:1; docker create --network none --name busy busy:1 true; docker commit busy busy:2
                docker rm busy; docker rmi busy:1 busy:2
            done
            """
        let writer = try shell.start(["-c", script])
        defer {
            writer.signal(SIGKILL)
            _ = try? writer.wait()
        }
        for _ in 0..<60 {
            #expect(try bench.document("analyze", source) == wanted)
            #expect(try bench.strata("waste", "--engine", "docker=\(docker.root)", "-q").status == 0)
        }
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func everyVerbTakesASource() throws {
        let docker = try LiveDocker()
        try TrickyImage.write(to: docker.folder + "/tricky.tar")
        try docker("load", "-i", docker.folder + "/tricky.tar")
        let source = "docker-daemon:[\(docker.root)]localhost/tricky:1"
        let bench = try EngineBench()
        for words in [
            ["files", source, "--format", "json"], ["files", source, "--layer", "1", "--format", "json"],
            ["history", source, "--format", "json"], ["inspect", source], ["why", "data/large", source, "--format", "json"],
            ["diff", source, "--layer", "1", "--format", "json"],
            ["sql", source, "SELECT path, type, size, linkTarget, wastedCause FROM entry"],
        ] {
            let inPlace = try bench.program.run(words)
            let saved = try EngineBench().program.run(words.map { $0 == source ? docker.folder + "/tricky.tar" : $0 })
            #expect(inPlace.status == 0 && inPlace.output == saved.output, "\(words): \(inPlace.errors)")
        }
        let budget = bench.folder.path("budget.yaml")
        try Data("version: 1\nrules:\n  - max-wasted-bytes: 1MB\n".utf8).write(to: URL(fileURLWithPath: budget))
        try bench.succeed("report", source, "--against", docker.folder + "/tricky.tar", "-o", bench.folder.path("report"))
    }
}
