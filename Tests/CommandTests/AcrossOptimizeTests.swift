import Foundation
import OCISpec
import StorageIO
import TestSupport
import Testing

/// `optimize --across`: several images written again so that what they have in common is stored once.
struct AcrossOptimizeTests {
    private static let seedOfOrders: UInt64 = 5

    private func load(_ image: ImageBuilder, _ name: String, into bench: Workbench) throws {
        var image = image
        image.names = [name]
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
    }

    /// A package: a folder of its own, and files in it.
    private static func package(_ number: Int) -> [TarMember] {
        [.directory("opt"), .directory("opt/p\(number)")]
            + (0..<4).map { .file("opt/p\(number)/f\($0)", size: 2000 * (number + 1), seed: UInt64(number * 10 + $0)) }
    }

    /// An image that has six of twelve packages, two a layer, and a file of its own.
    private static func image(_ number: Int) -> ImageBuilder {
        var random = SplitMix64(seed: seedOfOrders + UInt64(number))
        let packages = Array((0..<12).shuffled(using: &random).prefix(6))
        let layers = stride(from: 0, to: 6, by: 2).map { BuiltLayer(package(packages[$0]) + package(packages[$0 + 1])) }
        return ImageBuilder(layers + [BuiltLayer([.file("etc/own", text: "image \(number)\n")])])
    }

    private static func names(_ count: Int) -> [String] { (0..<count).map { "localhost/r/app:\($0)" } }

    private func loadTen(into bench: Workbench) throws {
        for (number, name) in Self.names(10).enumerated() { try load(Self.image(number), name, into: bench) }
    }

