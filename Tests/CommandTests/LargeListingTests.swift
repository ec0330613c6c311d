import Foundation
import TestSupport
import Testing

/// Small archives with huge listings, and lists of many thousand rows.
@Suite struct LargeListingTests {
    /// An image of three files in chains of 6,000 directories: 60 kB of tar, 108 MB of listing.
    private func deep(_ bench: Workbench) throws -> String {
        let members = ["a", "b", "c"].map { name in
            TarMember.file(Array(repeating: name, count: 6000).joined(separator: "/"), text: "x")
        }
        return try bench.file("deep.tar", ImageBuilder([BuiltLayer(members)], named: "localhost/deep:1").layout().tar)
    }

    /// Runs a command whose output is counted and dropped: its bytes, and the most kilobytes that the command had in memory.
    private func measured(_ bench: Workbench, _ arguments: [String]) throws -> (bytes: Int, kilobytes: Int) {
        let script = """
            import os, resource, subprocess, sys
            run = subprocess.Popen([os.environ["STRATA"]] + sys.argv[1:], stdout=subprocess.PIPE)
            count = 0
            while piece := run.stdout.read(1 << 20): count += len(piece)
            print(run.wait(), count, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
            """
        var python = Program("python3")
        python.environment = ["STRATA": Program.strata.path, "STRATA_STORE": bench.store, "HOME": bench.folder.path]
        let outcome = try python.run(["-c", script] + arguments)
        let numbers = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(numbers.count == 3 && numbers[0] == 0, "\(arguments): \(outcome.errors)")
        return (numbers[1], numbers[2])
    }

    private static let listings = [["files"], ["files", "--layer", "0"], ["files", "--sort", "size"], ["diff"]]

    @Test(.needs("python3"), arguments: listings, ["text", "json", "csv"])
    func memoryGrowsWithTheTreeAndNotWithTheText(_ command: [String], _ format: String) throws {
        let bench = try Workbench()
        var words = command + [try deep(bench)]
        if command == ["diff"] {
            let image = ImageBuilder([BuiltLayer([.file("f", text: "x")])], named: "localhost/other:1")
            words.append(try bench.file("other.tar", image.layout().tar))
        }
        let run = try measured(bench, words + ["--max-implied", "10GiB", "--format", format])
        // A diff's text has the largest changes alone.
        #expect(run.bytes > 100_000_000 || (command == ["diff"] && format == "text"), "\(run)")
        #expect(run.kilobytes < 200_000, "\(run)")
    }

    @Test func aReaderThatLeavesEndsTheListing() throws {
        let bench = try Workbench()
        let outcome = try bench.shell(
            "{ \"$STRATA\" files \"$1\" --max-implied 10GiB; echo $? >&2; } | head -n 2", try deep(bench))
        #expect(outcome.output.split(separator: "\n").count == 2)
        #expect(outcome.errors == "0\n")
    }

    /// An image that wastes 12,000 files, the first ones the most.
    private func wasteful(_ bench: Workbench) throws -> String {
        let members = (0..<12_000).map { TarMember.file("opt/\($0)", size: $0 < 10_000 ? 3 : 2, seed: 1) }
        let layers = [BuiltLayer(members), BuiltLayer([.whiteout("opt")])]
        return try bench.file("wasteful.tar", ImageBuilder(layers, named: "localhost/wasteful:1").layout().tar)
    }

    @Test func aPageSaysWhatItsTablesLeaveOut() throws {
        let bench = try Workbench()
        let image = try wasteful(bench)
        let page = try bench.succeed("analyze", image, "--format", "html")
        let start = try #require(page.range(of: "id=\"data\">"))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        let data = try object(String(page[start.upperBound..<end.lowerBound]))
        let rows = try #require((data["analysis"] as? [String: Any])?["wastedPaths"] as? [[String: Any]])
        #expect(rows.count == 10_000 && rows.allSatisfy { $0["wastedBytes"] as? Int == 3 })
        let leftOut = try #require((data["leftOut"] as? [String: Any])?["wasted"] as? [String: Any])
        #expect(leftOut["count"] as? Int == 2000 && leftOut["bytes"] as? Int == 4000)
        #expect((leftOut["command"] as? String)?.contains("--format json") == true)
        // The document has them all.
        let document = try bench.document("analyze", image)
        #expect((document["wastedPaths"] as? [Any])?.count == 12_000)
        // The map has every byte.
        let wasted = try #require((data["tree"] as? [String: Any])?["wasted"] as? [Int])
        #expect(stride(from: 1, to: wasted.count, by: 3).reduce(0) { $0 + wasted[$1] } == 34_000)
    }

    @Test func aTableOfManyRowsIsAsWideAsItsWidestCell() throws {
        let bench = try Workbench()
        let image = try wasteful(bench)
        let query = "SELECT entry, path FROM entry WHERE layer = 0 ORDER BY entry DESC"
        let lines = try bench.succeed("sql", image, query).split(separator: "\n")
        #expect(lines.count == 12_001)
        #expect(lines[0] == "entry  path")
        #expect(lines[1] == "11999  opt/11999" && lines[12_000] == "    0  opt/0")
        let table = try bench.succeed("sql", "--csv", image, query).split(separator: "\r\n")
        #expect(table.count == 12_001 && table[12_000] == "0,opt/0")
        let rows = try #require(try bench.document("sql", image, query)["rows"] as? [[Any]])
        #expect(rows.count == 12_000 && rows[0][0] as? Int == 11_999 && rows[11_999][1] as? String == "opt/0")
    }

    @Test func aListingAsCSVHasItsFiguresInFull() throws {
        let bench = try Workbench()
        let image = ImageBuilder([BuiltLayer([.file("a,b/c", size: 1234, seed: 1)])], named: "localhost/list:1")
        let path = try bench.file("list.tar", image.layout().tar)
        let output = try bench.succeed("files", path, "--format", "csv")
        let wanted = [
            "path,type,visibleBytes,wastedBytes,layer,depth", "/,directory,1234,0,,0", "\"/a,b\",directory,1234,0,,1",
            "\"/a,b/c\",file,1234,0,0,2",
        ]
        #expect(output == wanted.map { $0 + "\r\n" }.joined())
    }
}
