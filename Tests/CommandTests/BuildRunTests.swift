import Foundation
import TestSupport
import Testing

/// Steps that run commands, by the program itself.
struct BuildRunTests: BuildScene {
    @Test(.needs("crun", "/bin/busybox"), .needsRoot)
    func theCoursesThreeSteps() throws {
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

    @Test(.needs("crun", "/bin/busybox"), .needsRoot)
    func secretsCachesAndBindsLeaveNothingInTheLayer() throws {
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

    @Test(.needsRoot, arguments: ["crun", "runc"])
    func eitherRuntimeGivesTheSameImage(name: String) throws {
        try Skip.unless(installed: name, "/bin/busybox")
        let bench = try bench(["Dockerfile": "FROM busybox\nRUN mkdir /made && echo $0 > /made/by && echo said\nRUN false\n"])
        try makeBusybox(bench)
        let built = try build(bench, environment: ["STRATA_RUNTIME": name])
        #expect(built.status == 3 && built.errors.contains("said") && built.errors.contains("status 1: `/bin/sh -c false`"))
        #expect(
            try build(try with(bench, "FROM busybox\nRUN mkdir /made && echo $0 > /made/by && echo said\n"), "-t", "app").status
                == 0)
        #expect(try paths(bench, "app", layer: 1).filter { $0 != "/" } == ["/made", "/made/by"])
        #expect(bench.ingestNames == [] && bench.problems == [])
    }

    /// Two stages that do not need each other; the first one runs for 300 seconds, the second one's command ends so.
    private static func twoStages(second end: String) -> String {
        """
        FROM busybox AS one
        RUN echo first begun; sleep 300
        FROM busybox AS two
        RUN echo second begun; \(end)
        FROM busybox
        COPY --from=one / /one
        COPY --from=two / /two
        """
    }

    @Test(.needs("crun", "/bin/busybox"), .needsRoot, arguments: [SIGINT, SIGTERM, SIGKILL])
    func anEndedBuildOfTwoStagesLeavesNothingBehind(signal: Int32) throws {
        let bench = try bench(["Dockerfile": Self.twoStages(second: "sleep 300")])
        try makeBusybox(bench)
        let running = try bench.program.start(["build", "--progress", "plain", bench.folder.path("context")])
        func hasBegun() -> Bool { ["first begun\n", "second begun\n"].allSatisfy(running.errorsSoFar.contains) }
        for _ in 0..<2400 where !hasBegun() { Thread.sleep(forTimeInterval: 0.05) }
        // On a machine with one processor stages take turns.
        #expect(hasBegun() || ProcessInfo.processInfo.activeProcessorCount == 1, "\(running.errorsSoFar)")
        running.signal(signal)
        _ = try running.wait(timeLimit: 60)
        try expectNothingMounted(bench)
        let again = try build(try with(bench, "FROM busybox\nRUN echo begun\n"))
        #expect(again.status == 0, "\(again.errors)")
        #expect(bench.ingestNames == [] && bench.problems == [])
    }

    @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1), .needs("crun", "/bin/busybox"), .needsRoot)
    func aFailedStageEndsTheCommandsOfOthers() throws {
        let bench = try bench(["Dockerfile": Self.twoStages(second: "sleep 2; exit 7")])
        try makeBusybox(bench)
        let running = try bench.program.start(["build", "--progress", "plain", bench.folder.path("context")])
        // Not before the first one's 300 seconds have passed, where nobody ends it.
        let failed = try running.wait(timeLimit: 200)
        #expect(failed.status == 3 && failed.errors.contains("status 7"), "\(failed.errors)")
        try expectNothingMounted(bench)
        #expect(bench.ingestNames == [] && bench.problems == [])
    }

    @Test(.enabled(if: ProcessInfo.processInfo.activeProcessorCount > 1), .needs("crun", "/bin/busybox"), .needsRoot)
    func stagesRunAtTheSameTimeAndTheirOutputCanBeToldApart() throws {
        let waiting = "for n in 1 2 3 4 5 6 7 8 9 10; do echo"
        let text = """
            FROM busybox AS one
            RUN \(waiting) one $n; sleep 0.1; done
            FROM busybox AS two
            RUN \(waiting) two $n; sleep 0.1; done
            FROM busybox
            COPY --from=one /bin /one
            COPY --from=two /bin /two
            """
        let bench = try bench(["Dockerfile": text])
        try makeBusybox(bench)
        let built = try build(bench, "-t", "app")
        #expect(built.status == 0, "\(built.errors)")
        let lines = built.errors.split(separator: "\n").map(String.init)
        for name in ["one", "two"] {
            let own = lines.filter { $0.contains(" \(name) ") && !$0.contains("[") }
            let prefixes = Set(own.map { $0.prefix { $0 != " " } })
            #expect(own.count == 10 && prefixes.count == 1, "\(built.errors)")
        }
        // One begins before the other ends.
        let first = try #require(lines.firstIndex { $0.hasSuffix(" two 1") })
        let last = try #require(lines.firstIndex { $0.hasSuffix(" one 10") })
        #expect(first < last, "\(built.errors)")
    }

    @Test(.needs("crun", "/bin/busybox"), .needsRoot, arguments: [SIGINT, SIGTERM, SIGKILL])
    func anEndedBuildLeavesNothingBehind(signal: Int32) throws {
        let bench = try bench(["Dockerfile": "FROM busybox\nCOPY a /a\nRUN echo begun; sleep 300\n", "a": "1"])
        try makeBusybox(bench)
        let running = try bench.program.start(["build", "--progress", "plain", bench.folder.path("context")])
        for _ in 0..<400 where !running.errorsSoFar.contains("begun\n") { Thread.sleep(forTimeInterval: 0.05) }
        #expect(running.errorsSoFar.contains("begun"), "\(running.errorsSoFar)")
        let inside = try Program.shell.run(["-c", "pgrep -f 'sleep 300' | wc -l"]).output
        #expect(inside != "0\n")
        running.signal(signal)
        _ = try running.wait(timeLimit: 20)
        try expectNothingMounted(bench)
        let again = try build(try with(bench, "FROM busybox\nCOPY a /a\nRUN echo begun\n"))
        #expect(again.status == 0 && again.errors.contains("CACHED"), "the finished step stays: \(again.errors)")
        #expect(bench.ingestNames == [] && bench.names("containers") == [] && bench.problems == [])
    }
}
