import Foundation
import TestSupport
import Testing

/// `strata engines`, `df`, `images` and `why` beside a real Docker.
@Suite(.serialized, .needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) struct EngineCommandTests {
    /// The program, with a store that must not come about.
    private struct Scene {
        let docker: LiveDocker
        let store: TemporaryDirectory

        init() throws {
            docker = try LiveDocker()
            store = try TemporaryDirectory()
            try Data(try busyboxTar()).write(to: URL(fileURLWithPath: docker.folder + "/bb.tar"))
            try docker("import", docker.folder + "/bb.tar", "bb:1")
        }

        func run(_ arguments: String...) throws -> Program.Outcome {
            var program = Program.strata
            program.environment = ["DOCKER_HOST": "unix://\(docker.folder)/sock", "STRATA_STORE": store.path("s")]
            return try program.run(arguments)
        }

        func json(_ arguments: String...) throws -> [String: Any] {
            var program = Program.strata
            program.environment = ["DOCKER_HOST": "unix://\(docker.folder)/sock", "STRATA_STORE": store.path("s")]
            let outcome = try program.run(arguments + ["--format", "json"])
            try #require(outcome.status == 0, "\(outcome.errors)")
            return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        }
    }

    private func bytes(_ document: [String: Any], _ kind: String, _ field: String = "diskBytes") throws -> Int64 {
        let classes = try #require(document["classes"] as? [[String: Any]])
        let line = try #require(classes.first { $0["class"] as? String == kind })
        return try #require(line[field] as? NSNumber).int64Value
    }

    @Test func theEngineAndItsRoot() throws {
        let scene = try Scene()
        let engines = try #require(try scene.json("engines")["engines"] as? [[String: Any]])
        let docker = try #require(engines.first { $0["engine"] as? String == "docker" })
        #expect(docker["root"] as? String == scene.docker.root && docker["driver"] as? String == "overlay2")
        #expect(docker["running"] as? Bool == true && docker["access"] as? String == "inPlace")
        let version = try scene.docker("version", "--format", "{{.Server.Version}}").first
        #expect(docker["version"] as? String == version)
        #expect(docker["socket"] as? String == scene.docker.folder + "/sock")
    }

    @Test func theLinesAddUpToDu() throws {
        let scene = try Scene()
        try scene.docker("run", "-d", "--network", "none", "--name", "runs", "-v", "used:/v", "bb:1", "sleep", "1000")
        try scene.docker("run", "-d", "--network", "none", "--name", "waits", "bb:1", "sleep", "1000")
        try scene.docker("pause", "waits")
        try scene.docker("create", "--network", "none", "--name", "made", "bb:1", "true")
        try scene.docker("volume", "create", "unused")
        try Data(count: 5000).write(to: URL(fileURLWithPath: scene.docker.root + "/stray"))
        let usage = try scene.json("df", "--engine", "docker")
        let total = try #require(usage["totalBytes"] as? NSNumber).int64Value
        #expect(try total == du(scene.docker.root))
        let classes = try #require(usage["classes"] as? [[String: Any]])
        #expect(classes.compactMap { ($0["diskBytes"] as? NSNumber)?.int64Value }.reduce(0, +) == total)
        #expect(try bytes(usage, "unexplained") == du(scene.docker.root + "/stray"))
        #expect(try bytes(usage, "volumes", "reclaimableBytes") == du(scene.docker.root + "/volumes/unused"))
        #expect(try bytes(usage, "volumes", "activeCount") == 1)
        #expect(try bytes(usage, "containerLayers", "activeCount") == 2)
        #expect(try bytes(usage, "imageLayers", "reclaimableBytes") == 0)
        let images = try #require(usage["images"] as? [[String: Any]])
        #expect(images.map { $0["containers"] as? Int } == [3])
        #expect(!FileManager.default.fileExists(atPath: scene.store.path("s")))
        let all = try scene.json("df", "--engine", "all")
        #expect((all["engines"] as? [[String: Any]])?.contains { ($0["totalBytes"] as? NSNumber)?.int64Value == total } == true)
    }

    /// Where there is a store already, the second look goes by what the first one found.
    @Test func theSecondLookAddsUpToo() throws {
        let scene = try Scene()
        #expect(try scene.run("images").status == 0)
        let first = try scene.json("df", "-v", "--engine", "docker")
        #expect(try scene.json("df", "-v", "--engine", "docker") as NSDictionary == first as NSDictionary)
        try scene.docker("run", "--network", "none", "--name", "wrote", "bb:1", "sh", "-c", "cat /bin/busybox > /copy")
        try scene.docker("commit", "wrote", "bb:2")
        try scene.docker("rm", "wrote")
        try scene.docker("rmi", "bb:1")
        for _ in 0..<2 {
            let usage = try scene.json("df", "--engine", "docker")
            #expect(try (usage["totalBytes"] as? NSNumber)?.int64Value == du(scene.docker.root))
        }
    }

