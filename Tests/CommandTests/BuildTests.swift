import Foundation
import OCISpec
import TestSupport
import Testing

/// What `build` does with whole contexts, by the program itself.
struct BuildTests {
    /// A bench with a context of these files.
    private func bench(_ files: [String: String]) throws -> Workbench {
        let bench = try Workbench()
        for (name, text) in files {
            let path = bench.folder.path("context/\(name)")
            try FileManager.default.createDirectory(
                atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        }
        return bench
    }

    private func build(
        _ bench: Workbench, _ arguments: String..., environment: [String: String] = [:], input: Program.Input = .nothing
    ) throws -> Program.Outcome {
        try bench.program.run(
            ["build", "--progress", "plain"] + arguments + [bench.folder.path("context")], environment: environment, input: input)
    }

    /// The paths that the layer of this number stores.
    private func paths(_ bench: Workbench, _ image: String, layer: Int) throws -> [String] {
        let document = try bench.document("files", image, "--layer", "\(layer)")
        let entries = try #require(document["entries"] as? [[String: Any]])
        return entries.compactMap { ($0["path"] as? String).map { $0.hasPrefix("/") ? $0 : "/\($0)" } }.sorted()
    }

    @Test func aFileIsPlacedWithoutAnyPrivilege() throws {
        let bench = try bench([
            "Dockerfile": "FROM scratch\nCOPY hello /greetings/\nCMD [\"/greetings/hello\"]\n", "hello": "hi\n",
        ])
        let built = try build(bench, "-t", "greeter")
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.output.contains("Successfully tagged greeter:latest"))
        #expect(try bench.imageNames() == ["greeter:latest"])
        #expect(bench.problems == [] && bench.ingestNames == [])
        #expect(bench.names("layers") == [], "nothing was unpacked")
        let tar = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", tar, "greeter")
        #expect(try Program("tar").run(["-xOf", tar, "greetings/hello"]).output == "hi\n")
    }

    @Test func theSameInputAtTheSameMomentIsTheSameImage() throws {
        let files = ["Dockerfile": "FROM scratch\nWORKDIR /w\nCOPY a b /x/\nLABEL k=v\n", "a": "1", "b": "2"]
        var seen: Set<String> = []
        for _ in 0..<2 {
            let built = try build(try bench(files), "-q", environment: ["SOURCE_DATE_EPOCH": "1700000000"])
            #expect(built.status == 0, "\(built.errors)")
            seen.insert(built.output)
        }
        #expect(seen.count == 1)
    }

