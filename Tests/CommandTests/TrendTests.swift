import Foundation
import OCISpec
import TestSupport
import Testing

/// `strata trend`, and `check --against previous`.
@Suite struct TrendTests {
    /// An image of `bytes`, of which `wasted` are hidden, made on a day of 2026.
    private func image(
        _ tag: String, bytes: Int, wasted: Int = 0, day: Int?, repository: String = "localhost/app",
        architecture: String = "amd64"
    ) throws -> ImageBuilder {
        var members: [TarMember] = [.file("f", size: bytes - wasted, seed: UInt64(bytes))]
        if wasted > 0 { members.append(.file("w", size: wasted, seed: 1)) }
        let layers = [BuiltLayer(members), BuiltLayer(wasted > 0 ? [.whiteout("w")] : [.directory("d")])]
        var image = ImageBuilder(layers, named: "\(repository):\(tag)")
        image.platform = Platform(os: "linux", architecture: architecture)
        let created = day.map { "2026-01-\($0 < 10 ? "0" : "")\($0)T01:02:03Z" }
        image.configOverride = try encodeDocument(
            ImageConfig(platform: image.platform, rootfs: RootFS(diffIDs: layers.map(\.diffID)), created: created))
        return image
    }

    private func load(_ bench: Workbench, _ images: ImageBuilder...) throws {
        for (number, image) in images.enumerated() {
            let path = try bench.file("image-\(number).tar", try image.layout().tar)
            try bench.succeed("scan", path)
        }
    }

