import Foundation
import OCISpec
import TestSupport
import Testing

/// What `build` does with whole contexts, by the program itself.
struct BuildTests: BuildScene {
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
        ("FROM scratch\nCOPY a b c\n", "cannot copy several files to `c`", "slash"),
        ("RUN x\n", "RUN is not allowed before the first FROM", "ARG"),
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

    /// `strata` for a user without any privilege.
    private func asNobody(_ bench: Workbench, _ command: String) throws -> Program.Outcome {
        let user = "setpriv --reuid=65534 --regid=65534 --clear-groups"
        let opened = try bench.shell("chmod -R a+rwX \"$1\" && \(user) \"$STRATA\" --version", bench.folder.path)
        try Skip.unless(opened.status == 0, "another user cannot run \(Program.strata.path)")
        return try bench.shell("cd \"$1\" && \(user) env HOME=\"$1\" \(command)", bench.folder.path)
    }

    @Test(.needsRoot)
    func anOrdinaryUserBuildsWhatNeedsNoRun() throws {
        let text = "FROM scratch AS one\nWORKDIR /w\nCOPY --chown=5:6 a a\nFROM scratch\nCOPY --from=one /w /x\nADD t.tar /y/\n"
        let bench = try bench(["Dockerfile": text, "a": "1", "b": "2", "Run": "FROM scratch\nCOPY a /a\nRUN x\n"])
        #expect(try bench.shell("cd \"$1/context\" && tar -cf t.tar b", bench.folder.path).status == 0)
        let built = try asNobody(bench, "$STRATA build -q -t app context")
        #expect(built.status == 0, "\(built.errors)")
        #expect(bench.problems == [] && bench.ingestNames == [])
        let run = try asNobody(bench, "$STRATA build -q -f context/Run context")
        #expect(run.status == 3 && run.errors.contains("Run:3: RUN and containers need root"), "\(run.errors)")
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
        #expect(try build(bench, "-o", "type=local,dest=\(folder)files").status == 0, "a folder that is not empty")
        try bench.succeed("rmi", "app:1")
        let piped = try bench.shell("$STRATA build -q -o - \"$1\" | tar -xO d/a", bench.folder.path("context"))
        #expect(piped.output == "hello", "\(piped.errors)")
    }

    @Test(arguments: ["oci", "docker", "tar", "local"])
    func anImageThatIsWantedElsewhereAloneIsNotKept(form: String) throws {
        let bench = try bench(["Dockerfile": "FROM scratch\nCOPY a /d/a\n", "a": "hello"])
        let built = try build(bench, "-o", "type=\(form),dest=\(bench.folder.path("out"))")
        #expect(built.status == 0 && built.output.hasPrefix("Successfully built"), "\(built.errors)")
        #expect(try bench.succeed("images", "-a", "-q") == "")
        #expect(bench.names("blobs/sha256").count == 1, "the layer, which the cache keeps")
        #expect(bench.problems == [] && bench.ingestNames == [])
        let again = try build(bench)
        #expect(again.errors.contains("CACHED"))
        // What the store had before stays.
        try FileManager.default.removeItem(atPath: bench.folder.path("out"))
        #expect(try build(bench, "-o", "type=\(form),dest=\(bench.folder.path("out"))").status == 0)
        #expect(try bench.succeed("images", "-a", "-q").split(separator: "\n").count == 1)
    }
}
