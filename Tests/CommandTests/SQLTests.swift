import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// `sql` answers from the layer indexes, and lets a statement do nothing but read.
struct SQLTests {
    private static let app = "fixtures/app-docker.tar"

    /// The rows of a statement, as JSON has them.
    private func rows(_ bench: Workbench, _ arguments: String...) throws -> [[Any]] {
        let outcome = try bench.program.run(["sql"] + arguments + ["--format", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let document = try object(outcome.output)
        #expect(document["kind"] as? String == "query-result")
        #expect(document["schemaVersion"] as? Int == 1)
        return try #require(document["rows"] as? [[Any]])
    }

    @Test func theTablesSayWhatAnalyzeSays() throws {
        let bench = try Workbench()
        let totals = try #require(bench.document("analyze", Self.app)["totals"] as? [String: Any])
        let image = try rows(
            bench, Self.app,
            "SELECT layerCount, entryCount, compressedBytes, tarBytes, contentBytes, visibleBytes, wastedBytes FROM image")
        let keys = ["layerCount", "entryCount", "compressedBytes", "tarBytes", "contentBytes", "visibleBytes", "wastedBytes"]
        #expect(image[0].map { $0 as? Int } == keys.map { totals[$0] as? Int })
        let sums = try rows(
            bench, Self.app,
            """
            SELECT (SELECT count(*) FROM entry), (SELECT sum(size) FROM entry), (SELECT sum(hiddenBytes) FROM layer),
              (SELECT sum(size) FROM entry WHERE wastedCause IS NOT NULL), (SELECT sum(size) FROM entry WHERE isVisible),
              (SELECT sum(size) FROM (SELECT DISTINCT inode, size FROM file))
            """)
        let expected = ["entryCount", "contentBytes", "wastedBytes", "wastedBytes", "visibleBytes", "visibleBytes"]
        #expect(sums[0].map { $0 as? Int } == expected.map { totals[$0] as? Int })
    }

    @Test func wasteByCauseIsThatOfAnalyze() throws {
        let bench = try Workbench()
        let waste = try #require(bench.document("analyze", Self.app)["waste"] as? [String: Int])
        let found = try rows(
            bench, Self.app,
            "SELECT wastedCause, sum(size) FROM entry WHERE wastedCause IS NOT NULL GROUP BY wastedCause HAVING sum(size) > 0")
        let pairs = found.compactMap { row in (row[0] as? String).flatMap { key in (row[1] as? Int).map { (key, $0) } } }
        #expect(Dictionary(uniqueKeysWithValues: pairs) == waste.filter { $0.value > 0 })
    }

    @Test func severalSourcesAreNumberedInTheirOrder() throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        let found = try rows(
            bench, Self.app, "localhost/strata/small:1", "fixtures/layout-two-refs.tar", "SELECT image, name FROM image")
        #expect(found.map { $0[0] as? Int } == [0, 1, 2, 3])
        #expect(found.prefix(2).map { $0[1] as? String } == ["localhost/strata/app:1", "localhost/strata/small:1"])
    }

    @Test func everyColumnHoldsWhatTheTarHolds() throws {
        let bench = try Workbench()
        let odd = TarMember(name: Array("a".utf8) + [0xFF], type: "0", body: Array("xy".utf8)).with {
            $0.mode = 0o4711
            $0.uid = 7
            $0.gid = 8
            $0.mtimeSeconds = -5
        }
        let layer = BuiltLayer([odd, .symlink("link", to: "a"), .file(".wh.gone", text: "")])
        let path = try bench.file("odd.tar", ImageBuilder([layer], named: "localhost/odd:1").dockerArchive().tar)
        let found = try rows(
            bench, path,
            "SELECT path, hex(pathBytes), type, mode, uid, gid, size, mtime, linkTarget, isWhiteout, isVisible FROM entry ORDER BY entry"
        )
        #expect(found[0][0] as? String == "a\\xFF" && found[0][1] as? String == "61FF")
        #expect(found[0][2...7].map { "\($0)" } == ["file", "2505", "7", "8", "2", "-5"])
        #expect(found[1][2] as? String == "symlink" && found[1][8] as? String == "a" && found[1][1] as? String == "")
        #expect(found[2][0] as? String == "gone" && found[2][9] as? Int == 1 && found[2][10] is NSNull)
    }

    @Test func hardLinksShareAnInode() throws {
        let bench = try Workbench()
        let layer = BuiltLayer([.file("x", text: "12345"), .hardLink("y", to: "x")])
        let path = try bench.file("links.tar", ImageBuilder([layer], named: "localhost/links:1").dockerArchive().tar)
        let found = try rows(bench, path, "SELECT count(*), count(DISTINCT inode), sum(DISTINCT size) FROM file")
        #expect(found[0].map { $0 as? Int } == [2, 1, 5])
    }

    @Test(arguments: [
        "ATTACH 'FILE' AS other", "VACUUM INTO 'FILE'", "VACUUM", "CREATE TABLE t (a)", "CREATE TEMP TABLE t (a)",
        "CREATE TEMP VIEW v AS SELECT 1", "CREATE VIRTUAL TABLE t USING fts5(a)", "INSERT INTO image (name) VALUES ('x')",
        "UPDATE entry SET size = 0", "DELETE FROM layer", "DROP TABLE entry", "PRAGMA writable_schema = 1",
        "PRAGMA journal_mode = WAL", "PRAGMA temp_store_directory = '/'", "PRAGMA query_only = 0", "BEGIN", "DETACH main",
        "SELECT load_extension('FILE')", "SELECT fts3_tokenizer('simple', x'00')", "ANALYZE", "REINDEX",
        "WITH x AS (SELECT 1) DELETE FROM entry", "SELECT 1; DELETE FROM entry", "SELECT writefile('FILE', 'x')",
        "SELECT 1;; SELECT 2", "EXPLAIN DELETE FROM entry",
    ])
    func aHostileStatementIsRefused(statement: String) throws {
        let bench = try Workbench()
        let file = bench.folder.path("victim")
        let outcome = try bench.strata("sql", Self.app, statement.replacing("FILE", with: file))
        expectSentence(outcome, naming: "state", status: 2)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(bench.problems == [])
    }

    @Test(arguments: ["SELEC 1", "SELECT nosuch FROM entry", "SELECT * FROM nosuch", "", "  ", "SELECT '"])
    func aBadStatementIsStatus2(statement: String) throws {
        let bench = try Workbench()
        #expect(try bench.strata("sql", Self.app, statement).status == 2)
    }

    @Test func anErrorHasSQLitesWords() throws {
        let outcome = try Workbench().strata("sql", Self.app, "SELECT nosuch FROM entry")
        expectSentence(outcome, naming: "no such column: nosuch", status: 2)
        #expect(
            try expectErrorObject(
                try Workbench().strata("sql", Self.app, "SELECT", "--format", "json"), naming: "incomplete input", status: 2)
                == "bad-query")
    }

