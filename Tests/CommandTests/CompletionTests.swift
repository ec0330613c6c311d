import Foundation
import TestSupport
import Testing

/// What a Tab gives: what the program says, and what becomes of it in real shells.
@Suite struct CompletionTests {
    private static let folder = "\(Program.packageRoot)/Packaging/completions"

    private let store: TemporaryDirectory
    private let strata: Program

    init() throws {
        store = try TemporaryDirectory()
        var program = Program.strata
        program.environment["STRATA_STORE"] = store.path("store")
        strata = program
        let fixtures = ["fixtures/app-docker.tar", "fixtures/small-hybrid.tar"]
        #expect(try strata.run(["scan"] + fixtures).status == 0)
        #expect(try strata.run(["tag", "localhost/strata/app:1", "busybox:1.36"]).status == 0)
        #expect(try strata.run(["volume", "create", "data"]).status == 0)
        #expect(try strata.run(["plan", "--all"]).status == 0)
    }

    @Test(arguments: [
        (["im"], ":none images import image"),
        (["image", "pu"], ":none pull push"),
        (["--store", "/nowhere", "im"], ":none images import image"),
        (["help", "unt"], ":none"),
        (["rmi", "localhost/strata/app:"], ":none localhost/strata/app:1"),
        (["rmi", "busy"], ":none busybox:1.36"),
        // A full name that listings show short.
        (["rmi", "docker.io/library/b"], ":none docker.io/library/busybox:1.36"),
        (["scan", "busybox:"], ":files busybox:1.36"),
        (["scan", "docker-ar"], ":files docker-archive:"),
        (["scan", "oci:fix"], ":files oci:"),
        (["run", "-it", "bu"], ":none busybox:1.36"),
        (["run", "busybox:1.36", "l"], ":files"),
        (["trend", "lo"], ":none localhost/strata/app localhost/strata/small"),
        (["logout", "d"], ":none docker.io"),
        (["volume", "rm", ""], ":none data"),
        (["run", "-v", "da"], ":dirs data:"),
        (["images", "--filter", "ref"], ":none reference="),
        (["images", "-f", "reference=busy"], ":none reference= reference=busybox:1.36"),
        (["images", "--filter=dangling="], ":none --filter=dangling= --filter=dangling=true --filter=dangling=false"),
        (["plan", "--filter", "us"], ":none used<"),
        (["plan", "--filter", "label"], ":none label= label!="),
        (["ps", "--filter", "status=r"], ":none status= status=running"),
        (["check", "x", "--format", "j"], ":none json junit"),
        (["save", "--type", "oci"], ":none oci-archive oci"),
        (["df", "--engine", ""], ":none docker podman containerd buildkit registry all"),
        (["save", "-o", ""], ":files"),
        (["--store", ""], ":dirs"),
        (["images", "--no-t"], ":none --no-trunc"),
        (["images", "--", "--no-t"], ":none"),
        (["nothing", "x"], ":none"),
        (["tag", "a", "b", ""], ":none"),
    ])
    func aWordMayBecome(_ words: [String], _ expected: String) throws {
        let outcome = try strata.run(["__complete"] + words)
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(outcome.lines.map { $0.prefix { $0 != "\t" } }.joined(separator: " ") == expected)
    }

    @Test func plansAndOptionsAreOffered() throws {
        let plan = try #require(try strata.run(["plan", "--all", "--quiet"]).lines.last)
        #expect(try strata.run(["__complete", "apply", ""]).output.contains(plan.prefix(8)))
        let options = try strata.run(["__complete", "image", "prune", "-"]).lines
        #expect(options.contains { $0.hasPrefix("--keep-last\tKeep the newest") })
        #expect(!(try strata.run(["__complete", "scan", "--max-"]).output.contains("--max-names")), "hidden options stay hidden")
    }

    @Test func withoutAStoreThereAreNoNames() throws {
        #expect(try strata.run(["__complete", "--store", "/nowhere", "rmi", ""]).output == ":none\n")
        #expect(try Program.strata.run(["__complete", "rmi", ""], environment: ["HOME": "/nowhere"]).status == 0)
    }

    /// No help tells of the entry point.
    @Test func theEntryPointIsHidden() throws {
        #expect(!(try strata.run(["--help"]).output.contains("__complete")))
        #expect(!(try strata.run(["__complete", "_"]).output.contains("__complete")))
    }

    @Test(.needs("python3"), arguments: ["bash", "zsh", "fish"]) func aRealShellCompletes(_ shell: String) throws {
        try Skip.unless(installed: shell)
        let lines = [
            "strata imp\tstrata import ",
            "strata scan localhost/strata/app:\tstrata scan localhost/strata/app:1",
            "strata rmi busybox:1\tstrata rmi busybox:1.36",
            "strata images --filter=refe\tstrata images --filter=reference=",
            "strata images --filter reference=busy\tstrata images --filter reference=busybox:1.36",
            "strata scan oci:fixt\tstrata scan oci:fixtures/",
            "strata scan fixtures/lay\tstrata scan fixtures/layout-two-refs.tar",
            "strata analyze --format \tmarkdown html csv",
            "strata volume rm \tstrata volume rm data",
        ]
        #expect(try Self.faults(shell, lines, strata, in: store) == "")
    }

    #if DEBUG
        private static let limitSeconds = 10.0
    #else
        private static let limitSeconds = 1.5
    #endif

    /// Among 10,000 names a Tab takes less than 1.5 s.
    @Test(.needs("python3")) func tenThousandNamesAreQuick() throws {
        let index = store.path("store/index.json")
        let text = try String(contentsOfFile: index, encoding: .utf8)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let entry = try #require((document["manifests"] as? [[String: Any]])?.first)
        let entries = (0..<10_000).map { number in
            entry.merging(["annotations": ["org.opencontainers.image.ref.name": "registry.example/team/app\(number):1"]]) { $1 }
        }
        let many = document.merging(["manifests": entries]) { $1 }
        try JSONSerialization.data(withJSONObject: many).write(to: URL(fileURLWithPath: index))
        let began = Date()
        let outcome = try strata.run(["__complete", "rmi", "registry.example/team/app777"])
        #expect(outcome.lines.count == 12)
        #expect(Date().timeIntervalSince(began) < Self.limitSeconds)
    }

    private static func faults(_ shell: String, _ lines: [String], _ strata: Program, in folder: TemporaryDirectory) throws
        -> String
    {
        let input = folder.path("lines")
        try lines.joined(separator: "\n").write(toFile: input, atomically: true, encoding: .utf8)
        let script = "\(folder.path)/\(shell == "zsh" ? "_strata" : "strata.\(shell)")"
        try FileManager.default.copyItem(atPath: "\(Self.folder)/\((script as NSString).lastPathComponent)", toPath: script)
        let path = URL(fileURLWithPath: strata.path).deletingLastPathComponent().path
        let environment = strata.environment.merging(["PATH": "\(path):/usr/local/bin:/usr/bin:/bin"]) { $1 }
        let outcome = try Program("python3").run(
            ["Tests/CommandTests/complete-in-shell.py", shell, script], environment: environment, input: .file(input),
            timeLimit: 600)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }
}