    @Test func whatDidNotChangeIsNotMadeAgain() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY a /a\nCOPY b /b\n", "a": "1", "b": "2"])
        let first = try build(bench, "-q")
        let again = try build(bench)
        #expect(again.errors.components(separatedBy: "CACHED").count == 3, "\(again.errors)")
        #expect(again.output.contains(first.output.dropFirst("sha256:".count).prefix(12)))
        try Data("3".utf8).write(to: URL(fileURLWithPath: bench.folder.path("context/b")))
        let changed = try build(bench)
        #expect(changed.errors.components(separatedBy: "CACHED").count == 2, "\(changed.errors)")
        // A copy with other inodes and times is the same content.
        let copied = try bench.shell(
            "cp -r \"$1\" \"$1.copy\" && $STRATA build --progress plain \"$1.copy\"", bench.folder.path("context"))
        #expect(copied.errors.components(separatedBy: "CACHED").count == 3, "\(copied.errors)")
        let without = try build(bench, "--no-cache")
        #expect(!without.errors.contains("CACHED"))
    }

    @Test func theCacheIsCountedAndPruned() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY a /a\n", "a": String(repeating: "x", count: 50_000)])
        #expect(try build(bench, "-t", "app").status == 0)
        func line() throws -> [String: Any] {
            let classes = try #require(try bench.document("df")["classes"] as? [[String: Any]])
            return try #require(classes.first { $0["class"] as? String == "buildCache" })
        }
        #expect(try line()["count"] as? Int == 1)
        try bench.succeed("rmi", "app")
        #expect(bench.names("blobs/sha256").count == 1, "the cache keeps the layer, and nothing else")
        try bench.succeed("gc", "--min-age", "0s")
        #expect(bench.names("blobs/sha256").count == 1, "gc leaves the cache alone")
        #expect(try bench.succeed("why", "sha256:\(bench.names("blobs/sha256")[0])").contains("build cache"))
        let pruned = try bench.document("builder", "prune", "-f")
        #expect((pruned["freedBytes"] as? Int ?? 0) > 0, "\(pruned)")
        #expect(bench.names("blobs/sha256") == [] && bench.names("cache") == [])
        #expect(try line()["count"] as? Int == 0)
        #expect(bench.problems == [])
    }

    @Test func stagesArgumentsAndLabels() throws {
        let text = """
            ARG BASE=scratch
            FROM ${BASE} AS tools
            ARG NAME=tool
            COPY ${NAME} /bin/${NAME}
            FROM scratch AS unused
            COPY missing /
            FROM scratch
            ARG NAME
            ENV TOOL=/bin/${NAME:-none}
            COPY --from=tools --chown=7:8 --chmod=u=rx,go= /bin /opt
            """
        let bench = try bench(["Dockerfile": text, "saw": "#!"])
        let built = try build(bench, "-t", "kit", "--build-arg", "NAME=saw", "--label", "team=red", "--build-arg", "NOBODY=1")
        #expect(built.status == 0, "\(built.errors)")
        #expect(built.errors.contains("no ARG of the Dockerfile takes --build-arg NOBODY"))
        let tar = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", tar, "kit")
        let listed = try object(try Program("python3").run(["Tests/CommandTests/root-listing.py", tar]).output)
        let file = try #require(listed["opt/saw"] as? [String: Any])
        #expect(file["mode"] as? String == "0500" && file["uid"] as? Int == 7 && file["gid"] as? Int == 8)
        let inspected = try bench.succeed("inspect", "kit")
        #expect(inspected.contains("TOOL=/bin/saw") && inspected.contains("\"team\": \"red\""))
    }

    @Test(arguments: [
        ("FROM scratch\nCOPPY a /\n", "Dockerfile:2: there is no instruction COPPY", "did you mean COPY?"),
        ("FROM scratch\nCOPY --form=x a /\n", "COPY has no flag `--form`", "--from"),
        ("FROM scratch\nCOPY ../etc/passwd /\n", "`../etc/passwd` is not in the context", "context"),
        ("FROM scratch\nCOPY /etc/passwd /\n", "`/etc/passwd` is not in the context", "context"),
        ("FROM scratch\nCOPY a b c\n", "several files cannot all be `c`", "slash"),
        ("RUN x\n", "RUN stands before the first FROM", "ARG"),
        ("FROM scratch\nCOPY <<END /x\nnever\n", "the heredoc `END` has no end", "END"),
        ("FROM scratch\nCOPY --chown=nobody a /\n", "the image has no user `nobody`", "number"),
    ])
    func aWrongLineIsToldWithItsPlace(text: String, message: String, hint: String) throws {
        let bench = try bench(["Dockerfile": text, "a": "1", "b": "2"])
        let built = try build(bench, "-t", "never")
        #expect(built.status != 0)
        #expect(built.errors.contains(message), "\(built.errors)")
        #expect(built.errors.contains(hint), "\(built.errors)")
        #expect(try bench.imageNames() == [])
        #expect(bench.ingestNames == [])
    }

    @Test func nothingOutsideOfTheContextIsRead() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY . /all/\n", "a": "1"])
        try Data("secret".utf8).write(to: URL(fileURLWithPath: bench.folder.path("secret")))
        let script = """
            cd "$1" && ln -s ../secret up && ln -s /etc/passwd abs && ln -s / root && mkdir d && ln -s ../../.. d/far
            """
        #expect(try bench.shell(script, bench.folder.path("context")).status == 0)
        #expect(try build(bench, "-t", "all").status == 0)
        let tar = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", tar, "all")
        let listed = try object(try Program("python3").run(["Tests/CommandTests/root-listing.py", tar]).output)
        for name in ["up", "abs", "root", "d/far"] {
            #expect((listed["all/\(name)"] as? [String: Any])?["type"] as? String == "symlink", "\(name)")
        }
        for source in ["up", "abs", "root/etc/passwd", "d/far/etc/passwd"] {
            let dockerfile = bench.folder.path("Other")
            try Data("FROM scratch\nCOPY \(source) /x\n".utf8).write(to: URL(fileURLWithPath: dockerfile))
            let built = try build(bench, "-f", dockerfile)
            #expect(built.status == 3 && built.errors.contains("is not in the context"), "\(source): \(built.errors)")
        }
    }

    @Test func socketsAndFifosAndUnreadableFiles() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY d /d\n", "d/a": "1"])
        let context = bench.folder.path("context")
        #expect(
            try bench.shell("python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' \"$1/d/s\"", context)
                .status == 0)
        #expect(try build(bench, "-t", "one").status == 0, "a socket is passed over")
        #expect(try paths(bench, "one", layer: 0).contains { $0.hasSuffix("d/s") } == false)
        #expect(try bench.shell("mkfifo \"$1/d/f\"", context).status == 0)
        let fifo = try build(bench)
        #expect(fifo.status == 3 && fifo.errors.contains("`d/f` is neither"), "\(fifo.errors)")
    }

    @Test func aDockerfileOrAContextOnStandardInput() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY a /a\n", "a": "1"])
        let context = bench.folder.path("context")
        let piped = try bench.shell("tar -C \"$1\" -czf - . | $STRATA build -q -t one -", context)
        #expect(piped.status == 0, "\(piped.errors)")
        let file = try bench.shell("printf 'FROM scratch\\nENV A=b\\n' | $STRATA build -q -t two -", context)
        #expect(file.status == 0, "\(file.errors)")
        let both = try bench.shell("printf 'FROM scratch\\nCOPY a /b\\n' | $STRATA build -q -t three -f - \"$1\"", context)
        #expect(both.status == 0, "\(both.errors)")
        #expect(try bench.imageNames().sorted() == ["one:latest", "three:latest", "two:latest"])
    }

    @Test(arguments: ["gzip", "zstd", "none"])
    func layersAreCompressedAsAsked(method: String) throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY a /a\n", "a": String(repeating: "abc", count: 100_000)])
        #expect(try build(bench, "-t", "app", "--compression", method).status == 0)
        let tar = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", tar, "app")
        #expect(try Program("tar").run(["-tvf", tar]).output.contains("300000"))
        #expect(bench.problems == [])
    }

    /// `strata` for a user without any privilege; nil where that user cannot run the program, which a line says.
    private func asNobody(_ bench: Workbench, _ command: String) throws -> Program.Outcome? {
        let user = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        let opened = try bench.shell("chmod -R a+rwX \"$1\" && \(user) \"$STRATA\" --version", bench.folder.path)
        guard opened.status == 0 else {
            print("skipped: another user cannot run \(Program.strata.path)")
            return nil
        }
        return try bench.shell("cd \"$1\" && \(user) env HOME=\"$1\" \(command)", bench.folder.path)
    }

    @Test(.enabled(if: geteuid() == 0))
    func anOrdinaryUserBuildsWhatNeedsNoRun() throws {
        let text = "FROM scratch AS one\nWORKDIR /w\nCOPY --chown=5:6 a a\nFROM scratch\nCOPY --from=one /w /x\nADD t.tar /y/\n"
        let bench = try bench(["Dockerfile": text, "a": "1", "b": "2", "Run": "FROM scratch\nCOPY a /a\nRUN x\n"])
        #expect(try bench.shell("cd \"$1/context\" && tar -cf t.tar b", bench.folder.path).status == 0)
        guard let built = try asNobody(bench, "$STRATA build -q -t app context") else { return }
        #expect(built.status == 0, "\(built.errors)")
        #expect(bench.problems == [] && bench.ingestNames == [])
        let run = try #require(try asNobody(bench, "$STRATA build -q -f context/Run context"))
        #expect(run.status == 3 && run.errors.contains("Run:3: RUN needs root"), "\(run.errors)")
        #expect(try bench.shell("chmod 600 \"$1/context/b\" && chown 0:0 \"$1/context/b\"", bench.folder.path).status == 0)
        let files = try bench.shell(
            """
            cd "$1" && printf 'FROM scratch\\nCOPY b /\\n' > context/Closed && setpriv --reuid=65534 --regid=65534 --clear-groups \\
            env HOME="$1" $STRATA build -q -f context/Closed context
            """, bench.folder.path)
        #expect(files.status == 3 && files.errors.contains("cannot read `b`"), "\(files.errors)")
        #expect(bench.ingestNames == [])
    }

    @Test func aDockerfileOfManyMegabytesIsRefused() throws {
        let bench = try bench(["a": "1"])
        let script = "cd \"$1/context\" && { echo FROM scratch; yes 'LABEL a=b' | head -n 1000000; } > Dockerfile"
        #expect(try bench.shell(script, bench.folder.path).status == 0)
        let built = try build(bench)
        #expect(built.status == 2 && built.errors.contains("larger than"), "\(built.errors.prefix(300))")
    }

    @Test func filesOfAWebServerAreFetchedAndChecked() throws {
        let bench = try bench(["served/f.txt": "fetched\n"])
        let served = bench.folder.path("context/served")
        #expect(try bench.shell("tar -C \"$1\" -czf \"$1/t.tgz\" f.txt", served).status == 0)
        let server = try Program("python3").start(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", served])
        defer {
            server.signal(SIGTERM)
            _ = try? server.wait(timeLimit: 10)
        }
        for _ in 0..<200 where !server.outputSoFar.contains("http://") { Thread.sleep(forTimeInterval: 0.05) }
        let address = try #require(server.outputSoFar.split(separator: "(").last?.split(separator: "/)").first.map(String.init))
        func write(_ lines: String) throws {
            try Data("FROM scratch\n\(lines)".utf8).write(to: URL(fileURLWithPath: bench.folder.path("context/Dockerfile")))
        }
        let digest = sha256(Array("fetched\n".utf8)).description
        try write(
            """
            ADD --checksum=\(digest) \(address)/f.txt /d/
            ADD \(address)/t.tgz /kept.tgz
            ADD --unpack \(address)/t.tgz /u/

            """)
        #expect(try build(bench, "-t", "web").status == 0)
        let again = try build(bench, "-t", "web")
        #expect(again.errors.components(separatedBy: "CACHED").count == 4, "\(again.errors)")
        let tar = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", tar, "web")
        let listed = try object(try Program("python3").run(["Tests/CommandTests/root-listing.py", tar]).output)
        #expect(Set(listed.keys) == ["d", "d/f.txt", "kept.tgz", "u", "u/f.txt"])
        #expect((listed["d/f.txt"] as? [String: Any])?["mode"] as? String == "0600")
        try write("ADD --checksum=sha256:\(String(repeating: "0", count: 64)) \(address)/f.txt /\n")
        let other = try build(bench)
        #expect(other.status == 3 && other.errors.contains("is \(digest), not"), "\(other.errors)")
        try write("ADD \(address)/absent /\n")
        #expect(try build(bench).status == 3)
        #expect(bench.problems == [] && bench.ingestNames == [])
    }

    @Test func theCacheTravelsInAFolder() throws {
        let files = ["Dockerfile": "FROM scratch\nCOPY a /a\nWORKDIR /w\n", "a": "1"]
        let first = try bench(files)
        let cache = first.folder.path("cache")
        #expect(try build(first, "-t", "app", "--cache-to", "type=local,dest=\(cache)").status == 0)
        #expect(try Program("skopeo").run(["inspect", "--raw", "oci:\(cache)"]).status == 0 || !Program.isInstalled("skopeo"))
        let second = try bench(files)
        let built = try build(second, "-t", "app", "--cache-from", "type=local,src=\(cache)")
        #expect(built.status == 0 && built.errors.components(separatedBy: "CACHED").count == 3, "\(built.errors)")
        #expect(second.problems == [] && second.ingestNames == [])
        // A layer that is not what its digest says is not taken.
        let layers = try FileManager.default.contentsOfDirectory(atPath: "\(cache)/blobs/sha256")
        for name in layers {
            let path = "\(cache)/blobs/sha256/\(name)"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            guard bytes.starts(with: [0x1f, 0x8b]) else { continue }
            bytes[bytes.count - 6] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        let third = try bench(files)
        #expect(try build(third, "-t", "app", "--cache-from", "type=local,src=\(cache)").status == 3)
        #expect(try third.imageNames() == [] && third.problems == [])
    }

    @Test func theImageIsWrittenInEveryForm() throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY a /d/a\n", "a": "hello"])
        let folder = bench.folder.path("")
        for (form, name) in [("oci", "oci.tar"), ("docker", "docker.tar"), ("tar", "files.tar"), ("local", "files")] {
            let built = try build(bench, "-t", "app:1", "-o", "type=\(form),dest=\(folder)\(name)")
            #expect(built.status == 0, "\(form): \(built.errors)")
        }
        #expect(try String(contentsOfFile: "\(folder)files/d/a", encoding: .utf8) == "hello")
        #expect(try Program("tar").run(["-xOf", "\(folder)files.tar", "d/a"]).output == "hello")
        for name in ["oci.tar", "docker.tar"] {
            let other = try Workbench()
            #expect(try other.succeed("load", "-i", "\(folder)\(name)").contains("app:1"))
        }
        #expect(try build(bench, "-o", "type=local,dest=\(folder)files").status == 3, "a folder that is not empty")
        let piped = try bench.shell("$STRATA build -q -o - \"$1\" | tar -xO d/a", bench.folder.path("context"))
        #expect(piped.output == "hello", "\(piped.errors)")
    }

    @Test(.enabled(if: geteuid() == 0))
    func theCoursesThreeSteps() throws {
        guard Program.isInstalled("crun"), FileManager.default.fileExists(atPath: "/bin/busybox") else { return }
        let bench = try bench(["Dockerfile": "FROM busybox\nCOPY test /tmp/test\nRUN mkdir /tmp/testdir\n", "test": "test\n"])
        try makeBusybox(bench)
        let built = try build(bench, "-t", "busybox:test")
        #expect(built.status == 0, "\(built.errors)")
        #expect(try paths(bench, "busybox:test", layer: 1).filter { !["/", "/tmp"].contains($0) } == ["/tmp/test"])
        #expect(try paths(bench, "busybox:test", layer: 2).filter { !["/", "/tmp"].contains($0) } == ["/tmp/testdir"])
        #expect(bench.ingestNames == [] && bench.problems == [])
        let failed = try build(try with(bench, "FROM busybox\nRUN echo said; exit 3\n"))
        #expect(failed.status == 3 && failed.errors.contains("said") && failed.errors.contains("status 3"), "\(failed.errors)")
        #expect(bench.ingestNames == [])
        #expect(try Program.shell.run(["-c", "grep -c '\(bench.store)' /proc/self/mounts"]).output == "0\n")
    }

    @Test(.enabled(if: geteuid() == 0))
    func secretsCachesAndBindsLeaveNothingInTheLayer() throws {
        guard Program.isInstalled("crun"), FileManager.default.fileExists(atPath: "/bin/busybox") else { return }
        let text = """
            FROM busybox
            RUN --mount=type=secret,id=key cat /run/secrets/key > /seen
            RUN --mount=type=cache,target=/cache echo one >> /cache/lines; cp /cache/lines /lines
            RUN --mount=type=bind,source=a,target=/mnt/a --mount=type=tmpfs,target=/scratch cp /mnt/a /scratch/b; cat /scratch/b > /copied
            """
        let bench = try bench(["Dockerfile": text, "a": "bound\n"])
        try makeBusybox(bench)
        let secret = try bench.file("key", Data("hidden\n".utf8))
        let built = try build(bench, "-t", "app", "--secret", "id=key,src=\(secret)")
        #expect(built.status == 0, "\(built.errors)")
        let found = try (1...3).flatMap { try paths(bench, "app", layer: $0) }
        #expect(Set(found).subtracting(["/"]) == ["/copied", "/lines", "/seen"], "\(found)")
        let tar = bench.folder.path("out.tar")
        try bench.succeed("export", "-o", tar, "app")
        #expect(try Program("tar").run(["-xOf", tar, "seen", "lines", "copied"]).output.contains("hidden"))
        #expect(try build(bench, "--no-cache", "-t", "app", "--secret", "id=key,src=\(secret)").status == 0)
        try bench.succeed("export", "-o", tar, "app")
        #expect(try Program("tar").run(["-xOf", tar, "lines"]).output == "one\none\n", "the cache was kept")
        try bench.succeed("builder", "prune", "-a", "-f")
        #expect(bench.names("cache/mounts") == [])
        #expect(try build(bench, "-t", "other", "--secret", "id=key,src=\(secret)").status == 0)
    }

    @Test(.enabled(if: geteuid() == 0), arguments: [SIGINT, SIGTERM, SIGKILL])
    func anEndedBuildLeavesNothingBehind(signal: Int32) throws {
        guard Program.isInstalled("crun"), FileManager.default.fileExists(atPath: "/bin/busybox") else { return }
        let bench = try bench(["Dockerfile": "FROM busybox\nCOPY a /a\nRUN echo begun; sleep 300\n", "a": "1"])
        try makeBusybox(bench)
        let running = try bench.program.start(["build", "--progress", "plain", bench.folder.path("context")])
        for _ in 0..<400 where !running.errorsSoFar.contains("begun\n") { Thread.sleep(forTimeInterval: 0.05) }
        #expect(running.errorsSoFar.contains("begun"), "\(running.errorsSoFar)")
        let inside = try Program.shell.run(["-c", "pgrep -f 'sleep 300' | wc -l"]).output
        #expect(inside != "0\n")
        running.signal(signal)
        _ = try running.wait(timeLimit: 20)
        // The kernel takes the processes of the namespace down with its first one.
        var isGone = false
        for _ in 0..<100 where !isGone {
            isGone = try Program.shell.run(["-c", "cat /proc/*/mounts 2>/dev/null | grep -c '\(bench.store)'"]).output == "0\n"
            if !isGone { Thread.sleep(forTimeInterval: 0.05) }
        }
        #expect(isGone, "a mount is left")
        let again = try build(try with(bench, "FROM busybox\nCOPY a /a\nRUN echo begun\n"))
        #expect(again.status == 0 && again.errors.contains("CACHED"), "the finished step stays: \(again.errors)")
        #expect(bench.ingestNames == [] && bench.names("containers") == [] && bench.problems == [])
    }

    private func with(_ bench: Workbench, _ dockerfile: String) throws -> Workbench {
        try Data(dockerfile.utf8).write(to: URL(fileURLWithPath: bench.folder.path("context/Dockerfile")))
        return bench
    }

    /// `busybox`, of this machine's.
    private func makeBusybox(_ bench: Workbench) throws {
        let script = """
            set -e; mkdir -p "$1/root/bin" "$1/root/tmp"; cp /bin/busybox "$1/root/bin/"
            for name in sh cat cp echo mkdir sleep ls; do ln -s busybox "$1/root/bin/$name"; done
            tar -C "$1/root" -cf "$1/root.tar" . && $STRATA import -c 'CMD ["sh"]' "$1/root.tar" busybox
            """
        let made = try bench.shell(script, bench.folder.path)
        #expect(made.status == 0, "\(made.errors)")
    }
}
