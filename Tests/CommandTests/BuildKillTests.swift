import Foundation
import StorageIO
import TestSupport
import Testing

/// A build is killed at every step of everything it writes: the store stays sound, and the next build begins with what was finished.
struct BuildKillTests: BuildScene {
    /// Every point that a build comes by in a store without images, and later ones of what it comes by several times.
    private static let places: [String] = Failpoint.allCases.filter(\.isOfABuild).flatMap { point in
        switch point.rawValue.prefix(while: { $0 != "." }) {
        case "blob": ["", ":2", ":4"].map { point.rawValue + $0 }
        case "cache": ["", ":2"].map { point.rawValue + $0 }
        default: [point.rawValue]
        }
    }

    /// With a command where one can be run; a layer is unpacked for it.
    private static let canRun =
        geteuid() == 0 && FileManager.default.fileExists(atPath: "/bin/busybox") && Program.isInstalled("crun")

    private func scene() throws -> Workbench {
        let bench = try Workbench()
        let script = """
            mkdir -p "$1/context/bin" && echo one > "$1/context/a" && cd "$1/context"
            printf 'FROM scratch\\nCOPY a /a\\nWORKDIR /w\\n' > Dockerfile
            if [ "$2" = true ]; then
                cp /bin/busybox bin/
                printf 'COPY bin /bin\\nRUN ["/bin/busybox", "mkdir", "/made"]\\n' >> Dockerfile
            else
                printf 'COPY a /b\\nCOPY a /c\\n' >> Dockerfile
            fi
            """
        #expect(try bench.shell(script, bench.folder.path, "\(Self.canRun)").status == 0)
        try bench.succeed("df")
        // The catalog is derived: this one is made while the build runs.
        for name in bench.names("") where name.hasPrefix("catalog.sqlite") {
            try FileManager.default.removeItem(atPath: "\(bench.store)/\(name)")
        }
        return bench
    }

    private func build(_ bench: Workbench, at place: String? = nil) throws -> Program.Outcome {
        var environment = ["SOURCE_DATE_EPOCH": "1700000000"]
        environment["STRATA_FAILPOINT"] = place
        return try bench.program.run(
            ["build", "--progress", "plain", "-t", "app", bench.folder.path("context")], environment: environment)
    }

    private func imageID(_ bench: Workbench) throws -> String {
        let images = try JSONSerialization.jsonObject(with: Data(try bench.succeed("inspect", "app").utf8)) as? [[String: Any]]
        return try #require(images?.first?["Id"] as? String)
    }

    /// The numbers of the steps that a build says this of; the first one looks its base up and makes nothing.
    private func steps(_ word: String, _ outcome: Program.Outcome) -> Set<Int> {
        Set(
            outcome.errors.split(separator: "\n").compactMap { line in
                let words = line.split(separator: " ")
                guard words.count > 1, words[1].hasPrefix(word), let number = Int(words[0].dropFirst()), number > 1 else {
                    return nil
                }
                return number
            })
    }

    /// Whether the problem is a file that a killed process may leave: the next one that needs its place clears it.
    private static func isRemnant(_ problem: String) -> Bool {
        problem.hasPrefix("left over: ingest/") || problem == "left over: locks/index.json.new"
            || problem.hasPrefix("unknown file: catalog.sqlite.new")
    }

    @Test func aKillAnywhereLosesNothingThatWasFinished() throws {
        let reference = try scene()
        let built = try build(reference)
        #expect(built.status == 0, "\(built.errors)")
        let expected = try imageID(reference)
        for place in Self.places where Self.canRun || !place.hasPrefix("layer.") {
            let bench = try scene()
            let killed = try build(bench, at: place)
            #expect(killed.isKilled, "a build never comes by \(place): \(killed.status) \(killed.errors)")
            try expectNothingMounted(bench)
            #expect(bench.problems.filter { !Self.isRemnant($0) } == [], "killed at \(place)")
            let check = try bench.program.run(["fsck"])
            #expect(check.status == 0, "\(place): \(check.output)")
            let again = try build(bench)
            #expect(again.status == 0, "after \(place): \(again.errors)")
            let (done, cached) = (steps("DONE", killed), steps("CACHED", again))
            #expect(done.isSubset(of: cached), "after \(place): \(killed.errors)\(again.errors)")
            #expect(bench.ingestNames == [] && bench.problems == [], "after \(place)")
            #expect(try imageID(bench) == expected, "after \(place)")
            let clean = try bench.program.run(["fsck"]).output
            #expect(clean.hasSuffix("no damage\n"), "after \(place): \(clean)")
        }
    }
}

extension Failpoint {
    /// Whether a build comes by it; what makes a store has tests of its own.
    fileprivate var isOfABuild: Bool {
        ["session.", "blob.", "index.", "catalog.", "cache.", "layer."].contains { rawValue.hasPrefix($0) }
    }
}
