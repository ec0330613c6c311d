import Foundation
import TestSupport
import Testing

/// What a container's tree is to those who look at it from outside: by `commit`, `diff`, `export` and `cp`.
@Suite(.enabled(if: ContainerScene.isPossible)) struct ContainerTreeTests {
    @Test func nothingThatAContainerWritesDeletesInAnImage() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "touch", "/etc/.wh.kept")
        expectSentence(try scene.strata("commit", "box", "made"), naming: "/etc/.wh.kept", status: 1)
        #expect(try scene.strata("diff", "box").lines.contains("A /etc/.wh.kept"))
        let context = scene.bench.folder.path("marked")
        try FileManager.default.createDirectory(atPath: "\(context)/folder", withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(context)/folder/file"))
        for (step, status) in [
            ("RUN chmod 777 /etc\nUSER 42\nRUN touch /etc/.wh.kept", 1), ("WORKDIR /etc/.wh.kept", 3),
            ("WORKDIR /etc/.wh.kept/sub", 3),
            ("COPY folder/file /etc/.wh.kept/file", 3), ("COPY folder /etc/.wh.kept", 3), ("COPY folder/file /etc/.wh.kept", 3),
        ] {
            try Data("FROM busybox\n\(step)\n".utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
            expectSentence(try scene.strata("build", "-q", context), naming: ".wh.", status: Int32(status))
        }
    }

    @Test(.needs("python3")) func anAttributeOfAUsersIsNoMark() throws {
        let scene = try ContainerScene()
        let id = try scene.line("run", "-d", "--name", "box", "busybox", "sh", "-c", "touch /etc/new; sleep 100")
        try scene.eventually("the file is there") { try scene.strata("exec", "box", "ls", "/etc/new").status == 0 }
        let script = "import os, sys; os.setxattr(sys.argv[1], 'user.overlay.opaque', b'y')"
        #expect(try Program("python3").run(["-c", script, "\(scene.bench.store)/containers/\(id)/diff/etc"]).status == 0)
        try scene.line("commit", "box", "made")
        #expect(try scene.strata("run", "--rm", "made", "cat", "/etc/kept").output == "kept\n")
        #expect(try !scene.strata("diff", "box").lines.contains { $0.hasPrefix("D") })
        try scene.line("rm", "-f", "box")
    }

    @Test func whatANewFolderHidesIsTold() throws {
        let scene = try ContainerScene()
        let script = "rm -r /var/cache && mkdir -p /var/cache/old && touch /var/cache/new"
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", script)
        #expect(
            try scene.strata("diff", "box").lines.filter { $0.contains("/var/") }
                == ["C /var/cache", "A /var/cache/new", "C /var/cache/old", "D /var/cache/old/gone"])
    }

    @Test func aLengthIsWhatReadingGives() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "box", "busybox", "sleep", "100")
        for path in ["/sys/kernel/mm/transparent_hugepage/enabled", "/proc/cpuinfo"] {
            guard let content = FileManager.default.contents(atPath: path) else { continue }
            try scene.line("cp", path, "box:/copy")
            #expect(try scene.strata("exec", "box", "cat", "/copy").output == String(decoding: content, as: UTF8.self), "\(path)")
        }
        try scene.line("rm", "-f", "box")
    }

    /// What `path` of a container is as a tar with one file in it.
    private func content(_ scene: ContainerScene, _ path: String) throws -> String {
        try scene.bench.shell("$STRATA cp box:$1 - | tar -xO", path).output
    }

    @Test(arguments: ["running", "stopped", "created"]) func copiesGoWhereTheContainerSeesThem(state: String) throws {
        let scene = try ContainerScene()
        let file = try scene.bench.file("new", Data("new\n".utf8))
        let (own, other) = (scene.bench.folder.path("own"), scene.bench.folder.path("other"))
        for folder in [own, other] { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }
        try Data("old\n".utf8).write(to: URL(fileURLWithPath: "\(other)/old"))
        let options = ["-v", "\(own):/mnt/deep/own", "-v", "\(other):/other:ro", "--tmpfs", "/memory", "busybox", "sleep", "100"]
        try scene.bench.program.run((state == "created" ? ["create"] : ["run", "-d"]) + ["--name", "box"] + options)
        if state == "stopped" { try scene.line("stop", "-t", "0", "box") }
        try scene.line("cp", file, "box:/mnt/deep/own/")
        #expect(try String(contentsOfFile: "\(own)/new", encoding: .utf8) == "new\n")
        #expect(try content(scene, "/mnt/deep/own/new") == "new\n" && content(scene, "/other/old") == "old\n")
        expectSentence(try scene.strata("cp", file, "box:/other/new"), naming: "/other/new is read-only", status: 1)
        expectSentence(try scene.strata("cp", file, "box:/other/old"), naming: "/other/old is read-only", status: 1)
        // The container's own hosts file, and memory that is there only while it runs.
        try scene.line("cp", file, "box:/etc/hosts")
        #expect(try content(scene, "/etc/hosts") == "new\n")
        for path in ["/memory/new", "/dev/shm/new"] {
            let copied = try scene.strata("cp", file, "box:\(path)")
            if state == "running" {
                #expect(copied.status == 0 && copied.errors == "", "\(copied.errors)")
                #expect(try scene.strata("exec", "box", "cat", path).output == "new\n")
            } else {
                expectSentence(copied, naming: path, status: 1)
            }
        }
        // Of all together there is what is mounted by people, and nothing of the runtime's.
        let all = try scene.bench.shell("$STRATA cp box:/ - | tar -t").lines
        #expect(all.contains("mnt/deep/own/new") && all.contains("other/old") && all.contains("etc/hosts"))
        #expect(!all.contains { $0.hasPrefix("proc/") || $0.hasPrefix("dev/") || $0.hasPrefix("sys/") })
        #expect(try scene.strata("diff", "box").output == "", "nothing came into the container's own tree")
        try scene.line("rm", "-f", "box")
        #expect(!scene.hasMounts && scene.bench.problems == [])
    }

    @Test(arguments: [false, true]) func nothingIsCopiedIntoATreeThatIsReadOnly(isRunning: Bool) throws {
        let scene = try ContainerScene()
        let file = try scene.bench.file("new", Data("new\n".utf8))
        let own = scene.bench.folder.path("own")
        try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
        let options = ["--name", "box", "--read-only", "-v", "\(own):/own", "busybox", "sleep", "100"]
        try scene.bench.program.run((isRunning ? ["run", "-d"] : ["create"]) + options)
        for target in ["/etc/new", "/etc/kept", "/new"] {
            expectSentence(try scene.strata("cp", file, "box:\(target)"), naming: "\(target) is read-only", status: 1)
        }
        expectSentence(
            try scene.bench.shell("tar -C ${1%/*} -c new | $STRATA cp - box:/etc", file), naming: "/etc/new is read-only",
            status: 1)
        expectSentence(try scene.strata("cp", own, "box:/etc"), naming: "/etc/own is read-only", status: 1)
        try scene.line("cp", file, "box:/own/new")
        #expect(FileManager.default.fileExists(atPath: "\(own)/new"))
        #expect(try content(scene, "/etc/kept") == "kept\n")
        try scene.line("rm", "-f", "box")
    }

    @Test func aTarNeedsNoEntriesForItsFolders() throws {
        let scene = try ContainerScene()
        let script = """
            mkdir -p /usr/lib /home/app /t; ln -s usr/lib /lib; ln -s ../home /t/up; ln -s loop /loop; \
            chmod 750 /home/app; chown 33 /home/app; sleep 100
            """
        try scene.line("run", "-d", "--name", "box", "busybox", "sh", "-c", script)
        try scene.eventually("the folders are there") {
            try scene.strata("exec", "box", "stat", "-c", "%u", "/home/app").output == "33\n"
        }
        let folder = scene.bench.folder.path("tree")
        let made = """
            mkdir -p $1/lib/deep $1/t/up/app $1/loop/x $1/etc/kept && cd $1 && \
            echo f | tee lib/deep/tool t/up/app/file loop/x/f etc/kept/f >/dev/null && umask 077 && \
            tar -c lib/deep/tool t/up/app/file | $STRATA cp - box:/
            """
        let placed = try scene.bench.shell(made, folder)
        #expect(placed.status == 0, "\(placed.errors)")
        let seen = try scene.strata(
            "exec", "box", "stat", "-c", "%n %u %a %F", "/lib", "/usr/lib/deep", "/usr/lib/deep/tool", "/home/app",
            "/home/app/file")
        #expect(
            seen.lines == [
                "/lib 0 777 symbolic link", "/usr/lib/deep 0 755 directory", "/usr/lib/deep/tool 0 644 regular file",
                "/home/app 33 750 directory", "/home/app/file 0 644 regular file",
            ])
        for (path, word) in [("loop/x/f", "form a loop"), ("etc/kept/f", "/etc/kept")] {
            expectSentence(
                try scene.bench.shell("cd $1 && tar -c $2 | $STRATA cp - box:/", folder, path), naming: word, status: 1)
        }
        for tar in ["echo junk", "tar -C $1 -c lib | head -c 700"] {
            let outcome = try scene.bench.shell("\(tar) | $STRATA cp - box:/t", folder)
            expectSentence(outcome, naming: "cannot copy: the input is", status: 1)
        }
        try scene.line("rm", "-f", "box")
    }

    @Test func whatIsThereOnlyToBeMountedOnIsInNoTar() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "-v", "\(scene.bench.folder.path):/mnt/deep", "busybox", "touch", "/var/mine")
        let names = try scene.bench.shell("$STRATA export box | tar -t").lines
        for stub in ["proc/", "dev/", "sys/", "etc/hosts", "etc/resolv.conf", "mnt/", "mnt/deep/"] {
            #expect(!names.contains(stub), "\(stub)")
        }
        #expect(names.contains("etc/kept") && names.contains("var/mine") && names.contains("tmp/"))
    }

    @Test func theProcessThatIsToldIsTheContainersOwn() throws {
        let scene = try ContainerScene()
        func inspected() throws -> [String: Any] {
            let text = try scene.strata("inspect", "box").output
            return try #require((try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])?.first)
        }
        func process() throws -> Int? { (try inspected()["State"] as? [String: Any])?["Pid"] as? Int }
        try scene.line("run", "-d", "--name", "box", "busybox", "sleep", "1234")
        let number = try #require(try process())
        let command = try #require(FileManager.default.contents(atPath: "/proc/\(number)/cmdline"))
        #expect(String(decoding: command, as: UTF8.self) == "sleep\01234\0")
        #expect(try String(contentsOfFile: "/proc/\(number)/root/etc/kept", encoding: .utf8) == "kept\n")
        // Nobody outside sees what is mounted for it.
        let folders = (try inspected()["GraphDriver"] as? [String: Any])?["Data"] as? [String: Any]
        #expect(folders?["MergedDir"] == nil && folders?["UpperDir"] != nil)
        try scene.line("pause", "box")
        #expect(try process() == number)
        try scene.line("unpause", "box")
        try scene.line("kill", "box")
        try scene.line("wait", "box")
        #expect(try process() == 0)
    }
}