    @Test func aStatementMayEndInASemicolonAndAComment() throws {
        #expect(try rows(Workbench(), Self.app, "SELECT 1; -- one\n")[0][0] as? Int == 1)
    }

    @Test func noValueIsCut() throws {
        let text = String(repeating: "long ", count: 60)
        let output = try Workbench().succeed("sql", Self.app, "SELECT '\(text)' AS a, NULL AS b, x'00ff' AS c")
        #expect(output.split(separator: "\n").last?.hasPrefix(text) == true)
        #expect(output.hasSuffix("NULL  x'00ff'\n"))
    }

    @Test func csvQuotesWhatItMust() throws {
        let output = try Workbench().succeed("sql", "--csv", Self.app, "SELECT 'a,\"b\"' AS x, NULL AS y, 2 AS z")
        #expect(output == "x,y,z\r\n\"a,\"\"b\"\"\",,2\r\n")
    }

    /// How long a process has computed, in hundredths of a second; see proc_pid_stat(5).
    private func processorTicks(of process: Int32) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
        return try #require(fields.count > 13 ? Int(fields[12]) : nil)
    }

    @Test func itIsOverWhenItIsInterrupted() throws {
        let bench = try Workbench()
        try bench.succeed("scan", "--quiet", "fixtures/small-hybrid.tar")
        let running = try bench.program.start([
            "sql", "localhost/strata/small:1",
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c",
        ])
        // A statement that has no end is all that takes so much of a processor.
        while running.isRunning, try processorTicks(of: running.id) < 30 { usleep(5000) }
        #expect(running.isRunning)
        running.signal(SIGINT)
        #expect(try running.wait(timeLimit: 20).status == 130)
        #expect(bench.problems == [])
    }

    @Test(arguments: [["sql"], ["sql", "fixtures/app-docker.tar"], ["sql", "x", "SELECT 1", "--csv", "--format", "json"]])
    func aCommandLineWithoutImageOrStatementIsStatus2(arguments: [String]) throws {
        #expect(try Workbench().program.run(arguments).status == 2)
    }
}
