import Foundation
import Glibc
import TestSupport
import Testing

/// What docker's flags put around a container's command, as the command sees it.
@Suite(.enabled(if: ContainerScene.isPossible)) struct SurroundingTests {
    /// What a shell in a container of these flags prints.
    private func said(_ scene: ContainerScene, _ flags: [String], _ script: String) throws -> String {
        let outcome = try scene.bench.program.run(["run", "--rm"] + flags + ["busybox", "sh", "-c", script])
        #expect(outcome.status == 0, "\(flags): \(outcome.errors)")
        return outcome.output
    }

    @Test func limitsHoldForEveryCommand() throws {
        let scene = try ContainerScene()
        let flags = ["--ulimit", "nofile=100:200", "--ulimit", "core=0", "--ulimit", "nofile=101:202", "--shm-size", "1.5g"]
        let script = "ulimit -Sn; ulimit -Hn; ulimit -c; df -k /dev/shm | tail -n 1"
        let lines = try said(scene, flags, script).split(separator: "\n")
        #expect(lines.prefix(3) == ["101", "202", "0"] && lines.last?.contains(" 1572864 ") == true)
        try scene.line("run", "-d", "--name", "back", "--ulimit", "nofile=100:200", "busybox", "sleep", "1000")
        #expect(try scene.strata("exec", "back", "sh", "-c", "ulimit -Sn; ulimit -Hn").output == "100\n200\n")
        try scene.line("rm", "-f", "back")
    }

    @Test func hostsAndResolversAreAdded() throws {
        let scene = try ContainerScene()
        let hosts = try said(scene, ["--add-host", "db:10.1.2.3", "--add-host", "v6:2001:db8::1"], "cat /etc/hosts")
        #expect(hosts.hasPrefix("10.1.2.3\tdb\n2001:db8::1\tv6\n") && hosts.contains("127.0.0.1"))
        let flags = ["--dns", "192.0.2.1", "--dns", "2001:db8::2", "--dns-search", "a.example", "--dns-search", "b.example"]
        #expect(
            try said(scene, flags + ["--dns-opt", "ndots:2"], "cat /etc/resolv.conf")
                == "search a.example b.example\nnameserver 192.0.2.1\nnameserver 2001:db8::2\noptions ndots:2\n")
        let none = ["--network", "none", "--dns-search", ".", "--dns", "192.0.2.1"]
        #expect(try said(scene, none, "cat /etc/resolv.conf") == "nameserver 192.0.2.1\n")
    }

    @Test func groupsAreAddedForExecToo() throws {
        let scene = try ContainerScene()
        let flags = ["--group-add", "77", "--group-add", "root", "-u", "1234:1234"]
        #expect(try said(scene, flags, "grep Groups /proc/self/status") == "Groups:\t0 77 1234 \n")
        try scene.line("run", "-d", "--name", "back", "--group-add", "77", "busybox", "sleep", "1000")
        let groups = try scene.strata("exec", "-u", "web", "back", "grep", "Groups", "/proc/self/status")
        #expect(groups.output == "Groups:\t34 77 \n")
        try scene.line("rm", "-f", "back")
    }

    @Test func privilegesAreTakenAway() throws {
        let scene = try ContainerScene()
        let grep = "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status"
        #expect(try said(scene, [], grep) == "NoNewPrivs:\t0\nSeccomp:\t2\n")
        #expect(try said(scene, ["--security-opt", "no-new-privileges"], grep) == "NoNewPrivs:\t1\nSeccomp:\t2\n")
        #expect(try said(scene, ["--security-opt", "no-new-privileges=false"], grep) == "NoNewPrivs:\t0\nSeccomp:\t2\n")
        #expect(try said(scene, ["--security-opt=seccomp=unconfined"], grep) == "NoNewPrivs:\t0\nSeccomp:\t0\n")
        let options = ["--security-opt", "apparmor=unconfined", "--security-opt", "label=disable"]
        #expect(try said(scene, options, "echo taken") == "taken\n")
        let shown = try said(scene, ["--security-opt", "systempaths=unconfined"], "mount | grep -c '/proc/'; true")
        #expect(shown == "0\n")
        try scene.line("run", "-d", "--name", "back", "--security-opt", "no-new-privileges:true", "busybox", "sleep", "1000")
        #expect(try scene.strata("exec", "back", "grep", "NoNewPrivs", "/proc/self/status").output == "NoNewPrivs:\t1\n")
        try scene.line("rm", "-f", "back")
    }

    @Test func aDeviceIsGivenWithTheAccessThatIsAskedFor() throws {
        let scene = try ContainerScene()
        // Not one of those that every container has.
        let open = "head -c 1 /dev/given | wc -c"
        try Skip.unless(access("/dev/fuse", R_OK | W_OK) == 0, "this machine has no /dev/fuse")
        let reading = "exec 3</dev/given && echo read; (exec 3>/dev/given) 2>/dev/null && echo written; true"
        #expect(try said(scene, ["--device", "/dev/fuse:/dev/given:r"], reading) == "read\n")
        #expect(try said(scene, ["--device", "/dev/fuse:/dev/given"], reading) == "read\nwritten\n")
        #expect(try said(scene, ["--device", "/dev/zero:/dev/given"], open) == "1\n")
        expectSentence(try scene.strata("run", "--device", "/dev/nothing", "busybox"), naming: "/dev/nothing", status: 125)
        expectSentence(try scene.strata("run", "--device", "/etc/passwd", "busybox"), naming: "not a device", status: 125)
        #expect(scene.bench.names("containers") == [])
    }

    @Test func theMachinesMemoryIsSharedWhereThatIsAskedFor() throws {
        let scene = try ContainerScene()
        let mine = try #require(try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/ipc"))
        #expect(try said(scene, ["--ipc", "host"], "readlink /proc/self/ns/ipc") == "\(mine)\n")
        #expect(try said(scene, ["--ipc=private"], "readlink /proc/self/ns/ipc") != "\(mine)\n")
        #expect(try said(scene, ["--ipc", "none"], "ls -d /dev/shm || echo none") == "none\n")
    }

    @Test func aSmallProgramIsTheFirstProcess() throws {
        let scene = try ContainerScene()
        let found = ["docker-init", "catatonit", "tini-static", "dumb-init"].contains { access("/usr/bin/\($0)", X_OK) == 0 }
        try Skip.unless(found, "no program is installed that could be process 1")
        #expect(try said(scene, ["--init"], "tr '\\0' ' ' < /proc/1/cmdline").hasPrefix("/dev/init -- sh -c "))
        #expect(try scene.strata("run", "--rm", "--init", "busybox", "sh", "-c", "exit 9").status == 9)
        let script = "trap 'exit 6' TERM; while :; do sleep 0.1; done"
        try scene.line("run", "-d", "--init", "--name", "back", "busybox", "sh", "-c", script)
        try scene.line("stop", "back")
        #expect(try scene.statuses() == ["back": "exited 6"])
        #expect(try scene.strata("diff", "back").output == "")
    }

    @Test func theLogIsKeptAsAskedFor() throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "none", "--log-driver", "none", "busybox", "echo", "said")
        #expect(try scene.strata("logs", "none").output == "")
        let words = ["run", "--name", "short", "--log-opt", "max-size=64k", "--log-opt", "max-file=3", "busybox", "seq", "20000"]
        #expect(try scene.bench.program.run(words).output.hasSuffix("19999\n20000\n"))
        let kept = try scene.strata("logs", "short").lines.compactMap { Int($0) }
        #expect(kept.last == 20_000 && kept.count < 4000 && kept == Array(20_001 - kept.count...20_000), "\(kept.count)")
        let id = try #require(try scene.bench.program.run(["ps", "-aq", "--no-trunc", "--filter", "name=short"]).lines.first)
        let names = scene.bench.names("containers/\(id)").filter { $0.hasPrefix("log") }
        #expect(names.sorted() == ["log", "log.1", "log.2"])
    }

    @Test func anIDFileIsWrittenOnce() throws {
        let scene = try ContainerScene()
        let path = scene.bench.folder.path("id")
        let id = try scene.line("create", "--cidfile", path, "busybox", "true")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == id)
        expectSentence(try scene.strata("run", "--cidfile", path, "busybox", "true"), naming: path, status: 125)
        let other = scene.bench.folder.path("other")
        #expect(try scene.strata("run", "--cidfile", other, "--pull", "never", "nothing", "true").status == 125)
        #expect(!FileManager.default.fileExists(atPath: other) && scene.bench.names("containers") == [id])
    }

    @Test func stopWaitsAsLongAsTheContainerSays() throws {
        let scene = try ContainerScene()
        let script = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
        try scene.line("run", "-d", "--name", "back", "--stop-timeout", "0", "busybox", "sh", "-c", script)
        try scene.eventually("it is ready") { try scene.strata("logs", "back").output == "ready\n" }
        let begin = ContinuousClock.now
        try scene.line("stop", "back")
        #expect(ContinuousClock.now - begin < .seconds(9))
        #expect(try scene.statuses() == ["back": "exited 137"])
    }

    @Test func portsAreExposed() throws {
        let scene = try ContainerScene()
        let id = try scene.line("create", "--expose", "80", "--expose", "90-91/udp", "busybox")
        let found = try scene.strata("inspect", id).output
        #expect(["80/tcp", "90/udp", "91/udp"].allSatisfy { found.contains("\"\($0)\"") })
    }

    @Test func mountsOfTheMachineReachAContainerThatAsksForThem() throws {
        let scene = try ContainerScene()
        let outcome = try scene.bench.shell(
            """
            mkdir -p "$1/shared/in" && unshare -m sh -c '
            mount --bind "$1/shared" "$1/shared" && mount --make-shared "$1/shared" &&
            "$STRATA" run -d --name back -v "$1/shared:/s:rslave" -v "$1/shared:/p" busybox sleep 1000 >/dev/null &&
            mount -t tmpfs none "$1/shared/in" && touch "$1/shared/in/late" &&
            "$STRATA" exec back ls /s/in /p/in; "$STRATA" rm -f back >/dev/null' sh "$1"
            """, scene.bench.folder.path)
        #expect(outcome.output == "/p/in:\n\n/s/in:\nlate\n", "\(outcome.errors)")
    }

    @Test(arguments: [
        ("--ulimit", "bogus=1"), ("--ulimit", "nofile=200:100"), ("--ulimit", "nofile"), ("--shm-size", "x"),
        ("--add-host", "db"), ("--add-host", "db:one"), ("--dns", "one"), ("--dns-search", "a b"), ("--device", "fuse"),
        ("--security-opt", "seccomp=/file"), ("--security-opt", "apparmor=mine"), ("--security-opt", "no-new-privileges=maybe"),
        ("--ipc", "shareable"), ("--pid", "host"), ("--log-driver", "syslog"), ("--log-opt", "tag=x"),
        ("--log-opt", "max-size=0"), ("--log-opt", "max-file=2"), ("--expose", "8080:80"), ("--group-add", "nobody-has-it"),
        ("-v", "/:/x:rshared"), ("-v", "/:/x:ro,rw"), ("-v", "/:/x:bogus"), ("-v", "/:/"), ("-v", "relative"),
        ("--tmpfs", "/t:bogus"), ("--tmpfs", "/t:size=x"), ("--tmpfs", "/t:mode=9"), ("--tmpfs", "/"),
        ("--mount", "type=bind,source=/,target=/x,tmpfs-size=1m"), ("--mount", "type=tmpfs,target=/x,source=/"),
        ("--mount", "type=tmpfs,target=/x,tmpfs-mode=rwx"), ("--mount", "type=bind,source=/,target=/x,bind-propagation=up"),
        ("--mount", "type=bind,source=/,target=/x,consistency=ro"), ("--mount", "type=npipe,target=/x"),
        ("--mount", "type=bind,source=/,target=/x,target=/y"), ("--mount", "type=bind,source=/,target"),
        ("--init", "maybe"), ("--sig-proxy", "false"),
    ])
    func whatCannotBeDoneIsRefusedByName(option: String, value: String) throws {
        let scene = try ContainerScene()
        let word = option.hasPrefix("--") ? ["\(option)=\(value)"] : [option, value]
        let outcome = try scene.bench.program.run(["run", "--rm"] + word + ["busybox", "true"])
        #expect(outcome.status == 125 && outcome.errors.hasPrefix("strata: "), "\(option) \(value): \(outcome.errors)")
        #expect(scene.bench.names("containers") == [])
    }
}