    /// What one says is freed is what goes, by du of the folders of images.
    @Test func removalFreesWhatIsSaid() throws {
        let scene = try Scene()
        let context = scene.docker.folder + "/context"
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        try Data("FROM bb:1\nRUN cat /bin/busybox > /copy\n".utf8).write(to: URL(fileURLWithPath: context + "/Dockerfile"))
        try scene.docker("build", "--network", "none", "-t", "kit:1", context, environment: ["DOCKER_BUILDKIT": "1"])
        func row() throws -> [String: Any] {
            let images = try #require(try scene.json("df", "-v", "--engine", "docker")["images"] as? [[String: Any]])
            return try #require(images.first { $0["name"] as? String == "kit:1" })
        }
        // The build cache has all its layers, so only its documents go.
        let before = try row()
        #expect((before["freesBytes"] as? NSNumber)?.int64Value == 12_288)
        let held = try #require(before["buildCacheHoldsBytes"] as? NSNumber).int64Value
        #expect(held > 1_000_000)
        try scene.docker("builder", "prune", "-af")
        #expect((try row()["freesBytes"] as? NSNumber)?.int64Value == 12_288 + held)
    }

    @Test func whoNeedsAPath() throws {
        let scene = try Scene()
        try scene.docker("run", "-d", "--network", "none", "--name", "runs", "-v", "used:/v", "bb:1", "sleep", "1000")
        let upper = try scene.docker("inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", "runs")[0]
        let lower = try scene.docker("inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", "bb:1")[0]
        try FileManager.default.createDirectory(
            atPath: scene.docker.root + "/overlay2/stray/diff", withIntermediateDirectories: true)
        func subject(_ path: String) throws -> [String: Any] {
            try #require((try scene.json("why", path)["subjects"] as? [[String: Any]])?.first)
        }
        func keepers(_ subject: [String: Any]) -> [String?] {
            (subject["keptBy"] as? [[String: Any]] ?? []).map { $0["name"] as? String }
        }
        #expect(try keepers(subject(lower + "/bin/busybox")) == ["bb:1", "runs"])
        #expect(try keepers(subject(upper)) == ["runs"])
        #expect(try keepers(subject(scene.docker.root + "/volumes/used/_data")) == ["used", "runs"])
        let leak = try subject(scene.docker.root + "/overlay2/stray/diff")
        #expect(leak["type"] as? String == "leaked" && keepers(leak).isEmpty && leak["changed"] is String)
        let own = try scene.run("why", "--engine", "docker", "/etc/passwd")
        #expect(own.status == 3 && own.errors.contains("/etc/passwd is in no engine's root"))
    }

