import Foundation
import OCISpec
import TestSupport
import Testing

/// `optimize --across` writes layers in the form that is asked for, as `optimize` of one image does.
struct AcrossFormTests {
    private static let time: Int64 = 1_600_000_000
    private static let names = ["localhost/r/a:1", "localhost/r/b:1"]
    private static let table = "stargz.index.json"

    /// Two images that have a package of three in common, each in a layer of its own.
    private static func image(_ number: Int) -> ImageBuilder {
        func late(_ member: TarMember, by seconds: Int64) -> TarMember { member.with { $0.mtimeSeconds = time + seconds } }
        return ImageBuilder([
            BuiltLayer([
                late(.file("own\(number)", text: "image \(number)\n"), by: -9),
                late(.file("big", size: 300_000, seed: 7), by: 20),
            ]),
            BuiltLayer([late(.directory("d"), by: 5), late(.file("d/x", size: 40_000, seed: UInt64(number)), by: 60)]),
        ])
    }

    private func loaded() throws -> Workbench {
        let bench = try Workbench()
        for (number, name) in Self.names.enumerated() {
            var image = Self.image(number)
            image.names = [name]
            try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        }
        return bench
    }

    private func across(_ bench: Workbench, _ names: [String], _ options: [String]) throws -> [String: Any] {
        let outcome = try bench.program.run(["optimize", "--across"] + names + options + ["--format", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try object(outcome.output)
    }

    private func listing(_ bench: Workbench, _ name: String) throws -> [String] {
        try bench.shell("\"$STRATA\" export \"$1\" | tar tv --full-time | sort", name).lines.filter { !$0.hasSuffix(Self.table) }
    }

    /// What the manifests of the new images say of their layers.
    private func layers(_ bench: Workbench, _ document: [String: Any]) throws -> [[String: Any]] {
        let images = try #require(document["images"] as? [[String: Any]])
        return try images.flatMap { image in
            let digest = try #require(image["digest"] as? String).dropFirst("sha256:".count)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/blobs/sha256/\(digest)"))
            let manifest = try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
            return try #require(manifest["layers"] as? [[String: Any]])
        }
    }

    @Test(arguments: [
        (["--compression", "gzip:12"], "gzip", "io.strata.compression"),
        (["--compression", "zstd:7"], "zstd", "io.strata.compression"),
        (["--toc", "estargz"], "gzip", "containerd.io/snapshot/stargz/toc.digest"),
        (["--toc", "zstd:chunked"], "zstd", "io.github.containers.zstd-chunked.manifest-checksum"),
    ])
    func layersAreWrittenAsAsked(_ options: [String], _ suffix: String, _ note: String) throws {
        let bench = try loaded()
        let before = try Self.names.map { try listing(bench, $0) }
        let predicted = try across(bench, Self.names, options + ["--dry-run"])
        let done = try across(bench, Self.names, options + ["--into", "localhost/new/{name}"])
        #expect(predicted["after"] as? NSDictionary == done["after"] as? NSDictionary)
        #expect(done["isUnchanged"] as? Bool == false)
        let news = try #require(done["images"] as? [[String: Any]]).compactMap { $0["name"] as? String }
        #expect(try news.map { try listing(bench, $0) } == before)
        for layer in try layers(bench, done) {
            #expect((layer["mediaType"] as? String)?.hasSuffix(suffix) == true)
            #expect((layer["annotations"] as? [String: Any])?[note] != nil, "\(layer)")
        }
        let again = try across(bench, news, options + ["--into", "localhost/again/{name}"])
        #expect(again["isUnchanged"] as? Bool == true)
        #expect(bench.problems == [])
        #expect(try bench.succeed("fsck").hasSuffix("no damage\n"))
    }

    @Test func noTimeIsLaterThanAsked() throws {
        let bench = try loaded()
        let done = try across(
            bench, Self.names, ["--keep", "none", "--timestamp", "\(Self.time)", "--into", "localhost/new/{name}"])
        for name in try #require(done["images"] as? [[String: Any]]).compactMap({ $0["name"] as? String }) {
            let times = try bench.shell(
                "\"$STRATA\" export \"$1\" | TZ=UTC tar tv --full-time | awk '{print $4, $5}' | sort -u", name)
            #expect(times.lines == ["2020-09-13 12:26:31", "2020-09-13 12:26:40"])
        }
    }

    /// The table of a layer is of that layer, and no file of the image.
    @Test func tablesOfTheOldLayersAreNotShared() throws {
        let bench = try loaded()
        let before = try Self.names.map { try listing(bench, $0) }
        let tabled = ["localhost/t/a:1", "localhost/t/b:1"]
        for (old, new) in zip(Self.names, tabled) {
            try bench.succeed("optimize", old, "--keep", "none", "--toc", "estargz", "-t", new)
        }
        let done = try across(bench, tabled, ["--compression", "zstd", "--into", "localhost/new/{name}"])
        let news = try #require(done["images"] as? [[String: Any]]).compactMap { $0["name"] as? String }
        for (name, old) in zip(news, before) {
            let all = try bench.shell("\"$STRATA\" export \"$1\" | tar t", name).output
            #expect(!all.contains(Self.table))
            #expect(try listing(bench, name) == old)
        }
    }

    @Test func aFileInTheTablesPlaceIsRefused() throws {
        let bench = try loaded()
        var image = ImageBuilder([BuiltLayer([.file(Self.table, text: "{}"), .file("big", size: 300_000, seed: 7)])])
        image.names = ["localhost/r/c:1"]
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        expectSentence(
            try bench.strata("optimize", "--across", "localhost/r/a:1", "localhost/r/c:1", "--toc", "estargz", "--dry-run"),
            naming: Self.table, status: 3)
    }
}
