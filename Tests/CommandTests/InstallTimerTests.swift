import Foundation
import TestSupport
import Testing

/// `system install-timer`: what is written is what systemd does at night, or nothing is written.
struct InstallTimerTests {
    private let bench: Workbench
    private let folder: String
    private let policy: String

    private static let text = """
        version: 1
        rules:
          - { name: all, action: remove }
        """

    init() throws {
        bench = try Workbench()
        folder = bench.folder.path("unit files")
        policy = try bench.file("prune.yaml", Data(Self.text.utf8))
    }

    private func install(
        _ arguments: String..., policy: String? = nil, environment: [String: String] = [:]
    ) throws -> Program.Outcome {
        try bench.program.run(
            ["system", "install-timer", "--policy", policy ?? self.policy, "--unit-dir", folder] + arguments,
            environment: environment)
    }

    /// The service and the timer that a command that must succeed says it wrote.
    private func units(_ outcome: Program.Outcome) throws -> (service: String, timer: String) {
        #expect(outcome.status == 0, "\(outcome.errors)")
        let paths = outcome.lines
        try #require(paths.count == 2 && paths[0].hasSuffix(".service") && paths[1].hasSuffix(".timer"))
        if Program.isInstalled("systemd-analyze") {
            let checked = try Program("systemd-analyze").run(["verify", "--man=no"] + paths)
            #expect(!checked.errors.contains("strata-prune"), "\(checked.errors)")
        }
        return (try String(contentsOfFile: paths[0], encoding: .utf8), try String(contentsOfFile: paths[1], encoding: .utf8))
    }

    private func expectRefused(
        _ outcome: Program.Outcome, naming text: String, status: Int32 = 2, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectSentence(outcome, naming: text, status: status, sourceLocation: sourceLocation)
        let left = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        #expect(left == [], sourceLocation: sourceLocation)
    }

    @Test func theUnitsAreWhatSystemdReads() throws {
        let path = try bench.file("my prune.yaml", Data(Self.text.utf8))
        let metrics = bench.folder.path("node exporter.prom")
        let (service, timer) = try units(
            install("--on-calendar", "Mon *-*-* 03:00", "--metrics", metrics, policy: path))
        #expect(service.contains(#"system prune --force --policy "\#(path)" --store \#(bench.store) --wait 10m"#))
        #expect(service.contains(#"--metrics "\#(metrics)""#))
        #expect(timer.contains("OnCalendar=Mon *-*-* 03:00\n"))
        #expect(!FileManager.default.fileExists(atPath: metrics))
    }

    @Test func aWrongPolicyIsToldBeforeAUnitIsWritten() throws {
        let path = try bench.file("p.yaml", Data(Self.text.replacing("action", with: "acton").utf8))
        let outcome = try install(policy: path)
        expectRefused(outcome, naming: "\(path):3:18")
        #expect(outcome.errors.contains("did you mean `action`?"))
    }

    /// In a command `$` begins a variable, elsewhere it is a letter; `%` begins a specifier everywhere.
    @Test func eachPlaceOfAUnitHasItsOwnRules() throws {
        let store = bench.folder.path("100% $HOME 'it\"s'")
        let (service, _) = try units(install("--store", store))
        let word = bench.folder.path("100%% $HOME 'it\\\"s'")
        #expect(service.contains("RequiresMountsFor=\"\(word)\"\n"))
        #expect(service.contains(" --store \"\(word.replacing("$", with: "$$"))\" "))
    }

    @Test func aProgramThatSystemdDoesNotStartIsRefused() throws {
        let place = bench.folder.path("it's")
        let outcome = try bench.shell(
            "mkdir \"$1\" && cp \"$STRATA\" \"$1/strata\" && exec \"$1/strata\" system install-timer --policy \"$2\" --unit-dir \"$3\"",
            place, policy, folder)
        expectRefused(outcome, naming: "quotes")
    }

