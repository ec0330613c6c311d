import Foundation
import TestSupport
import Testing

/// The options of the commands that look.
struct LookingTests {
    private static let app = "localhost/strata/app:1"
    private static let appID = "sha256:389f65297b0ad19b4171688a39fcf6e42f0e2173e17542bb5680f660a8cd2d15"

    private func benchWithApp() throws -> Workbench {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/app-docker.tar")
        return bench
    }

    @Test func imagesListsAsDockerDoes() throws {
        let bench = try benchWithApp()
        let lines = try bench.succeed("images").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/))
        #expect(lines[1].contains(/^localhost\/strata\/app +1 +389f65297b0a +\d+ years ago +2\.38MB$/))
    }

    @Test func quietImagesAreIDs() throws {
        let bench = try benchWithApp()
        #expect(try bench.succeed("images", "-q") == "389f65297b0a\n")
        #expect(try bench.succeed("images", "-q", "--no-trunc") == Self.appID + "\n")
        #expect(try bench.succeed("images", "--no-trunc").contains(Self.appID))
    }

    @Test func digestsAreThoseOfManifests() throws {
        let bench = try benchWithApp()
        let totals = try bench.document("analyze", Self.app)
        let digest = try #require((totals["image"] as? [String: Any])?["manifestDigest"] as? String)
        let output = try bench.succeed("images", "--digests")
        #expect(output.contains(" DIGEST "))
        #expect(output.contains(digest))
    }

    @Test(arguments: ["localhost/strata/app", "localhost/strata/app:1", "localhost/*/app", "localhost/strata/nothing"])
    func aPatternPicksImages(pattern: String) throws {
        let bench = try benchWithApp()
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        #expect(try bench.succeed("images", "-q", pattern) == (pattern.hasSuffix("nothing") ? "" : "389f65297b0a\n"))
    }

    @Test(arguments: ["localhost/strata/app:1", "389f65297b0a", "389f", Self.appID])
    func anImageOfTheStoreIsFoundByNameAndID(name: String) throws {
        let bench = try benchWithApp()
        #expect(try bench.succeed("analyze", name) == bench.succeed("analyze", Self.app))
    }

    @Test(arguments: ["analyze", "files", "history", "inspect"])
    func severalImagesAreAnErrorThatListsThem(verb: String) throws {
        let path = "fixtures/layout-two-refs.tar"
        let outcome = try Workbench().strata(verb, path)
        expectSentence(outcome, naming: path)
        #expect(outcome.errors.contains("base") && outcome.errors.contains("app"))
    }

    @Test func aTransportPicksOneImage() throws {
        let bench = try Workbench()
        #expect(
            try bench.succeed("analyze", "docker-archive:fixtures/app-docker.tar:localhost/strata/app:1").contains("7 layers"))
        #expect(try bench.succeed("analyze", "oci-archive:fixtures/layout-two-refs.tar:base").contains("1 layer,"))
        #expect(try bench.succeed("analyze", "tarball:fixtures/rootfs.tar.zst").contains("1 layer,"))
        let outcome = try bench.strata("analyze", "docker-archive:fixtures/app-docker.tar:other:2")
        expectSentence(outcome, naming: "other:2")
        #expect(outcome.errors.contains("localhost/strata/app:1"))
    }

    @Test(arguments: [
        ("docker-archive", "fixtures/rootfs.tar.gz"), ("oci-archive", "fixtures/rootfs.tar.gz"),
        ("docker-archive", "fixtures/app-oci-gzip.tar"), ("oci-archive", "fixtures/app-docker.tar"),
    ])
    func aTransportThatDoesNotFitIsAnError(transport: String, path: String) throws {
        expectSentence(try Workbench().strata("analyze", "\(transport):\(path)"), naming: path)
    }

    @Test(arguments: ["linux/amd64", "linux/arm64"])
    func thePlatformPicksTheImage(platform: String) throws {
        let document = try Workbench().document("analyze", "fixtures/multi-platform.tar", "--platform", platform)
        #expect((document["image"] as? [String: Any])?["platform"] as? String == platform)
    }

    @Test func aPlatformThatIsNotThereListsThoseThatAre() throws {
        let outcome = try Workbench().strata("scan", "fixtures/multi-platform.tar", "--platform", "linux/s390x")
        expectSentence(outcome, naming: "linux/s390x")
        #expect(outcome.errors.contains("linux/amd64, linux/arm64"))
    }

    @Test func analyzeKeepsNothingButIndexes() throws {
        let bench = try Workbench()
        try bench.succeed("analyze", "fixtures/app-docker.tar")
        #expect(bench.names("blobs/sha256") == [])
        #expect(bench.ingestNames == [])
        #expect(try bench.imageNames() == [])
    }

    @Test func noImportKeepsNothingButIndexes() throws {
        let bench = try Workbench()
        let output = try bench.succeed("scan", "--no-import", "fixtures/app-docker.tar")
        #expect(bench.names("blobs/sha256") == [])
        #expect(try output == bench.succeed("scan", "fixtures/app-docker.tar"))
    }

    @Test func aLayersFilesAreOnlyItsOwn() throws {
        let bench = try benchWithApp()
        let output = try bench.succeed("files", Self.app, "--layer", "1")
        #expect(output.contains("/opt/manual/busybox.1"))
        #expect(!output.contains("/bin/busybox"))
        let outcome = try bench.strata("files", Self.app, "--layer", "9")
        expectSentence(outcome, naming: "no layer 9")
    }

    @Test func wastedFilesAreListedThoughTheyAreGone() throws {
        let bench = try benchWithApp()
        let output = try bench.succeed("files", Self.app, "--wasted")
        #expect(output.contains("/opt/cache/sub/page"))
        #expect(!output.contains("/bin/busybox"))
    }

    @Test func filesAreSortedBySize() throws {
        let bench = try benchWithApp()
        let document = try bench.document("files", Self.app, "/", "--depth", "1", "--sort", "size")
        let entries = try #require((document["entries"] ?? document["files"]) as? [[String: Any]])
        let sizes = entries.dropFirst().compactMap { $0["visibleBytes"] as? Int }
        #expect(sizes.count > 3)
        #expect(sizes == sizes.sorted(by: >))
    }

    @Test func filesBeginWhereTheyAreAskedTo() throws {
        let bench = try benchWithApp()
        let output = try bench.succeed("files", Self.app, "/etc")
        #expect(output.contains("/etc/passwd"))
        #expect(!output.contains("/bin"))
        expectSentence(try bench.strata("files", Self.app, "/nowhere"), naming: "/nowhere")
    }

    @Test func whatShowsNothingIsAnEmptyListAndAPathThatIsNotThereAnError() throws {
        let bench = try Workbench()
        for (name, layers) in [("none", []), ("empty", [BuiltLayer([])])] {
            let image = ImageBuilder(layers, named: "e/\(name):1")
            let path = try bench.file("\(name).tar", try image.dockerArchive().tar)
            for arguments in [["files", path], ["files", path, "/"], ["files", "--wasted", path]] {
                let outcome = try bench.program.run(arguments)
                #expect(outcome.status == 0 && outcome.lines == ["VISIBLE  WASTED  PATH"], "\(arguments): \(outcome)")
            }
            #expect(try #require(bench.document("files", path)["entries"] as? [Any]).isEmpty)
            expectSentence(try bench.strata("files", path, "/x"), naming: "/x")
        }
    }

    @Test func aBaseThatIsNoneIsAnError() throws {
        let bench = try benchWithApp()
        expectSentence(try bench.strata("analyze", Self.app, "--base", "fixtures/small-hybrid.tar"), naming: "small")
    }

    @Test func theBaseIsFoundInTheStore() throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/layout-two-refs.tar")
        let totals = try #require(try bench.document("analyze", "fixtures/app-docker.tar")["totals"] as? [String: Any])
        #expect(totals["userContentBytes"] as? Int == 374_703)
        #expect(totals["userWastedBytes"] as? Int == 246_668)
    }

    @Test func aSecondScanSaysTheSame() throws {
        let bench = try Workbench()
        let first = try bench.succeed("scan", "fixtures/app-docker.tar")
        #expect(try bench.succeed("scan", "fixtures/app-docker.tar") == first)
        #expect(try bench.succeed("scan", Self.app) == first)
        #expect(try bench.succeed("images", "-q") == "389f65297b0a\n")
    }

    @Test func aLostCatalogIsMadeAgain() throws {
        let bench = try benchWithApp()
        let before = try bench.succeed("analyze", Self.app)
        for name in bench.names("") where name.hasPrefix("catalog.sqlite") {
            try Data("garbage".utf8).write(to: URL(fileURLWithPath: "\(bench.store)/\(name)"))
        }
        #expect(try bench.succeed("analyze", Self.app) == before)
        #expect(bench.problems == [])
    }
}
