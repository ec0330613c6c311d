import Foundation
import OCISpec
import TestSupport
import Testing

/// `images` and its filters, on a store whose images are told apart by age and label.
struct ImagesTests {
    /// `old` is of 2020, `new` of 2024, `zero` of no known date; `new` alone has the label `env=dev`.
    private func bench() throws -> Workbench {
        let bench = try Workbench()
        let images = try [
            Self.image("old", created: "2020-01-01T00:00:00Z", labels: ["keep": "1"]),
            Self.image("new", created: "2024-01-01T00:00:00Z", labels: ["env": "dev"]),
            Self.image("zero", created: "1970-01-01T00:00:00Z"),
        ]
        let path = try bench.file("in.tar", try ImageBuilder.dockerArchive(images, .hybrid).tar)
        try bench.succeed("load", "-i", path)
        return bench
    }

    static func image(_ name: String, created: String? = nil, labels: [ExactText: String] = [:]) throws -> ImageBuilder {
        let layer = BuiltLayer([.file("content", text: name)])
        var config = ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: [layer.diffID]), created: created)
        var container = ContainerConfig()
        container.labels = labels
        config.config = container
        let bytes = try encodeDocument(config)
        return ImageBuilder([layer], named: "\(name):latest").with { $0.configOverride = bytes }
    }

    private func names(_ bench: Workbench, _ arguments: [String]) throws -> [String] {
        let outcome = try bench.program.run(["images"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.lines.dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) }
    }

    @Test func theNewestComesFirstAndUnknownDatesLast() throws {
        #expect(try names(bench(), []) == ["new", "old", "zero"])
    }

    @Test(arguments: [
        (["-f", "label=env"], ["new"]), (["--filter", "label!=keep"], ["new", "zero"]),
        (["-f", "label!=keep", "-f", "label!=env=dev"], ["zero"]), (["-f", "until=2022-01-01"], ["old"]),
        (["-f", "until=1h"], ["new", "old"]), (["-f", "before=new"], ["old"]), (["-f", "since=old:latest"], ["new"]),
        (["-f", "since=zero"], []), (["-f", "ref=n*|z*"], ["new", "zero"]), (["--filter=reference=old"], ["old"]),
        (["-f", "dangling=true"], []), (["-f", "imported<1d"], []), (["-f", "size>1B"], ["new", "old", "zero"]),
        (["-f", "size>1GB"], []), (["old", "-f", "label=keep"], ["old"]), (["old", "-f", "label=env"], []),
    ])
    func filtersPickImages(arguments: [String], expected: [String]) throws {
        #expect(try names(bench(), arguments) == expected)
    }

    @Test func imagesAreNamedByIDToo() throws {
        let bench = try bench()
        let id = try bench.succeed("images", "-q", "new").trimmingCharacters(in: .newlines)
        #expect(try names(bench, ["-f", "before=\(id)"]) == ["old"])
    }

    @Test(arguments: ["colour=red", "until<3d", "until=soon", "dangling=maybe", "size>10M", "label", "ref=["])
    func whatIsNoFilterIsStatus2(filter: String) throws {
        let outcome = try Workbench().strata("images", "--filter", filter)
        expectSentence(outcome, naming: filter.split { "=<>".contains($0) }.first.map(String.init) ?? "", status: 2)
        #expect(outcome.errors.contains("\nhint: "))
    }

    @Test func anImageToCompareWithMustBeThere() throws {
        expectSentence(try bench().strata("images", "-f", "before=nope"), naming: "nope")
    }

    @Test(arguments: ["table {{.ID}}", "{{.Repository}}:{{.Tag}}", "table"])
    func aTemplateIsRefusedWithAHint(template: String) throws {
        let bench = try Workbench()
        expectSentence(try bench.strata("images", "--format", template), naming: template, status: 2)
        expectSentence(try bench.strata("image", "ls", "--format=\(template)"), naming: template, status: 2)
    }

    @Test func anImageOfTwoNamesHasTwoLinesOfOneID() throws {
        let bench = try bench()
        try bench.succeed("tag", "new", "again:2")
        let lines = try bench.succeed("images", "-q").split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[0] == lines[1])
        #expect(Set(lines).count == 3)
    }

    @Test func anImageWithoutANameIsListedAndDangles() throws {
        let bench = try bench()
        try bench.succeed("tag", "new", "old")
        let lines = try bench.succeed("images", "-f", "dangling=true").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines.last?.contains(/^<none> +<none> +[0-9a-f]{12} +\d+ years ago +3B$/) == true)
    }

    @Test func imagesOfSeveralPlatformsAreOneLine() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/multi-platform.tar")
        #expect(try names(bench, []) == ["localhost/strata/multi"])
        #expect(try names(bench, ["-f", "label!=x"]) == ["localhost/strata/multi"])
    }

    /// An image that cannot be read is no reason to show nothing of the others.
    @Test func aDamagedImageIsSaidAndLeftOut() throws {
        let bench = try bench()
        let manifest = try #require(try bench.rows().first { $0["repository"] as? String == "old" }?["digest"] as? String)
        try FileManager.default.removeItem(atPath: "\(bench.store)/blobs/sha256/\(manifest.dropFirst("sha256:".count))")
        let outcome = try bench.strata("images")
        #expect(outcome.status == 0)
        #expect(outcome.lines.count == 3)
        #expect(outcome.errors.contains("cannot read old:latest"))
        #expect(try bench.strata("images", "new").errors == "")
    }

    @Test func pinsAreInJSON() throws {
        let bench = try bench()
        #expect(try bench.succeed("pin", "new") == "")
        #expect(try bench.rows().map { $0["pinned"] as? Bool } == [true, false, false])
        try bench.succeed("image", "unpin", "new")
        #expect(try bench.rows().map { $0["pinned"] as? Bool } == [false, false, false])
        #expect(bench.problems == [])
    }

    @Test func pinningWhatIsNotThereIsAnErrorAndPinsNothing() throws {
        let bench = try bench()
        expectSentence(try bench.strata("pin", "new", "nope"), naming: "nope")
        #expect(try bench.rows().map { $0["pinned"] as? Bool } == [false, false, false])
    }

    @Test func whenAnImageCameAndWasUsedIsInJSON() throws {
        let bench = try bench()
        try bench.succeed("history", "new")
        let rows = try bench.rows()
        #expect(rows.allSatisfy { ($0["imported"] as? String)?.hasSuffix("Z") == true })
        #expect(rows.map { $0["lastUsed"] is String } == [true, false, false])
    }
}

extension Workbench {
    /// The rows of `images --format json`.
    fileprivate func rows() throws -> [[String: Any]] {
        try #require(try document("images")["images"] as? [[String: Any]])
    }
}