    private func images(_ bench: Workbench, _ arguments: String...) throws -> [[String: Any]] {
        let outcome = try bench.program.run(["trend"] + arguments + ["--platform", "linux/amd64", "--format", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let document = try object(outcome.output)
        #expect(document["kind"] as? String == "size-trend" && document["schemaVersion"] as? Int == 1)
        return try #require(document["images"] as? [[String: Any]])
    }

    private func figures(_ images: [[String: Any]]) -> [String] {
        images.map { image in
            "\(image["tag"] ?? "-") \(image["contentBytes"] as? Int ?? -1) \(image["wastedBytes"] as? Int ?? -1)"
        }
    }

    @Test func aTagThatMovesAndImagesThatGoLeaveTheirFigures() throws {
        let bench = try Workbench()
        try load(
            bench, image("1", bytes: 1000, day: 2), image("latest", bytes: 1000, day: 2),
            image("2", bytes: 3000, wasted: 1000, day: 5), image("latest", bytes: 3000, wasted: 1000, day: 5))
        try bench.succeed("rmi", "localhost/app:1")
        try bench.succeed("image", "prune", "-f")
        let all = try images(bench, "localhost/app")
        #expect(figures(all) == ["1 1000 0", "latest 1000 0", "2 3000 1000", "latest 3000 1000"])
        #expect(all.map { $0["isCurrent"] as? Bool } == [false, false, true, true])
        #expect(all[0]["created"] as? String == "2026-01-02T01:02:03Z")
        #expect(figures(try images(bench, "localhost/app:latest")) == ["latest 1000 0", "latest 3000 1000"])
        #expect(figures(try images(bench, "localhost/app", "--last", "1")) == ["latest 3000 1000"])
        #expect(figures(try images(bench, "localhost/app", "--since", "2026-01-04")) == ["2 3000 1000", "latest 3000 1000"])
    }

    @Test func theTextHasALineForEachImageAndNoBarsInAPipe() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1_000_000, day: 2), image("2", bytes: 1_500_000, wasted: 500_000, day: 5))
        let lines = try bench.succeed("trend", "localhost/app", "--platform", "linux/amd64").split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "localhost/app  2 images, linux/amd64")
        #expect(lines[2].split(separator: " ").prefix(3) == ["CREATED", "TAG", "IMAGE"])
        #expect(lines[3].hasPrefix("2026-01-02 01:02  1 ") && lines[3].hasSuffix("1MB       -      0B"), "\(lines[3])")
        #expect(lines[4].hasPrefix("2026-01-05 01:02  2 ") && lines[4].hasSuffix("1.5MB  +500kB   500kB"), "\(lines[4])")
        #expect(lines[6] == "stored by layers: 1MB → 1.5MB, +500kB (+50.0%)")
        #expect(lines.count == 9)
    }

    @Test func theCSVHasBytesInFullAndNothingForWhatIsNotKnown() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1_234_567, day: nil))
        let rows = try bench.succeed("trend", "localhost/app", "--platform", "linux/amd64", "--format", "csv").components(
            separatedBy: "\r\n")
        #expect(rows[0].hasPrefix("created,observed,repository,tag,imageID,"))
        #expect(
            rows[1].hasPrefix(",20") && rows[1].contains(",localhost/app,1,sha256:") && rows[1].hasSuffix(",1234567,1234567,0"))
    }

    @Test func anUnknownRepositoryAndAnotherPlatformAreErrors() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1000, day: 2))
        let unknown = try bench.strata("trend", "localhost/other")
        #expect(unknown.status == 3 && unknown.errors.contains("`localhost/other`"), "\(unknown.errors)")
        let foreign = try bench.strata("trend", "localhost/app", "--platform", "linux/s390x")
        #expect(foreign.status == 3 && foreign.errors.contains("linux/amd64"), "\(foreign.errors)")
        for words in [["--last", "0"], ["--since", "soon"], ["--by", "size"], ["--format", "xml"]] {
            #expect(try bench.program.run(["trend", "localhost/app"] + words).status == 2, "\(words)")
        }
    }

    @Test func namesAndTagsOfOtherToolsCannotActOnATerminal() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1000, day: 2))
        let index = "\(bench.store)/index.json"
        let text = try String(contentsOfFile: index, encoding: .utf8)
        try text.replacingOccurrences(of: "localhost/app:1", with: "evil\\u001b[31m").write(
            toFile: index, atomically: true, encoding: .utf8)
        #expect(try bench.strata("trend", "evil\u{1B}[31m").errors.utf8.allSatisfy { $0 != 0x1B })
    }

    @Test func aLostCatalogAndAStoreThatCannotBeWrittenStillWork() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1000, day: 2), image("2", bytes: 2000, day: 3))
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: "\(bench.store)/catalog.sqlite\(suffix)")
        }
        #expect(try images(bench, "localhost/app").map { $0["tag"] as? String } == ["1", "2"])
    }

    // MARK: The page

    @Test func aPageHasAChartOfTheRepository() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1000, day: 2), image("2", bytes: 2000, day: 3))
        let page = try bench.succeed("analyze", "localhost/app:2", "--format", "html")
        let start = try #require(page.range(of: "id=\"data\">"))
        let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
        let trend = try #require(
            try object(String(page[start.upperBound..<end.lowerBound]))["trend"] as? [[String: Any]])
        #expect(figures(trend) == ["1 1000 0", "2 2000 0"])
    }

    // MARK: The image before

    @Test func growthIsMeasuredAgainstTheImageBefore() throws {
        let bench = try Workbench()
        try load(
            bench, image("1", bytes: 1000, day: 2), image("2", bytes: 1200, day: 3), image("3", bytes: 9000, day: 4),
            image("1", bytes: 5000, day: 1, repository: "localhost/other"))
        let check = { (image: String, most: String) in
            try bench.strata("check", image, "--against", "previous", "--max-growth", most)
        }
        let passed = try check("localhost/app:2", "20%")
        #expect(passed.status == 0 && passed.output.contains("than localhost/app:1 of 2026-01-02"), "\(passed.output)")
        #expect(try check("localhost/app:2", "19%").status == 1)
        #expect(try check("localhost/app:3", "700%").status == 0)
        // The first has nothing before it, and says so.
        let first = try check("localhost/app:1", "1%")
        #expect(first.status == 0 && first.output.contains("not applicable"), "\(first.output)")
        #expect(first.errors.contains("no earlier image of localhost/app"), "\(first.errors)")
    }

    @Test func theImageBeforeMayHaveGone() throws {
        let bench = try Workbench()
        try load(bench, image("1", bytes: 1000, day: 2), image("2", bytes: 1200, day: 3))
        try bench.succeed("rmi", "localhost/app:1")
        let check = try bench.strata("check", "localhost/app:2", "--against", "previous", "--max-growth", "10%")
        #expect(check.status == 1 && check.output.contains("+200B") || check.output.contains("20.0%"), "\(check.output)")
        let archive = try bench.file("next.tar", try image("3", bytes: 1200, day: 9).layout().tar)
        // An archive is of the repository that it names.
        let next = try bench.strata("check", archive, "--against", "previous", "--max-growth", "0B")
        #expect(next.status == 0 && next.output.contains("than localhost/app:2 of 2026-01-03"), "\(next.output)")
    }

    @Test func aTagThatMovedHasItsOwnImageBeforeIt() throws {
        let bench = try Workbench()
        try load(bench, image("latest", bytes: 1000, day: 2), image("latest", bytes: 2000, day: 3))
        let check = try bench.strata("check", "localhost/app", "--against", "previous", "--max-growth", "50%")
        #expect(check.status == 1 && check.output.contains("localhost/app:latest of 2026-01-02"), "\(check.output)")
    }

    @Test func whatHasNoNameHasNothingBeforeIt() throws {
        let bench = try Workbench()
        var nameless = try image("1", bytes: 1000, day: 2)
        nameless.names = []
        let path = try bench.file("nameless.tar", try nameless.layout().tar)
        let check = try bench.strata("check", path, "--against", "previous", "--max-growth", "1%")
        #expect(check.status == 3 && check.errors.contains("has no name"), "\(check.errors)")
    }
}
