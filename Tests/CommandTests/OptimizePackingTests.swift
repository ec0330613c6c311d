import Foundation
import OCISpec
import TestSupport
import Testing

/// How `optimize` compresses what it writes, whole indexes, times, and what it says beforehand.
struct OptimizePackingTests: OptimizeScene {
    private static let text = Array((0..<40_000).map { "line \($0 % 500)\n" }.joined().utf8)

    /// An image of which the second layer is wasted in part, and nothing of the third.
    private static func image(_ seed: UInt64 = 1) throws -> ImageBuilder {
        func gzip(_ members: [TarMember]) throws -> BuiltLayer {
            let tar = Tar(members).bytes
            return BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.layerGzip)
        }
        return ImageBuilder([
            try gzip([.directory("d"), .file("d/base", size: 3000, seed: seed), .file("d/text", text)]),
            try gzip([.file("d/gone", size: 50_000, seed: 2), .file("d/more", text + text)]),
            try gzip([.whiteout("d/gone"), .file("d/last", text + [10])]),
        ])
    }

    @Test func aCompressionIsForAllThatIsAboveTheBase() throws {
        let bench = try Workbench()
        try load(try Self.image(), into: bench)
        let before = try manifest(bench, "localhost/x:1")
        for (compression, type) in [
            ("zstd:9", "+zstd"), ("zstd", "+zstd"), ("gzip:1", "+gzip"), ("none", "tar"), ("keep", "+gzip"),
        ] {
            let options = ["--keep", "1", "--compression", compression, "--format", "json"]
            let predicted = try object(bench.program.run(["optimize", "localhost/x:1", "--dry-run"] + options).output)
            let done = try object(bench.program.run(["optimize", "localhost/x:1", "-t", "localhost/y:1"] + options).output)
            for key in ["after", "before", "digest", "imageID", "layers"] {
                #expect(predicted[key] as? NSObject == done[key] as? NSObject, "\(compression): \(key)")
            }
            let after = try manifest(bench, "localhost/y:1")
            #expect(after[0].digest == before[0].digest, "the base is not touched")
            #expect(after.dropFirst().allSatisfy { $0.mediaType.hasSuffix(type) }, "\(compression): \(after.map(\.mediaType))")
            #expect((done["after"] as? [String: Any])?["compressedBytes"] as? Int64 == after.reduce(0) { $0 + $1.size })
            #expect(try tree(bench, "localhost/y:1") == tree(bench, "localhost/x:1"))
            // Whatever the compression, it is done once.
            let again = try object(bench.program.run(["optimize", "localhost/y:1", "-t", "localhost/z:1"] + options).output)
            #expect(again["isUnchanged"] as? Bool == true && again["digest"] as? String == done["digest"] as? String)
        }
        #expect(try bench.succeed("fsck").hasSuffix("no damage\n"))
    }

    @Test(arguments: ["gzip:0", "gzip:13", "zstd:20", "zstd:", "none:1", "keep:1", "xz", "zstd:x"])
    func anotherCompressionIsRefused(_ text: String) throws {
        let bench = try Workbench()
        try load(try Self.image(), into: bench)
        expectSentence(
            try bench.strata("optimize", "localhost/x:1", "--dry-run", "--compression", text), naming: "`--compression` takes",
            status: 2)
        expectSentence(
            try bench.strata("optimize", "localhost/x:1", "--dry-run", "--toc", "estargz", "--compression", "zstd"),
            naming: "`--compression` takes gzip", status: 2)
    }

    @Test func noTimeIsLaterThanAsked() throws {
        let bench = try Workbench()
        let time: Int64 = 1_600_000_000
        func late(_ member: TarMember, by seconds: Int64) -> TarMember { member.with { $0.mtimeSeconds = time + seconds } }
        var image = ImageBuilder([
            BuiltLayer([late(.directory("d"), by: 5), late(.file("d/a", text: "a"), by: -5)]),
            BuiltLayer([late(.file("d/b", text: "b"), by: 50), late(.symlink("d/s", to: "b"), by: 7)]),
        ])
        let diffs = image.layers.map { "\"\($0.diffID)\"" }.joined(separator: ",")
        image.configOverride = Array(
            """
            {"architecture":"amd64","os":"linux","created":"2026-01-02T03:04:05Z","rootfs":{"type":"layers","diff_ids":[\(diffs)]},\
            "history":[{"created":"2019-01-01T00:00:00Z"},{"created":"2026-01-01T00:00:00Z"}]}
            """.utf8)
        try load(image, into: bench)
        func times(_ name: String) throws -> [String] {
            try bench.shell("\"$STRATA\" export \(name) | TZ=UTC tar tv --full-time | awk '{print $4, $5}' | sort").lines
        }
        try bench.succeed(
            "optimize", "localhost/x:1", "--keep", "none", "--timestamp", "2020-09-13T12:26:40Z", "-t", "localhost/y:1")
        #expect(Set(try times("localhost/y:1")) == ["2020-09-13 12:26:40", "2020-09-13 12:26:35"])
        let again = try bench.strata(
            "optimize", "localhost/x:1", "--keep", "none", "-t", "localhost/z:1", environment: ["SOURCE_DATE_EPOCH": "\(time)"])
        #expect(again.status == 0)
        #expect(try imageID(bench, "localhost/z:1") == imageID(bench, "localhost/y:1"))
        let history = try bench.succeed("history", "--format", "json", "localhost/y:1")
        #expect(history.contains("2020-09-13T12:26:40Z") && history.contains("2019-01-01") && !history.contains("2026"))
        // Without it times stay, and so does everything.
        #expect(try bench.document("optimize", "localhost/x:1", "--keep", "none", "--dry-run")["isUnchanged"] as? Bool == true)
        expectSentence(
            try bench.strata("optimize", "localhost/x:1", "--timestamp", "1h", "--dry-run"), naming: "`--timestamp` takes",
            status: 2)
    }

    @Test func aDryRunLeavesTheStoreAsItIs() throws {
        let bench = try Workbench()
        try load(try Self.image(), into: bench)
        try bench.succeed("analyze", "localhost/x:1")
        func files() throws -> String {
            try bench.shell(
                "cd \"$1\" && find . -printf '%p %y %m %s\\n' | sort && find . -type f -exec sha256sum {} + | sort", bench.store
            ).output
        }
        let before = try files()
        for options in [[], ["--keep", "none", "--toc", "estargz"], ["--compression", "zstd:5", "--squash"]] {
            let outcome = try bench.program.run(["optimize", "localhost/x:1", "--dry-run"] + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try bench.program.run(["optimize", "--all", "--dry-run", "--compression", "zstd:5"]).status == 0)
        #expect(try files() == before)
    }

    @Test func whatIsSharedIsToldBeforeAndAfter() throws {
        let bench = try Workbench()
        let image = try Self.image()
        try load(ImageBuilder([image.layers[0]]), as: "localhost/base:1", into: bench)
        try load(ImageBuilder(Array(image.layers.prefix(2))), as: "localhost/other:1", into: bench)
        try load(image, into: bench)
        let told = try bench.document("optimize", "localhost/x:1", "--keep", "1", "--dry-run")
        let platform = try #require((told["platforms"] as? [[String: Any]])?.first)
        let sharing = try #require(platform["sharedWith"] as? [[String: Any]])
        let counts = sharing.map { other in
            ["before", "after"].compactMap { (other[$0] as? [String: Any])?["layerCount"] as? Int }
        }
        #expect(sharing.compactMap { $0["image"] as? String } == ["localhost/base:1", "localhost/other:1"])
        #expect(counts == [[1, 1], [2, 1]])
        let layers = try #require(told["layers"] as? [[String: Any]])
        #expect(layers.map { ($0["wastedBytesBefore"] as? [String: Int]) ?? [:] } == [[:], ["deleted": 50_000], [:]])
        let text = try bench.succeed("optimize", "localhost/x:1", "--keep", "1", "--dry-run")
        #expect(text.contains("shared with localhost/other:1: 2 layers"))
        #expect(try bench.succeed("optimize", "localhost/x:1", "--dry-run", "--format", "markdown").contains("| on disk |"))
    }

    // MARK: Several platforms

    private func loadPlatforms(_ bench: Workbench, withAttestation: Bool) throws {
        let images = try [("amd64", UInt64(1)), ("arm64", 9)].map { architecture, seed in
            try Self.image(seed).with { $0.platform = Platform(os: "linux", architecture: architecture) }
        }
        var files = try ImageBuilder.layout(images)
        var entries = try images.map { image in
            var entry = try image.descriptor()
            entry.platform = image.platform
            return entry
        }
        if withAttestation {
            let statement = ImageBuilder([BuiltLayer(Array("{}".utf8), mediaType: "application/vnd.in-toto+json")])
            try statement.addBlobs(to: &files)
            var entry = try statement.descriptor()
            entry.platform = Platform(os: "unknown", architecture: "unknown")
            entry.annotations = [
                "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "\(entries[0].digest)",
            ]
            entries.append(entry)
        }
        let index = try encodeDocument(ImageIndex(manifests: entries, annotations: ["a.note": "stays"]))
        files["blobs/sha256/\(sha256(index).hex)"] = index
        var root = Descriptor(mediaType: MediaType.index, digest: sha256(index), size: Int64(index.count))
        root.annotations = ["org.opencontainers.image.ref.name": "localhost/x:1"]
        files["index.json"] = try encodeDocument(ImageIndex(manifests: [root]))
        try bench.succeed("load", "-i", try bench.file("in.tar", files.tar))
    }

    @Test func everyPlatformOfAnIndexIsWritten() throws {
        let bench = try Workbench()
        try loadPlatforms(bench, withAttestation: true)
        let predicted = try bench.document("optimize", "localhost/x:1", "--keep", "none", "--dry-run")
        let text = try bench.succeed("optimize", "localhost/x:1", "--keep", "none", "-t", "localhost/y:1")
        #expect(text.contains("left out of the new index: 1 attestation or other artifact of the old images"))
        #expect(text.contains("linux/amd64\n") && text.contains("linux/arm64\n"))
        let index = try #require(try index(bench, "localhost/y:1"))
        #expect(index.manifests.map { $0.platform?.architecture } == ["amd64", "arm64"])
        #expect(index.annotations == ["a.note": "stays"])
        #expect(try resolve(bench, "localhost/y:1").digest.description == predicted["digest"] as? String)
        let platforms = try #require(predicted["platforms"] as? [[String: Any]])
        #expect(platforms.map { $0["platform"] as? String } == ["linux/amd64", "linux/arm64"])
        #expect(
            (
                (predicted["after"] as? [String: Any])?["wastedBytes"] as? Int,
                (predicted["before"] as? [String: Any])?["wastedBytes"] as? Int
            ) == (0, 100_000))
        for platform in ["linux/amd64", "linux/arm64"] {
            let analysis = try bench.document("analyze", "localhost/y:1", "--platform", platform)
            #expect(totals(analysis)["wastedBytes"] as? Int == 0)
        }
        // Nothing more to gain: the same index, which keeps what it lists.
        let again = try bench.document("optimize", "localhost/y:1", "--keep", "none", "-t", "localhost/z:1")
        #expect(again["isUnchanged"] as? Bool == true && again["digest"] as? String == predicted["digest"] as? String)
        let one = try bench.document(
            "optimize", "localhost/x:1", "--keep", "none", "--platform", "linux/arm64", "-t", "localhost/arm:1")
        #expect((one["platforms"] as? [[String: Any]])?.count == 1)
        #expect(try bench.succeed("fsck").hasSuffix("no damage\n"))
    }
}
