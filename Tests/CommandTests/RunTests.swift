import Foundation
import TestSupport
import Testing

/// Containers as docker's words make them.
@Suite(.enabled(if: ContainerScene.isPossible)) struct RunTests {
    @Test func theStatusIsTheCommandsOwnOrDockers() throws {
        let scene = try ContainerScene()
        #expect(try scene.strata("run", "--rm", "busybox", "true").status == 0)
        let failed = try scene.strata("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 7")
        #expect(failed.status == 7 && failed.output == "out\n" && failed.errors == "err\n")
        #expect(try scene.strata("run", "--rm", "busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?").status == 137)
        let missing = try scene.strata("run", "--rm", "busybox", "no-such-program")
        expectSentence(missing, naming: "no-such-program", status: 127)
        expectSentence(try scene.strata("run", "--rm", "busybox", "/etc"), naming: "cannot be run", status: 126)
        expectSentence(
            try scene.strata("run", "--rm", "--pull", "never", "nobody/has-this", "true"), naming: "has-this", status: 125)
        #expect(try scene.strata("run", "--rm", "--network", "container:x", "busybox", "true").status == 125)
        #expect(scene.bench.names("containers") == [] && !scene.hasMounts && scene.bench.ingestNames == [])
        #expect(scene.bench.problems == [])
    }

    @Test func whatIsAskedForIsThere() throws {
        let scene = try ContainerScene()
        let folder = scene.bench.folder.path("shared")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("from outside\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/note"))
        let variables = try scene.bench.file("variables", Data("# no variable\nFILE=one\nBOTH=file\n".utf8))
        let script = """
            id -u; id -g; pwd; hostname; echo $FILE $BOTH $HOME; cat /mnt/note; touch /mnt/x 2>/dev/null || echo read-only; \
            touch /memory/y && echo memory; touch /z 2>/dev/null || echo closed; ls /sys/class/net; cat /etc/hostname
            """
        let outcome = try scene.strata(
            "run", "--rm", "-u", "web", "-w", "/var", "--hostname", "inner", "--env-file", variables, "-e", "BOTH=flag",
            "-v", "\(folder):/mnt:ro", "--tmpfs", "/memory:mode=1777", "--read-only", "--network", "none", "busybox", "sh", "-c",
            script)
        #expect(
            outcome.lines == [
                "33", "34", "/var", "inner", "one flag /var", "from outside", "read-only", "memory", "closed", "lo", "inner",
            ], "\(outcome.output)\(outcome.errors)")
    }

    @Test func containersAreFoundByNamesIDsAndTheirImages() throws {
        let scene = try ContainerScene()
        var ids: [String] = []
        for number in 1...5 { ids.append(try scene.line("create", "--name", "box\(number)", "busybox", "true")) }
        for image in ["busybox", "busybox:latest", "docker.io/library/busybox", "docker.io/library/busybox:latest"] {
            let found = try scene.strata("ps", "-aq", "--filter", "ancestor=\(image)")
            #expect(found.lines.count == 5, "\(image): \(found.errors)")
        }
        for image in ["busybox:other", "example.com/busybox", "BUSYBOX"] {
            #expect(try scene.strata("ps", "-aq", "--filter", "ancestor=\(image)").output == "")
        }
        // A damaged record is in nobody's way but its own container's.
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(scene.bench.store)/containers/\(ids[4])/config.json"))
        let removed = try scene.strata("rm", ids[0], "box2", String(ids[2].prefix(20)), "/box4", "box2", ids[4])
        #expect(removed.status == 3 && removed.errors.contains("no such container: box2"), "\(removed.errors)")
        #expect(removed.lines == [ids[0], "box2", String(ids[2].prefix(20)), "/box4", ids[4]], "each but the one that is gone")
        #expect(scene.bench.names("containers") == [])
    }

    @Test func standardInputIsHandedOver() throws {
        let scene = try ContainerScene()
        let file = try scene.bench.file("input", Data(repeating: UInt8(ascii: "x"), count: 300_000))
        #expect(try scene.strata("run", "--rm", "-i", "busybox", "wc", "-c", input: .file(file)).output == "300000\n")
        #expect(
            try scene.strata("run", "--rm", "busybox", "wc", "-c", input: .file(file)).output == "0\n", "without -i there is none"
        )
    }

    @Test func capabilitiesAreGivenAndTaken() throws {
        let scene = try ContainerScene()
        func held(_ flags: String...) throws -> UInt64 {
            let line = try scene.bench.program.run(["run", "--rm"] + flags + ["busybox", "grep", "CapEff", "/proc/self/status"])
            return UInt64(
                line.output.split(separator: "\t").last?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "", radix: 16) ?? 0
        }
        #expect(try held() == 0xa804_25fb, "what docker gives")
        #expect(try held("--cap-drop", "ALL") == 0)
        #expect(try held("--cap-drop", "ALL", "--cap-add", "CHOWN") == 1)
        #expect(try held("--cap-add", "NET_ADMIN") == 0xa804_25fb | 1 << 12)
        // What its capabilities do not give is refused by the filter too.
        #expect(try scene.strata("run", "--rm", "busybox", "mount", "-t", "tmpfs", "x", "/tmp").status != 0)
        #expect(try scene.strata("run", "--rm", "--cap-add", "NOTHING", "busybox", "true").status == 125)
    }

    @Test func aContainerInTheBackground() throws {
        let scene = try ContainerScene()
        let id = try scene.line(
            "run", "-d", "--name", "back", "--label", "team=red", "busybox", "sh", "-c", "echo began; echo bad >&2; sleep 100")
        #expect(id.count == 64)
        #expect(try scene.statuses() == ["back": "running"])
        try scene.eventually("the log has a line") {
            let logs = try scene.strata("logs", "back")
            return logs.output == "began\n" && logs.errors == "bad\n"
        }
        let logs = try scene.strata("logs", "-t", "back")
        #expect(logs.errors.hasSuffix("Z bad\n") && logs.output.hasSuffix("Z began\n"))
        let table = try scene.strata("ps").lines
        #expect(table.first?.hasPrefix("CONTAINER ID   IMAGE     COMMAND") == true)
        #expect(table.last?.hasPrefix(String(id.prefix(12))) == true && table.last?.hasSuffix("back") == true)
        #expect(try scene.strata("ps", "-q", "--filter", "label=team=red", "--no-trunc").output == "\(id)\n")
        #expect(try scene.strata("ps", "-q", "--filter", "label=team=blue").output == "")
        let inner = try scene.strata("exec", "-e", "A=1", "-w", "/etc", "back", "sh", "-c", "echo $A; cat kept; exit 5")
        #expect(inner.status == 5 && inner.output == "1\nkept\n", "\(inner.errors)")
        expectSentence(try scene.strata("exec", "back", "nothing"), naming: "nothing", status: 127)
        #expect(try scene.strata("exec", "-u", "web", "back", "id", "-u").output == "33\n")
        expectSentence(try scene.strata("rm", "back"), naming: "it is running", status: 1)
        expectSentence(try scene.strata("rmi", "busybox"), naming: "container", status: 1)
        #expect(try scene.line("stop", "-t", "0", "back") == "back")
        #expect(try scene.statuses() == ["back": "exited 137"])
        #expect(try scene.line("wait", "back") == "137")
        try scene.line("start", "back")
        #expect(try scene.statuses() == ["back": "running"])
        try scene.line("rm", "-f", id.prefix(6).description)
        #expect(scene.bench.names("containers") == [] && !scene.hasMounts)
        #expect(try scene.bench.document("gc", "--min-age", "0s")["freedBytes"] != nil)
        #expect(scene.bench.problems == [])
    }

    @Test func aWorkingDirectoryThatIsRelativeIsRefusedAsWithDocker() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "100")
        for arguments in [
            ["run", "--rm", "-w", "rel", "busybox", "pwd"], ["create", "-w", "rel", "busybox"],
            ["exec", "-w", "rel", "back", "pwd"],
        ] {
            let outcome = try scene.bench.program.run(arguments)
            expectSentence(
                outcome, naming: "the working directory `rel` is invalid, it needs to be an absolute path", status: 125)
        }
        #expect(try scene.statuses().count == 1)
        #expect(try scene.strata("run", "--rm", "-w", "", "busybox", "pwd").output == "/\n")
        try scene.line("rm", "-f", "back")
    }

    @Test func aSignalReachesTheCommand() throws {
        let scene = try ContainerScene()
        let script = "trap 'echo caught; exit 9' TERM; echo ready; while :; do sleep 0.1; done"
        let foreground = try scene.bench.program.start(["run", "--rm", "busybox", "sh", "-c", script])
        try scene.eventually("it is ready") { foreground.outputSoFar == "ready\n" }
        foreground.signal(SIGTERM)
        let outcome = try foreground.wait(timeLimit: 20)
        #expect(outcome.status == 9 && outcome.output == "ready\ncaught\n")
        try scene.line("run", "-d", "--name", "back", "busybox", "sh", "-c", script)
        try scene.eventually("it is ready") { try scene.strata("logs", "back").output == "ready\n" }
        try scene.line("stop", "back")
        #expect(try scene.statuses() == ["back": "exited 9"])
        try scene.line("start", "back")
        try scene.line("kill", "-s", "TERM", "back")
        #expect(try scene.line("wait", "back") == "9")
        expectSentence(try scene.strata("kill", "back"), naming: "not running", status: 1)
    }

    @Test func whoeverWaitsGetsTheStatusOfWhatGoesWithItsEnd() throws {
        let scene = try ContainerScene()
        let script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"
        try scene.line("run", "-d", "--rm", "--name", "ended", "busybox", "sh", "-c", script)
        try scene.line("run", "-d", "--rm", "--name", "killed", "busybox", "sh", "-c", script)
        try scene.eventually("it is ready") { try scene.strata("logs", "ended").output == "ready\n" }
        let waiting = try scene.bench.program.start(["wait", "ended", "killed"])
        try scene.eventually("it waits for both") {
            let open = try Program.shell.run(["-c", "ls -l /proc/\(waiting.id)/fd"]).lines
            return open.count { $0.hasSuffix("/end") } == 2
        }
        try scene.line("stop", "ended")
        try scene.line("kill", "killed")
        #expect(try waiting.wait(timeLimit: 20).output == "7\n137\n")
        #expect(try scene.statuses() == [:])
    }

    @Test func anOwnerBeyondTheKernelsIsNotMadeRoot() throws {
        let scene = try ContainerScene()
        let script = """
            import sys, tarfile
            with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as archive:
                member = tarfile.TarInfo("tool")
                member.mode, member.uid = 0o4755, int(sys.argv[2])
                archive.addfile(member)
            """
        for owner in ["4294967295", "4294967296"] {
            let tar = scene.bench.folder.path("owner.tar")
            #expect(try Program("python3").run(["-c", script, tar, owner]).status == 0)
            try scene.line("import", tar, "odd")
            expectSentence(try scene.strata("run", "--rm", "odd", "/tool"), naming: "\(owner):0", status: 125)
        }
    }

    @Test func logsAreFollowedToTheEnd() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done")
        #expect(try scene.strata("logs", "-f", "back").output == "1\n2\n3\n4\n5\n")
        #expect(try scene.strata("logs", "--tail", "2", "back").output == "4\n5\n")
        #expect(try scene.strata("logs", "--tail", "some", "back").status == 2)
    }

    @Test func namesAreUniqueAndCanBeChanged() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "one", "busybox")
        expectSentence(try scene.strata("create", "--name", "one", "busybox"), naming: "one", status: 1)
        expectSentence(try scene.strata("create", "--name", "bad name", "busybox"), naming: "bad name", status: 2)
        try scene.line("create", "busybox")
        #expect(try scene.statuses().count == 2)
        try scene.line("rename", "one", "two")
        #expect(try scene.statuses()["two"] == "created")
        expectSentence(try scene.strata("rm", "one"), naming: "one")
        let inspected = try scene.strata("inspect", "two")
        let documents = try #require(try JSONSerialization.jsonObject(with: Data(inspected.output.utf8)) as? [[String: Any]])
        #expect(documents[0]["Name"] as? String == "/two" && documents[0]["Path"] as? String == "sh")
        #expect((documents[0]["State"] as? [String: Any])?["Status"] as? String == "created")
    }

    @Test func limitsAreKeptByAControlGroup() throws {
        let scene = try ContainerScene()
        try Skip.unless(
            FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory"),
            "this machine has no memory controller of the first version")
        let script = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; grep memory /proc/self/cgroup"
        let outcome = try scene.strata(
            "run", "--rm", "-m", "64m", "--cpus", "0.5", "--pids-limit", "50", "busybox", "sh", "-c", script)
        let group = try #require(outcome.output.split(separator: "\n").last?.split(separator: ":").last.map(String.init))
        #expect(outcome.status == 0 && group.hasPrefix("/strata/"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory\(group)"))
    }

    @Test func containersCountAndArePruned() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "ended", "busybox", "sh", "-c", "head -c 1000000 /dev/zero > /large")
        try scene.line("run", "-d", "--name", "running", "busybox", "sleep", "100")
        func line() throws -> [String: Any] {
            let classes = try #require(try scene.bench.document("df")["classes"] as? [[String: Any]])
            return try #require(classes.first { $0["class"] as? String == "containers" })
        }
        let before = try line()
        #expect(before["count"] as? Int == 2 && before["activeCount"] as? Int == 1)
        #expect((before["reclaimableBytes"] as? Int ?? 0) > 1_000_000)
        let planned = try scene.bench.document("container", "prune", "-f", "--dry-run")
        let predicted = (planned["totals"] as? [String: Any])?["freesBytes"] as? Int
        #expect(predicted == before["reclaimableBytes"] as? Int)
        let pruned = try scene.bench.document("container", "prune", "-f")
        #expect(pruned["freedBytes"] as? Int == predicted)
        #expect(try scene.statuses() == ["running": "running"])
        // What a container uses stays, whatever goes.
        #expect(try scene.bench.program.run(["system", "prune", "-a", "-f"]).status == 0)
        #expect(try scene.strata("exec", "running", "cat", "/etc/kept").output == "kept\n")
        try scene.line("rm", "-f", "running")
        #expect(try scene.bench.program.run(["system", "prune", "-a", "-f"]).status == 0)
        #expect(try scene.bench.imageNames() == [])
        #expect(scene.bench.names("blobs/sha256") == [])
        #expect(scene.bench.problems == [])
    }

    @Test func devicesOfALayerAreThere() throws {
        let scene = try ContainerScene()
        let made = try scene.bench.shell(
            """
            mkdir -p "$1/tree/n" && mknod -m 640 "$1/tree/n/char" c 1 7 && mknod "$1/tree/n/block" b 7 200 && mkfifo "$1/tree/n/pipe" &&
            chown 3:4 "$1/tree/n/char" && tar -C "$1/tree" -cf "$1/context.tar" n && mkdir "$1/c" && mv "$1/context.tar" "$1/c" &&
            printf 'FROM busybox\\nADD context.tar /\\n' > "$1/c/Dockerfile" && "$STRATA" build -q -t devices "$1/c"
            """, scene.bench.folder.path)
        #expect(made.status == 0, "\(made.errors)")
        let listed = try scene.strata(
            "run", "--rm", "devices", "stat", "-c", "%n %F %t:%T %u:%g %a", "/n/char", "/n/block", "/n/pipe")
        #expect(
            listed.output == """
                /n/char character special file 1:7 3:4 640
                /n/block block special file 7:c8 0:0 644
                /n/pipe fifo 0:0 0:0 644

                """)
    }

    @Test func aContainersChangesAreListed() throws {
        let scene = try ContainerScene()
        let script = "rm /var/cache/old/gone; echo more >> /etc/kept; mkdir /new; touch /new/file"
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", script)
        let changes = try scene.strata("diff", "box").output
        #expect(
            changes == """
                C /etc
                C /etc/kept
                A /new
                A /new/file
                C /var
                C /var/cache
                C /var/cache/old
                D /var/cache/old/gone

                """)
        let document = try scene.bench.document("diff", "box")
        let paths = try #require(document["paths"] as? [[String: String]])
        #expect(
            document["kind"] as? String == "container-diff" && paths.last == ["change": "removed", "path": "/var/cache/old/gone"])
        expectSentence(try scene.strata("diff", "busybox"), naming: "no such container: busybox", status: 1)
        #expect(try scene.strata("diff", "box", "--format", "csv").status == 2)
    }

    @Test func whatCannotBeGivenIsRefusedWithAReason() throws {
        let scene = try ContainerScene()
        #expect(try scene.strata("run", "--rm", "-p", "80:80/tcp", "--restart", "no", "busybox", "true").status == 0)
        #expect(try scene.strata("run", "--rm", "-h", "other", "busybox", "hostname").output == "other\n")
        expectSentence(
            try scene.strata("run", "--network", "none", "-p", "8080:80", "busybox"), naming: "--network none", status: 125)
        expectSentence(try scene.strata("run", "--restart", "always", "busybox"), naming: "no daemon", status: 125)
        expectSentence(
            try scene.strata("run", "-v", "d@ta:/data", "busybox"), naming: "`d@ta` is not a valid volume name", status: 125)
        expectSentence(try scene.strata("run", "--mount", "=,,", "busybox"), naming: "--mount", status: 125)
        expectSentence(try scene.strata("run", "--cpus", "0.001", "busybox"), naming: "--cpus", status: 125)
        #expect(scene.bench.names("containers") == [] && !FileManager.default.fileExists(atPath: "data"))
    }

    @Test(arguments: ["run --rm busybox", "run --rm -t busybox", "exec back"])
    func aReaderThatGoesAwayIsToldToTheCommand(verb: String) throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        let piped = try scene.bench.shell("{ timeout 60 \"$STRATA\" \(verb) yes; echo status $? >&2; } | head -n 1")
        #expect(piped.output.filter { $0 != "\r\n" && $0 != "\n" } == "y")
        #expect(!piped.errors.contains("status 124"), "\(piped.errors)")
        #expect(try scene.statuses() == ["back": "running"])
        try scene.line("rm", "-f", "back")
    }

    @Test func onlyTheUsualDevicesCanBeUsed() throws {
        let scene = try ContainerScene()
        let script = """
            mknod /n c 1 3 && echo some > /n && echo null; head -c 3 /dev/urandom | wc -c; head -c 3 /dev/zero | wc -c
            mknod /k c 1 11 && head -c 1 /k; mknod /dev/k c 1 11 && head -c 1 /dev/k; mknod /l b 7 0; head -c 1 /l
            """
        let outcome = try scene.strata("run", "--rm", "busybox", "sh", "-c", script)
        #expect(outcome.output == "null\n3\n3\n")
        #expect(outcome.errors.split(separator: "\n").filter { $0.contains("Operation not permitted") }.count == 3)
        let built = try scene.bench.shell(
            """
            mkdir "$1/b" && printf 'FROM busybox\\nRUN mknod /k c 1 11 && ! head -c 1 /k\\n' > "$1/b/Dockerfile" &&
            "$STRATA" build -q "$1/b"
            """, scene.bench.folder.path)
        #expect(built.status == 0, "\(built.errors)")
    }

    /// As with docker: a restart is no end with which a container goes, and what it changed is there still.
    @Test func aContainerThatGoesWithItsEndOutlivesARestart() throws {
        let scene = try ContainerScene()
        #expect(try scene.strata("run", "-d", "--rm", "--name", "passing", "busybox", "sleep", "1000").status == 0)
        #expect(try scene.strata("exec", "passing", "touch", "/changed").status == 0)
        let restarted = try scene.strata("restart", "-t", "0", "passing")
        #expect(restarted.status == 0, "\(restarted.errors)")
        #expect(try scene.strata("exec", "passing", "ls", "/changed").status == 0)
        #expect(try scene.strata("stop", "-t", "0", "passing").status == 0)
        #expect(try scene.strata("ps", "-a", "-q").output.isEmpty)
    }

    @Test func newUserNamespacesAreRefusedByEachCall() throws {
        let scene = try ContainerScene()
        #expect(try scene.strata("run", "--rm", "busybox", "unshare", "-U", "true").status != 0)
        let filter = try scene.strata("run", "--rm", "busybox", "grep", "Seccomp:", "/proc/self/status")
        #expect(filter.output == "Seccomp:\t2\n")
        // Threads and processes are made by the same call.
        #expect(try scene.strata("run", "--rm", "busybox", "sh", "-c", "(true) & wait; echo made").output == "made\n")
    }

    @Test func oneMoreProcessInTheBackground() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        #expect(try scene.strata("exec", "-d", "back", "sh", "-c", "echo begun > /begun; sleep 1000").status == 0)
        try scene.eventually("it has begun") { try scene.strata("exec", "back", "cat", "/begun").output == "begun\n" }
        expectSentence(try scene.strata("exec", "-d", "back", "nothing"), naming: "nothing", status: 127)
        try scene.line("rm", "-f", "back")
    }

    @Test func aLogThatEndsInHalfARecordGoesOn() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "sh", "-c", "echo one; echo \"two \\\"q\\\" \\\\ \t\"")
        let id = try #require(scene.bench.names("containers").first)
        let log = "\(scene.bench.store)/containers/\(id)/log"
        #expect(try scene.strata("logs", "box").output == "one\ntwo \"q\" \\ \t\n")
        let length = try #require(try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int)
        #expect(truncate(log, length - 5) == 0)
        try scene.line("start", "box")
        try scene.eventually("it has ended") { try scene.statuses() == ["box": "exited 0"] }
        #expect(try scene.strata("logs", "box").output == "one\none\ntwo \"q\" \\ \t\n")
        #expect(try scene.strata("logs", "--tail", "1", "box").output == "two \"q\" \\ \t\n")
        try Data("no record\n".utf8).write(to: URL(fileURLWithPath: log))
        let damaged = try scene.strata("logs", "box")
        #expect(damaged.status == 0 && damaged.output == "" && damaged.errors.contains("1 lines"))
    }

    @Test(.needs("runc")) func theRuntimeOfAContainerIsItsOwn() throws {
        let scene = try ContainerScene()
        #expect(try scene.bench.shell("STRATA_RUNTIME=runc \"$STRATA\" run -d --name box busybox sleep 1000").status == 0)
        #expect(try scene.strata("exec", "box", "echo", "said").output == "said\n")
        try scene.line("stop", "-t", "0", "box")
        #expect(try scene.statuses() == ["box": "exited 137"])
    }

    @Test func wordsOfFilesAndMountsAreTakenExactly() throws {
        let scene = try ContainerScene()
        let file = try scene.bench.file("env", Data("\u{FEFF}A=1\r\n# no\r\nB=2 \r\n".utf8))
        #expect(
            try scene.strata("run", "--rm", "--env-file", file, "busybox", "sh", "-c", "echo \"[$A][$B]\"").output == "[1][2 ]\n")
        let folder = scene.bench.folder.path
        expectSentence(try scene.strata("run", "-v", "\(folder):/y:bogus", "busybox"), naming: "bogus", status: 125)
        for field in ["read-only", "readonly=no"] {
            expectSentence(
                try scene.strata("run", "--mount", "type=bind,source=\(folder),target=/y,\(field)", "busybox"), naming: "--mount",
                status: 125)
        }
        let mount = "type=bind,source=\(folder),target=/y,readonly=0"
        #expect(try scene.strata("run", "--rm", "--mount", mount, "busybox", "touch", "/y/made").status == 0)
        expectSentence(try scene.strata("run", "--stop-signal", "NOTHING", "busybox"), naming: "--stop-signal", status: 125)
        let script = "trap 'exit 5' 37; while :; do sleep 0.1; done"
        try scene.line("run", "-d", "--name", "box", "--stop-signal", "SIGRTMIN+3", "busybox", "sh", "-c", script)
        try scene.line("stop", "--timeout=-1", "box")
        #expect(try scene.statuses() == ["box": "exited 5"])
        expectSentence(try scene.strata("unmount", ""), naming: "mounted", status: 1)
    }

    @Test func layersThatBeginAlikeHaveNamesOfTheirOwn() throws {
        let scene = try ContainerScene()
        let store = scene.bench.store
        for name in scene.bench.names("layers/l") {
            let link = "\(store)/layers/l/\(name)"
            try FileManager.default.removeItem(atPath: link)
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../elsewhere/diff")
        }
        #expect(try scene.strata("run", "--rm", "busybox", "cat", "/etc/kept").output == "kept\n")
    }
}