    @Test func pathsOfThisProcessAreRefused() throws {
        try FileManager.default.createSymbolicLink(atPath: bench.folder.path("link"), withDestinationPath: "/dev/stdin")
        for path in ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", bench.folder.path("link")] {
            let outcome = try bench.shell(
                "exec \"$STRATA\" system install-timer --policy \"$2\" --unit-dir \"$3\" < \"$1\"", policy, path, folder)
            expectRefused(outcome, naming: path)
        }
        let piped = try bench.shell(
            "cat \"$1\" | \"$STRATA\" system install-timer --policy /dev/stdin --unit-dir \"$2\"", policy, folder)
        expectRefused(piped, naming: "/dev/stdin")
        expectRefused(try install("--metrics", "/dev/stdout"), naming: "/dev/stdout")
    }

    @Test func whatCannotBeWrittenAtNightIsFoundNow() throws {
        expectRefused(try install("--metrics", bench.folder.path("nowhere/m.prom")), naming: "nowhere", status: 3)
        try FileManager.default.createDirectory(atPath: bench.folder.path("other"), withIntermediateDirectories: true)
        _ = try bench.file("other/file", Data())
        expectRefused(try install("--store", bench.folder.path("other")), naming: "is not empty", status: 3)
    }

    @Test func eachStoreHasUnitsOfItsOwn() throws {
        let stores = ["one", "two", "x/one"].map(bench.folder.path)
        for _ in 1...2 {
            for store in stores { _ = try install("--store", store) }
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".service") }
        let services = try names.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }
        #expect(names.count == 3)
        for store in stores { #expect(services.count { $0.contains(" --store \(store) ") } == 1) }
        #expect(names.allSatisfy { name in name.unicodeScalars.allSatisfy { $0.isASCII && $0 != "\\" && $0 != " " } })
    }

    /// Earlier versions gave the units of all stores one name.
    @Test func unitsOfAnotherStoreStay() throws {
        let written = try #require(try install().lines.first)
        let other = try String(contentsOfFile: written, encoding: .utf8).replacing(bench.store, with: "/srv/other")
        try Data(other.utf8).write(to: URL(fileURLWithPath: written))
        expectSentence(try install(), naming: "about another store", status: 2)
        #expect(try String(contentsOfFile: written, encoding: .utf8) == other)
    }

    /// What a symlink leads to is the next version's business.
    @Test func pathsAreWrittenAsTheUserCalledThem() throws {
        let outcome = try bench.shell(
            """
            cd "$1" && mkdir v1 bin && cp "$2" v1/p.yaml && ln -s v1 now && ln -s "$STRATA" bin/strata &&
            PATH="$1/bin:$PATH" exec strata --store ./now/../s system install-timer --policy now/./p.yaml --unit-dir "$3"
            """, bench.folder.path, policy, folder)
        let (service, _) = try units(outcome)
        #expect(service.contains("ExecStart=\(bench.folder.path)/bin/strata system"))
        #expect(service.contains(" --policy \(bench.folder.path)/now/p.yaml "))
        #expect(service.contains(" --store \(bench.folder.path)/s "))
    }

    /// What a user's containers wrote belongs to his subordinate IDs, and newuidmap, by which he gets at it, needs its bit.
    @Test(.needsRoot) func unitsOfUsersMayGainPrivileges() throws {
        #expect(try units(install()).service.contains("NoNewPrivileges=yes\n"))
        let outcome = try bench.shell(
            """
            mkdir -m 777 "$1/u" && chmod a+rx "$1" && cp "$2" "$1/u/p.yaml" && cd "$1/u" &&
            exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME="$1/u" STRATA_STORE="$1/u/s" \\
            "$STRATA" system install-timer --policy p.yaml --unit-dir units
            """, bench.folder.path, policy)
        try Skip.unless(outcome.status == 0, "another user cannot run \(Program.strata.path)")
        let service = try String(contentsOfFile: bench.folder.path("u/\(outcome.lines[0])"), encoding: .utf8)
        #expect(!service.contains("NoNewPrivileges"))
    }

    // MARK: Times

    private static let times: [(String, isValid: Bool)] = [
        ("daily", true), ("Weekly", true), ("semiannually", true), ("Mon..Fri 03:00", true), ("Sat,Sun *-*-* 4:30:00", true),
        ("*-*-1..7/2 3:00", true), ("*-*~3", true), ("02-03", true), ("*:0/15", true), ("Mon *-*-* 03:00 Europe/Berlin", true),
        ("03:00 UTC", true), ("2099-12-31", true), ("Mon", true), ("Mon..Fri", true),
        ("", false), ("at night", false), ("24:00", false), ("3", false), ("*-13-1", false), ("*-*-0", false), ("*:0/60", false),
        ("Fri..Mon", false), ("Mondays", false), ("03:00 Nowhere/Town", false), ("*-*~29", false), ("5..1:00", false),
        ("2200-1-1", false), ("3:00 daily", false), ("1,:00", false), ("*/0:00", false), ("Mon 3", false), ("@x", false),
    ]

    /// Both ways to check: asking systemd, and the program's own for a machine where it cannot be asked.
    @Test(arguments: [true, false]) func timesThatAreNoneAreRefused(asksSystemd: Bool) throws {
        if asksSystemd { try Skip.unless(installed: "systemd-analyze") }
        let environment = asksSystemd ? [:] : ["PATH": "/nonexistent"]
        for (text, isValid) in Self.times {
            let outcome = try install("--on-calendar", text, environment: environment)
            #expect(outcome.status == (isValid ? 0 : 2), "`\(text)`: \(outcome.errors)")
            if !isValid { #expect(outcome.errors.contains("--on-calendar"), "\(outcome.errors)") }
        }
    }

    @Test(.needs("systemd-analyze")) func aMomentThatIsOverIsRefused() throws {
        expectRefused(try install("--on-calendar", "2020-01-01"), naming: "--on-calendar")
    }
}