    @Test func imagesByTheirLastUse() throws {
        let scene = try Scene()
        try scene.docker("tag", "bb:1", "registry.example.com/team/bb:2")
        try Data(Tar([.directory("only")]).bytes).write(to: URL(fileURLWithPath: scene.docker.folder + "/other.tar"))
        try scene.docker("import", scene.docker.folder + "/other.tar", "unused:1")
        // Nobody has used the other one: its link was read last long ago.
        let folder = try scene.docker("inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", "unused:1")[0]
        let link = try String(
            contentsOfFile: (folder as NSString).deletingLastPathComponent + "/link", encoding: .utf8)
        try Program("/usr/bin/touch").run(["-h", "-a", "-d", "@1000000000", scene.docker.root + "/overlay2/l/" + link])
        try scene.docker("run", "--rm", "--network", "none", "bb:1", "true")
        func names(_ filters: String...) throws -> [String] {
            let options = filters.flatMap { ["-f", $0] }
            var program = Program.strata
            program.environment = ["DOCKER_HOST": "unix://\(scene.docker.folder)/sock"]
            let outcome = try program.run(["images", "--engine", "docker", "--format", "json"] + options)
            try #require(outcome.status == 0, "\(outcome.errors)")
            let document = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            return try #require(document["images"] as? [[String: Any]]).map {
                "\($0["repository"] as? String ?? "<none>"):\($0["tag"] as? String ?? "<none>")"
            }.sorted()
        }
        #expect(try names() == ["bb:1", "registry.example.com/team/bb:2", "unused:1"])
        #expect(try names("used<30d") == ["unused:1"])
        #expect(try names("reference=registry.example.com/*/*") == ["registry.example.com/team/bb:2"])
        #expect(try names("dangling=true") == [])
        // Looking was no use of it.
        #expect(try names("used<30d") == ["unused:1"])
        let wrong = try scene.run("images", "--engine", "docker", "-f", "before=absent:1")
        #expect(wrong.status == 3 && wrong.errors.contains("has no image absent:1"))
    }

    @Test func nothingIsLockedOrWritten() throws {
        try Skip.unless(installed: "strace")
        let scene = try Scene()
        let trace = scene.store.path("trace")
        var program = Program("/usr/bin/strace")
        program.environment = ["DOCKER_HOST": "unix://\(scene.docker.folder)/sock", "STRATA_STORE": scene.store.path("s")]
        for command in [["df", "-v"], ["images"]] {
            let outcome = try program.run(
                [
                    "-f", "-o", trace, "-e",
                    "trace=openat,open,creat,flock,fcntl,unlink,unlinkat,rename,renameat,renameat2,readlink,readlinkat",
                ]
                    + [Program.strata.path] + command + ["--engine", "docker"])
            try #require(outcome.status == 0, "\(outcome.errors)")
            let lines = try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n").map(String.init)
            let opened = lines.filter { $0.contains("open") }
            #expect(lines.filter { $0.contains("flock(") || $0.contains("SETLK") } == [])
            #expect(lines.filter { $0.contains("unlink") || $0.contains("rename") } == [])
            #expect(opened.filter { $0.contains("O_WRONLY") || $0.contains("O_RDWR") || $0.contains("O_CREAT") } == [])
            // Reading a short name would count as a use.
            #expect(lines.filter { $0.contains("readlink") && $0.contains("overlay2/l") || $0.contains("readlinkat(") } == [])
        }
    }

    /// Images and containers come and go meanwhile: every answer is whole.
    @Test func lookingBesideABusyDaemon() throws {
        let scene = try Scene()
        let folder = (try scene.docker("inspect", "-f", "{{.GraphDriver.Data.UpperDir}}", "bb:1")[0] as NSString)
            .deletingLastPathComponent
        let done = Flag()
        let client = scene.docker.client
        let writer = Thread {
            do {
                while !done.isSet {
                    try client(["tag", "bb:1", "new:1"])
                    try client(["run", "--rm", "--network", "none", "new:1", "true"])
                    try client(["rmi", "new:1"])
                }
            } catch { Issue.record(error) }
            done.isSet = false
        }
        writer.start()
        for _ in 0..<15 {
            let usage = try scene.json("df", "--engine", "docker")
            let classes = try #require(usage["classes"] as? [[String: Any]])
            let sum = classes.compactMap { ($0["diskBytes"] as? NSNumber)?.int64Value }.reduce(0, +)
            #expect(sum == (usage["totalBytes"] as? NSNumber)?.int64Value)
            #expect(usage["unreadable"] as? [String] == [])
            let images = try #require(try scene.json("images", "--engine", "docker")["images"] as? [[String: Any]])
            #expect(images.contains { $0["repository"] as? String == "bb" })
            let reasons = try #require(try scene.json("why", folder)["subjects"] as? [[String: Any]])
            #expect(
                (reasons.first?["keptBy"] as? [[String: Any]])?.contains { ($0["names"] as? [String])?.contains("bb:1") == true }
                    == true)
        }
        done.isSet = true
        while done.isSet { Thread.sleep(forTimeInterval: 0.01) }
        let usage = try scene.json("df", "--engine", "docker")
        #expect(try bytes(usage, "leaked") == 0 && bytes(usage, "unexplained") == 0)
    }

    @Test(arguments: [
        (["df", "--engine", "nope"], 2, "`nope` is not an engine that strata can read"),
        (["df", "--engine", "docker="], 2, "names no root"),
        (["df", "--engine", "docker=/nonexistent"], 3, "there is no directory /nonexistent"),
        (["df", "--engine", "docker=/etc"], 3, "/etc is not a root of Docker"),
        (["images", "--engine", "podman=/etc"], 3, "/etc is not a root of containers-storage"),
        (["why", "--engine", "docker=/nonexistent", "/etc/passwd"], 3, "there is no directory /nonexistent"),
        (["engines", "--engine", "containerd=/nonexistent"], 3, "there is no directory /nonexistent"),
    ]) func whatIsNoRootIsTold(arguments: [String], status: Int32, sentence: String) throws {
        let store = try TemporaryDirectory()
        var program = Program.strata
        program.environment = ["STRATA_STORE": store.path("s")]
        let outcome = try program.run(arguments)
        #expect(outcome.status == status && outcome.errors.contains(sentence), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: store.path("s")))
    }
}
