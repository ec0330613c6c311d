import OCISpec
import TestSupport
import Testing

/// The store is an OCI image layout: other programs read it, and what they change is obeyed.
struct InteroperabilityTests {
    private static let app = "localhost/strata/app:1"

    private func benchWithImages() throws -> Workbench {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/app-oci-gzip.tar", "fixtures/small-hybrid.tar", "fixtures/multi-platform.tar")
        return bench
    }

    private func succeed(_ bench: Workbench, _ command: String, _ arguments: String) throws -> Program.Outcome {
        let outcome = try bench.shell(command, arguments)
        #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        return outcome
    }

    @Test(.needs("skopeo"), arguments: ["localhost/strata/app:1", "localhost/strata/small:1", "localhost/strata/multi:1"])
    func skopeoInspects(name: String) throws {
        let bench = try benchWithImages()
        let outcome = try succeed(bench, "skopeo inspect \"oci:$STRATA_STORE:$1\"", name)
        #expect(try object(outcome.output)["Architecture"] as? String == "amd64")
    }

    @Test(.needs("skopeo")) func skopeoCopiesToAnArchiveThatScansTheSame() throws {
        let bench = try benchWithImages()
        let path = bench.folder.path("copy.tar")
        _ = try succeed(
            bench, "skopeo copy -q --insecure-policy \"oci:$STRATA_STORE:\(Self.app)\" \"docker-archive:$1:localhost/copy:1\"",
            path)
        let totals = try bench.document("analyze", path)["totals"] as? [String: Any]
        #expect(totals?["wastedBytes"] as? Int == 272_877)
    }

    @Test(.needs("skopeo")) func whatSkopeoCopiesIntoTheStoreIsListed() throws {
        let bench = try benchWithImages()
        _ = try succeed(
            bench, "skopeo copy -q --insecure-policy \"oci-archive:$1\" \"oci:$STRATA_STORE:localhost/other:2\"",
            "fixtures/small-oci-zstd.tar")
        #expect(try bench.imageNames().contains("localhost/other:2"))
        #expect(try bench.succeed("analyze", "localhost/other:2").contains("2 layers"))
        #expect(bench.problems == [])
    }

    /// The image that the name is taken back to is listed before the one that has it, without a name.
    @Test(.needs("skopeo")) func aNameThatSkopeoMovesBackIsTheOldImages() throws {
        let bench = try Workbench()
        let images = try [1, 2].map { number in
            ImageBuilder([BuiltLayer([.file("f", size: 2000, seed: UInt64(number))])], named: "localhost/app:1")
        }
        let paths = try images.enumerated().map { try bench.file("\($0.offset).tar", try $0.element.layout().tar) }
        for path in paths { try bench.succeed("load", "-q", "-i", path) }
        _ = try succeed(
            bench,
            "skopeo copy -q --insecure-policy --preserve-digests \"oci-archive:$1\" \"oci:$STRATA_STORE:localhost/app:1\"",
            paths[0])
        let old = try images[0].descriptor().digest
        #expect(bench.names("blobs/sha256").count == 6)
        try bench.succeed("image", "prune", "-f")
        #expect(bench.names("blobs/sha256").contains(old.hex))
        _ = try succeed(bench, "skopeo inspect \"oci:$STRATA_STORE:$1\"", "localhost/app:1")
        #expect(bench.problems == [])
    }

    @Test(.needs("umoci")) func umociListsTheNames() throws {
        let bench = try benchWithImages()
        let outcome = try succeed(bench, "umoci ls --layout \"$STRATA_STORE\"", "")
        for name in ["app", "small", "multi"] { #expect(outcome.lines.contains("localhost/strata/\(name):1")) }
    }

    @Test(.needs("umoci")) func umociTagsAreObeyed() throws {
        let bench = try benchWithImages()
        let tagged = try bench.shell("umoci tag --image \"$STRATA_STORE:\(Self.app)\" mine")
        #expect(tagged.status == 0, "\(tagged.errors)")
        #expect(try bench.succeed("images").contains("mine"))
        #expect(bench.problems == [])
        try bench.succeed("scan", "fixtures/rootfs.tar.gz")
        #expect(try bench.succeed("images").contains("mine"))
    }

    @Test(.needs("umoci")) func umociUnpacks() throws {
        let bench = try benchWithImages()
        let bundle = bench.folder.path("bundle")
        let outcome = try bench.shell("umoci unpack --rootless --image \"$STRATA_STORE:\(Self.app)\" \"$1\"", bundle)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try bench.shell("test -x \"$1/rootfs/bin/busybox\" && test ! -e \"$1/rootfs/opt/cache/sub\"", bundle).status == 0)
    }

    @Test func strataReadsAStoreAsALayout() throws {
        let (bench, other) = (try benchWithImages(), try Workbench())
        let outcome = try other.strata("analyze", "oci:\(bench.store):\(Self.app)")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("7 layers"))
    }
}