    private func run(_ bench: Workbench, _ options: String..., images: [String] = names(10)) throws -> [String: Any] {
        let outcome = try bench.program.run(["optimize", "--across"] + images + options + ["--format", "json"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try object(outcome.output)
    }

    private func listing(_ bench: Workbench, _ name: String) throws -> String {
        try bench.shell("\"$STRATA\" export \"$1\" | tar tv --full-time | sort", name).output
    }

    private func number(_ document: [String: Any], _ part: String, _ key: String) throws -> Int {
        try #require((document[part] as? [String: Any])?[key] as? Int)
    }

    /// The blobs that images have as layers, each once, and their bytes.
    private func blobs(_ bench: Workbench, _ names: [String]) throws -> Int {
        var found: [String: Int] = [:]
        for name in names {
            let layers = try bench.document("analyze", name)["layers"] as? [[String: Any]] ?? []
            for layer in layers {
                let digest = try #require(layer["digest"] as? String)
                found[digest] = try #require(layer["compressedBytes"] as? Int)
            }
        }
        return found.values.reduce(0, +)
    }

    @Test func tenImagesOfTheSamePackagesStoreEachOnce() throws {
        let bench = try Workbench()
        try loadTen(into: bench)
        let before = try Self.names(10).map { try listing(bench, $0) }
        let index = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json"))
        let predicted = try run(bench, "--dry-run")
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json")) == index)
        let done = try run(bench, "--into", "localhost/new/{name}:x")
        let news = (0..<10).map { "localhost/new/app-\($0):x" }
        for key in ["before", "after"] { #expect(predicted[key] as? NSDictionary == done[key] as? NSDictionary) }
        #expect(predicted["layers"] as? NSArray == done["layers"] as? NSArray)
        let names = (done["images"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == news)
        #expect(try news.map { try listing(bench, $0) } == before)
        #expect(try Self.names(10).map { try listing(bench, $0) } == before)
        let lower = try #require(done["lowerBoundBytes"] as? Int)
        let (old, new) = (try number(done, "before", "registryTarBytes"), try number(done, "after", "registryTarBytes"))
        #expect(old > 3 * lower)
        // Each layer names the folders above what it holds, and has an end.
        let layers = try number(done, "after", "layerCount")
        #expect(new >= lower && new <= lower + layers * 4096, "\(new) bytes of at least \(lower)")
        #expect(try blobs(bench, news) == (try number(done, "after", "registryBytes")))
        #expect(try blobs(bench, Self.names(10)) == (try number(done, "before", "registryBytes")))
        #expect(bench.problems == [])
        // Once more there is nothing to gain, and the images stay what they are.
        let again = try run(bench, "--into", "localhost/again/{name}:x", images: news)
        #expect(again["isUnchanged"] as? Bool == true)
        let digests = { (document: [String: Any]) in
            (document["images"] as? [[String: Any]])?.compactMap { $0["digest"] as? String }
        }
        #expect(digests(again) == digests(done))
    }

    @Test func ofAHostChainsCount() throws {
        let bench = try Workbench()
        try loadTen(into: bench)
        let registry = try run(bench, "--dry-run")
        let host = try run(bench, "--dry-run", "--for", "host")
        #expect(try number(host, "after", "hostBytes") <= (try number(registry, "after", "hostBytes")))
        #expect(try number(host, "after", "hostBytes") < (try number(host, "before", "hostBytes")))
        #expect(try number(registry, "after", "registryTarBytes") < (try number(host, "after", "registryTarBytes")))
        let few = try run(bench, "--dry-run", "--max-layers", "4")
        let counts = (few["images"] as? [[String: Any]])?.compactMap { $0["layersAfter"] as? Int } ?? []
        #expect(counts.count == 10 && counts.allSatisfy { $0 <= 4 })
        #expect(try number(few, "after", "registryTarBytes") >= (try number(registry, "after", "registryTarBytes")))
    }

    @Test func theConfigurationStaysButForLayersAndHistory() throws {
        let bench = try Workbench()
        func config(_ name: String) throws -> [String: Any] {
            let id = try bench.succeed("images", "-q", "--no-trunc", name).split(separator: "\n")[0].dropFirst("sha256:".count)
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/blobs/sha256/\(id)"))
            return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        }
        for number in 0..<2 {
            var image = Self.image(number)
            image.layers = [
                BuiltLayer(Self.package(0) + Self.package(1)), BuiltLayer(Self.package(2 + number) + Self.package(4 - number)),
            ]
            let diffs = image.layers.map { "\"\($0.diffID)\"" }.joined(separator: ",")
            image.configOverride = Array(
                """
                {"architecture":"amd64","os":"linux","x.own":{"a":[1,2.5]},"config":{"Env":["A=\(number)"],"Odd":1},"rootfs":{"type":"layers",\
                "diff_ids":[\(diffs)]},"history":[{"created_by":"base","x":1},{"created_by":"env","empty_layer":true},{"created_by":"own"}]}
                """.utf8)
            try load(image, "localhost/c\(number):1", into: bench)
        }
        _ = try run(bench, "--into", "localhost/new/{name}:1", images: ["localhost/c0:1", "localhost/c1:1"])
        for number in 0..<2 {
            let old = try config("localhost/c\(number):1")
            var new = try config("localhost/new/c\(number)-1:1")
            let history = try #require(new["history"] as? [[String: Any]])
            #expect(history.prefix(3).compactMap { $0["created_by"] as? String } == ["base", "env", "own"])
            let layers = try #require((new["rootfs"] as? [String: Any])?["diff_ids"] as? [String])
            #expect(history.count { $0["empty_layer"] as? Bool != true } == layers.count)
            // The lowest layer is both images' own already.
            #expect(layers.first == ((old["rootfs"] as? [String: Any])?["diff_ids"] as? [String])?.first)
            new["history"] = old["history"]
            new["rootfs"] = old["rootfs"]
            #expect(new as NSDictionary == old as NSDictionary)
        }
    }

    @Test func namesAreMadeOfTheOldOnes() throws {
        let bench = try Workbench()
        for name in ["localhost/a/app:1", "localhost/b/app:1", "localhost/a/other:latest"] {
            try load(Self.image(name.utf8.count), name, into: bench)
        }
        let index = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json"))
        func across(_ words: String...) throws -> Program.Outcome { try bench.program.run(["optimize", "--across"] + words) }
        expectSentence(
            try across("localhost/a/app:1", "localhost/b/app:1", "--into", "new:{name}"), naming: "new:app-1", status: 2)
        for words in [
            ["localhost/a/app:1", "--into", "new:{name}"], ["localhost/a/app:1", "localhost/a/other", "--into", "new:x"],
            ["localhost/a/app:1", "localhost/a/other"], ["localhost/a/app:1", "localhost/a/other", "--into", "New:{name}"],
            ["localhost/a/app:1", "localhost/a/other", "--into", "new:{name}", "--max-layers", "128"],
            ["localhost/a/app:1", "localhost/a/other", "--into", "new:{name}", "--for", "nobody"],
            ["localhost/a/app:1", "localhost/a/other", "--into", "new:{name}", "--squash"],
        ] {
            let outcome = try bench.program.run(["optimize", "--across"] + words)
            #expect(outcome.status == 2 && outcome.output == "", "\(words): \(outcome.status) \(outcome.errors)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json")) == index)
        expectSentence(try across("localhost/a/app:1", "localhost/nope", "--into", "new:{name}"), naming: "nope")
        #expect(try across("localhost/a/app:1", "localhost/a/other", "--into", "new:{name}").status == 0)
        #expect(Set(try bench.imageNames()).isSuperset(of: ["new:app-1", "new:other"]))
        let text = try across("localhost/a/app:1", "localhost/a/other", "--dry-run", "--format", "markdown")
        #expect(text.status == 0 && text.output.contains("| in a registry |"))
    }

    @Test(.needs("skopeo")) func skopeoReadsWhatIsWritten() throws {
        let bench = try Workbench()
        try loadTen(into: bench)
        _ = try run(bench, "--into", "localhost/new/{name}:x")
        let outcome = try bench.shell(
            """
            set -e; cd "$1"
            for n in 0 7; do
                "$STRATA" save -o $n.tar localhost/new/app-$n:x
                skopeo copy -q --insecure-policy docker-archive:$n.tar oci:out-$n:x
                skopeo copy -q --insecure-policy oci:"$STRATA_STORE":localhost/new/app-$n:x oci:out2-$n:x
            done
            """, bench.folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// Each new image is what the old one is to another program, with all metadata.
    @Test(.needs("umoci"), .needsRoot, arguments: 0..<12) func randomImagesAreTheSameToUmoci(seed: Int) throws {
        let bench = try Workbench()
        let base = RandomLayers.make(seed: UInt64(seed)).prefix(2).map { BuiltLayer($0) }
        for number in 0..<3 {
            let own = RandomLayers.make(seed: UInt64(seed * 3 + number % 2 + 1000)).map { BuiltLayer($0) }
            try load(ImageBuilder(number < 2 || seed % 2 == 0 ? base + own : own), "localhost/x\(number):1", into: bench)
        }
        let options =
            ["--for", seed % 4 < 2 ? "registry" : "host", "--max-layers", ["2", "3", "32"][seed % 3]]
            + (seed % 5 == 0 ? ["--keep", "none"] : [])
        let images = (0..<3).map { "localhost/x\($0):1" }
        let outcome = try bench.program.run(["optimize", "--across"] + images + ["--into", "localhost/y/{name}:1"] + options)
        #expect(outcome.status == 0, "seed \(seed): \(outcome.errors)")
        let compared = try bench.shell(
            """
            set -e; cd "$1"
            list() { find . -type d -printf '%p %y %m %U %G %T@\\n' -o -printf '%p %y %m %U %G %s %T@ %n %l\\n' | sort; }
            devices() { find . -type c,b -exec stat -c '%n %t:%T' {} + | sort; }
            for n in 0 1 2; do
                umoci unpack --image "$STRATA_STORE:localhost/x$n:1" x$n >/dev/null
                umoci unpack --image "$STRATA_STORE:localhost/y/x$n-1:1" y$n >/dev/null
                for k in x y; do (cd $k$n/rootfs; list; devices) > $k$n.txt; done
                diff x$n.txt y$n.txt; find x$n y$n -type p,c,b -delete
                diff -r --no-dereference x$n/rootfs y$n/rootfs
            done
            """, bench.folder.path)
        #expect(compared.status == 0, "seed \(seed) \(options): \(compared.output)\(compared.errors)")
    }

    private static let places =
        ["session.after-hold", "blob.before-create", "blob.after-create"]
        + Failpoint.allCases.map(\.rawValue).filter { $0.hasPrefix("blob.") || $0.hasPrefix("index.") }.flatMap {
            [$0, $0 + ":3"]
        }

    /// Killed anywhere, the old images are what they were, and the new names are all there or none is.
    @Test(arguments: places) func killedItLeavesTheOldImages(place: String) throws {
        let bench = try Workbench()
        for number in 0..<3 { try load(Self.image(number), Self.names(3)[number], into: bench) }
        let before = try Self.names(3).map { try listing(bench, $0) }
        let words = ["optimize", "--across"] + Self.names(3) + ["--into", "localhost/new/{name}:x"]
        let outcome = try bench.program.run(words, environment: ["STRATA_FAILPOINT": place])
        #expect(outcome.isKilled || outcome.status == 0, "at \(place): \(outcome.errors)")
        let news = try bench.imageNames().filter { $0.hasPrefix("localhost/new") }
        #expect(news.isEmpty || news.count == 3, "\(news) after a kill at \(place)")
        #expect(try Self.names(3).map { try listing(bench, $0) } == before, "after a kill at \(place)")
        #expect(try bench.program.run(words).status == 0)
        #expect(bench.problems == [] && bench.ingestNames == [], "after a kill at \(place)")
        #expect(try (0..<3).map { try listing(bench, "localhost/new/app-\($0):x") } == before)
    }

    @Test func aDamagedLayerLeavesEverythingAsItWas() throws {
        let bench = try Workbench()
        for number in 0..<2 { try load(Self.image(number), Self.names(2)[number], into: bench) }
        let digest = Self.image(1).layers[0].diffID.description.replacingOccurrences(of: ":", with: "/")
        let damage = "chmod u+w \"$1\" && printf x | dd of=\"$1\" bs=1 seek=3000 conv=notrunc status=none"
        #expect(try bench.shell(damage, "\(bench.store)/blobs/\(digest)").status == 0)
        let index = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json"))
        let outcome = try bench.program.run(
            ["optimize", "--across"] + Self.names(2) + ["--into", "new:{name}", "--keep", "none"])
        expectSentence(outcome, naming: "sha256:")
        #expect(try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json")) == index)
    }
}