/// Flags with a value that says yes or no, and what stands around them.
struct YesOrNoTests {
    @Test(.enabled(if: ContainerScene.isPossible)) func flagsTakeAYesOrANo() throws {
        let scene = try ContainerScene()
        let said = try scene.strata("run", "--rm=true", "-t=false", "-i=0", "busybox", "echo", "--rm=false")
        #expect(said.output == "--rm=false\n")
        #expect(scene.bench.names("containers") == [])
        try scene.line("run", "--rm", "--name", "kept", "--read-only=T", "--rm=false", "busybox", "true")
        #expect(try scene.statuses() == ["kept": "exited 0"])
        let given = try scene.bench.file("given", Data("given".utf8))
        #expect(try scene.strata("run", "--rm", "-it=false", "busybox", "cat", input: .file(given)).output == "given")
        #expect(try scene.strata("ps", "--all=true", "-q=1").lines.count == 1)
        #expect(try scene.strata("ps", "-aq", "--all=false").lines == [])
        let words = ["run", "--rm", "--sig-proxy=true", "-e", "A=true", "busybox", "sh", "-c", "echo $A"]
        #expect(try scene.bench.program.run(words).output == "true\n")
        expectSentence(try scene.strata("ps", "--all=maybe"), naming: "--all", status: 2)
    }
}
