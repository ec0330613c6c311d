import TestSupport
import Testing

/// The command line itself: versions, wrong flags, and docker's second spelling.
struct UsageTests {
    @Test func theVersionIsANumber() throws {
        let outcome = try Program.strata.run(["--version"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains(/^strata \d+\.\d+\.\d+ \([^\n]+\)\n/))
    }

    @Test(arguments: [
        "scan", "scan --nope x", "frobnicate", "analyze a b", "analyze x --top many", "analyze x --top=-1",
        "files x --sort weight",
        "files x --depth=-2", "files x --layer 0 --wasted", "scan x --progress loud", "diff", "diff x y z",
        "diff x y --layer 1", "check", "report x",
        "scan x --max-layer 7parsecs", "image frobnicate",
        "save", "save x --type zip", "load x", "build", "import", "import a b c", "export", "export a b",
        "df x", "why", "why a b c", "rmi", "rmi x --nope",
    ])
    func aWrongCommandLineIsStatus2(line: String) throws {
        let bench = try Workbench()
        let words = line.split(separator: " ").map(String.init)
        let outcome = try bench.program.run(words)
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.contains("Usage: strata"), "\(outcome.errors)")
    }

    @Test func aWrongFlagIsAnErrorObjectInJSON() throws {
        let bench = try Workbench()
        try expectErrorObject(try bench.strata("scan", "--nope", "x", "--format", "json"), naming: "--nope", status: 2)
        try expectErrorObject(try bench.strata("scan", "--nope", "x", "--format=json"), naming: "--nope", status: 2)
    }

    @Test(arguments: ["images --format yaml", "load -i x --format csv", "analyze x --format junit", "check x --format html"])
    func aFormatThatACommandDoesNotHaveIsStatus2(line: String) throws {
        let bench = try Workbench()
        let words = line.split(separator: " ").map(String.init)
        expectSentence(try bench.program.run(words), naming: words[words.count - 1], status: 2)
        #expect(bench.names(".").isEmpty, "a store was made before the format was looked at")
    }

    @Test func aTextThatIsNoPlatformIsStatus2() throws {
        expectSentence(
            try Workbench().strata("scan", "fixtures/multi-platform.tar", "--platform", "bogus/"), naming: "bogus/", status: 2)
    }

    @Test func aTransportThatNothingReadsYetIsStatus2() throws {
        expectSentence(try Workbench().strata("analyze", "dir:busybox"), naming: "dir:", status: 2)
    }

    @Test func bothSpellingsDoTheSame() throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/app-docker.tar", "fixtures/small-hybrid.tar")
        for flags in [[], ["-q"], ["--digests"], ["--no-trunc"], ["--format", "json"], ["-a"]] {
            let (short, long) = (try bench.program.run(["images"] + flags), try bench.program.run(["image", "ls"] + flags))
            #expect(short.status == 0 && short.output == long.output)
        }
        #expect(
            try bench.succeed("history", "localhost/strata/app:1") == bench.succeed("image", "history", "localhost/strata/app:1"))
        #expect(
            try bench.succeed("inspect", "localhost/strata/app:1") == bench.succeed("image", "inspect", "localhost/strata/app:1"))
    }

    @Test func theStoreIsTheOneThatIsAskedFor() throws {
        let bench = try Workbench()
        let other = bench.folder.path("other")
        try bench.succeed("scan", "fixtures/small-hybrid.tar", "--store", other)
        #expect(try bench.imageNames() == [])
        #expect(try bench.succeed("images", "-q", "--store", other) == "48b57abe160c\n")
    }

    @Test(arguments: [["--store"], ["--format", "json", "--store"], ["--quiet", "--no-color", "--store"]])
    func globalOptionsMayStandBeforeTheVerb(options: [String]) throws {
        let bench = try Workbench()
        let outcome = try Program.strata.run(options + [bench.store, "scan", "fixtures/small-hybrid.tar"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try bench.imageNames() == ["localhost/strata/small:1"])
    }
}
