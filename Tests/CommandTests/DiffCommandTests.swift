import Foundation
import OCISpec
import TestSupport
import Testing

/// What `diff` says to a script: 0, 1 where something differs, and never 1 for anything else.
@Suite struct DiffCommandTests {
    private func archive(
        _ bench: Workbench, _ name: String, config: String = "{}", top: String = "", mtime: Int64 = 0, mode: Int = 0o644
    ) throws -> String {
        let layer = BuiltLayer([.file("a", size: 1000, mode: mode).with { $0.mtimeSeconds = mtime }])
        var image = ImageBuilder([layer], named: "localhost/\(name):1")
        image.configOverride = Array(
            """
            {"architecture":"amd64","os":"linux"\(top),"config":\(config),
             "rootfs":{"type":"layers","diff_ids":["\(layer.diffID)"]}}
            """.utf8)
        return try bench.file("\(name).tar", try image.dockerArchive(.legacy).tar)
    }

    /// Two configs, and the fields that differ.
    struct Row: Sendable, CustomStringConvertible {
        var before = "{}"
        var after = "{}"
        var topBefore = ""
        var topAfter = ""
        var fields: [String]
        var description: String { "\(before)\(topBefore) → \(after)\(topAfter)" }
    }

    private static let rows = [
        Row(
            before: #"{"Healthcheck":{"Interval":5}}"#, after: #"{"Healthcheck":{"Interval":5,"StartInterval":1}}"#,
            fields: ["Healthcheck.StartInterval"]),
        Row(topBefore: #","os.version":"10.0.1""#, topAfter: #","os.version":"10.0.2""#, fields: ["os.version"]),
        Row(topAfter: #","os.features":["a"]"#, fields: ["os.features"]),
        Row(before: #"{"Memory":1}"#, after: #"{"Memory":2}"#, fields: ["Memory"]),
        Row(before: #"{"X":5}"#, after: #"{"X":"5"}"#, fields: ["X"]),
        Row(before: #"{"X":{"a":{"b":1}}}"#, after: #"{"X":{"a":{"b":2}}}"#, fields: ["X.a"]),
        Row(topAfter: #","container_config":{"Tty":true}"#, fields: ["container_config.Tty"]),
        Row(before: #"{"Env":["A=1","B=2"]}"#, after: #"{"Env":["B=2","A=1"]}"#, fields: ["Env"]),
        Row(before: #"{"Env":["A=1","A=2"]}"#, after: #"{"Env":["A=2"]}"#, fields: ["Env"]),
        Row(before: #"{"Env":["A=1"]}"#, after: #"{"Env":["A=2","B=3"]}"#, fields: ["Env.A", "Env.B"]),
        Row(
            before: #"{"Labels":{"\u00e9":"1"}}"#, after: #"{"Labels":{"e\u0301":"1"}}"#,
            fields: ["Labels.e\u{301}", "Labels.\u{e9}"]),
        Row(before: #"{"Labels":{"a":"\u00e9"}}"#, after: #"{"Labels":{"a":"e\u0301"}}"#, fields: ["Labels.a"]),
        // The same to all who read them.
        Row(before: #"{"Cmd":"x"}"#, after: #"{"cmd":["x"]}"#, fields: []),
        Row(before: #"{"Env":[],"Labels":{},"User":null}"#, after: "{}", fields: []),
        Row(before: #"{"Volumes":{"/v":{}}}"#, after: #"{"Volumes":{"/v":null}}"#, fields: []),
    ]

    @Test(arguments: rows) func everyFieldOfAConfigIsCompared(_ row: Row) throws {
        let bench = try Workbench()
        let a = try archive(bench, "a", config: row.before, top: row.topBefore)
        let b = try archive(bench, "b", config: row.after, top: row.topAfter)
        let outcome = try bench.strata("diff", "--exit-code", "--format", "json", a, b)
        #expect(outcome.status == (row.fields.isEmpty ? 0 : 1), "\(outcome.errors)")
        let lines = try #require(try object(outcome.output)["config"] as? [[String: Any]])
        #expect(lines.compactMap { $0["field"] as? String }.map { Array($0.utf8) } == row.fields.map { Array($0.utf8) })
    }

    @Test func timesThatDoNotCountMakeNoDifference() throws {
        let bench = try Workbench()
        let (a, b) = (try archive(bench, "a", mtime: 1), try archive(bench, "b", mtime: 2))
        let c = try archive(bench, "c", mtime: 1, mode: 0o600)
        #expect(try bench.strata("diff", "--exit-code", a, b).status == 1)
        let same = try bench.strata("diff", "--exit-code", "--ignore-times", a, b)
        #expect(same.status == 0)
        #expect(same.output.contains("no differences") && same.output.contains("1 layer the same"), "\(same.output)")
        #expect(try bench.strata("diff", "--exit-code", "--ignore-times", a, c).status == 1)
    }

    @Test func noErrorEndsWithTheStatusOfADifference() throws {
        let bench = try Workbench()
        let a = try archive(bench, "a")
        for arguments in [["nobody"], [a, "nowhere"], [a, "--layer", "7"], [a, bench.folder.path]] {
            let outcome = try bench.program.run(["diff", "--exit-code"] + arguments)
            #expect(outcome.status == 2 || outcome.status == 3, "\(arguments): \(outcome.status)")
        }
    }

    @Test(arguments: [["--ignore-times"], ["--top", "3"], ["--platform", "linux/amd64"]])
    func anOptionOfImagesIsRefusedForAContainer(_ option: [String]) throws {
        let outcome = try Workbench().program.run(["diff", "box"] + option)
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains(option[0]))
    }

    /// A form that lists packages says which may be missing.
    @Test func everyFormTellsWhatWasNotRead() throws {
        let bench = try Workbench()
        func image(_ name: String, _ members: [TarMember]) throws -> String {
            let image = ImageBuilder([BuiltLayer(members)], named: "localhost/\(name):1")
            return try bench.file("\(name).tar", try image.dockerArchive(.legacy).tar)
        }
        let new = try image("new", [.file("lib/apk/db/installed", text: "P:a\nV:1\n\n")])
        let old = try image("old", [.file("var/lib/rpm/Packages", [UInt8](repeating: 0, count: 5000))])
        for format in ["text", "json", "markdown", "html"] {
            let outcome = try bench.succeed("diff", new, old, "--format", format)
            #expect(outcome.contains("/var/lib/rpm/Packages is a database of a form that is not read"), "\(format)")
        }
        try bench.succeed("report", old, "-o", bench.folder.path("out"))
        for name in ["report.txt", "report.json", "report.html", "packages.csv"] {
            let text = try String(contentsOfFile: bench.folder.path("out/\(name)"), encoding: .utf8)
            #expect(text.contains("/var/lib/rpm/Packages is a database"), "\(name)")
        }
    }
}
