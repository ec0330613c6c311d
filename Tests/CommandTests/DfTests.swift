import Foundation
import OCISpec
import TestSupport
import Testing

/// `df`: where the disk went, and what of it can go.
struct DfTests {
    /// Layers of 20, 5, 3 and 2 MB; three engines gave three answers to what can go, and none was right.
    private func ofThreeEngines() throws -> BuiltStore {
        func layer(_ name: String, _ megabytes: Int) -> BuiltLayer {
            BuiltStore.layer(name, size: megabytes * 1_000_000 - 20_000)
        }
        let (base, first) = (layer("base", 20), layer("a", 5))
        let store = try BuiltStore([
            ImageBuilder([base], named: "localhost/base:1"),
            ImageBuilder([base, first], named: "localhost/a:1"),
            ImageBuilder([base, first, layer("three", 3)], named: "localhost/three:1"),
            ImageBuilder([base, first, layer("two", 2)], named: "localhost/two:1"),
        ])
        try store.addContainer("c0ffee", of: 2)
        return store
    }

    @Test func ofLayersThatAContainerSharesOnlyTheOthersCanGo() throws {
        let store = try ofThreeEngines()
        let two = store.diskBytes([store.layer(3, 1 + 1)])
        let documents = try store.diskBytes([0, 1, 3].flatMap { [try store.manifest($0), try store.imageID($0)] })
        let images = try store.line("images")
        #expect(images["reclaimableBytes"] as? Int == two + documents)
        #expect((1_950_000...2_050_000).contains(two + documents))
        #expect(images["count"] as? Int == 4)
        #expect(images["activeCount"] as? Int == 1)
    }

    @Test func whatItSaysIsWhatRemovingThemFrees() throws {
        let store = try ofThreeEngines()
        let predicted = try store.line("images")["reclaimableBytes"] as? Int
        let removal = try store.bench.document("rmi", "localhost/base:1", "localhost/a:1", "localhost/two:1")
        #expect(removal["freedBytes"] as? Int == predicted)
    }

    @Test func theTableIsAsRecorded() throws {
        let store = try ofThreeEngines()
        try store.write("notes.txt", "mine")
        try store.write("ingest/4f0e/partial.1", "half a blob")
        try store.write("trash/4f0e/repair.json", "{}")
        try store.edit { $0.removeFirst() }
        try store.annotate(0, "io.strata.pinned", "true")
        let text = try store.bench.succeed("df", "-v")
        #expect(try store.bench.succeed("df").split(separator: "\n").allSatisfy { $0.count <= 80 })
        // Sizes depend on the file system, and widths on sizes.
        let plain = text.replacing(/\d+(\.\d+)?(B|kB|MB)/) { _ in "<bytes>" }.replacing(/\(\d+%\)/) { _ in "(<share>)" }
            .replacing(/[ ]{2,}/) { _ in "  " }
        try expectGolden(plain, "Tests/CommandTests/Golden/df.txt")
    }

    @Test func theDocumentHasTheKeysThatScriptsRead() throws {
        let document = try ofThreeEngines().bench.document("df")
        #expect(document["kind"] as? String == "disk-usage")
        #expect(document["schemaVersion"] as? Int == 1)
        let classes = try #require(document["classes"] as? [[String: Any]])
        #expect(
            classes.map { $0["class"] as? String } == [
                "images", "layers", "containers", "volumes", "buildCache", "orphaned", "partial", "trash", "plans", "catalog",
                "other",
                "unexplained",
            ])
        for line in classes {
            #expect(Set(line.keys) == ["class", "count", "activeCount", "diskBytes", "reclaimableBytes"])
        }
        let images = try #require(document["images"] as? [[String: Any]])
        #expect(images.count == 4)
        for image in images {
            #expect(
                Set(image.keys).isSuperset(of: [
                    "name", "imageID", "diskBytes", "uniqueBytes", "sharedBytes", "freesBytes", "containers", "lastUsed",
                    "imported", "pinned",
                ]))
            #expect(image["lastUsed"] is NSNull)
        }
        let sum = classes.reduce(0) { $0 + ($1["diskBytes"] as? Int ?? 0) }
        #expect(document["totalBytes"] as? Int == sum)
    }

    @Test func theLinesSumToWhatDuSaysAfterEveryCommand() throws {
        let bench = try Workbench()
        let commands: [[String]] = [
            ["load", "-i", "fixtures/app-docker.tar"], ["scan", "fixtures/multi-platform.tar"], ["images"],
            ["tag", "localhost/strata/app:1", "again:1"], ["analyze", "again:1"], ["rmi", "localhost/strata/multi:1"],
            ["df", "-v"],
        ]
        for command in commands {
            _ = try bench.program.run(command)
            let total = try bench.document("df")["totalBytes"] as? Int
            let du = try Program("du").run(["-s", "-B1", bench.store]).output
            #expect(total == Int(du.prefix { $0.isNumber }), "\(command)")
        }
    }

    @Test func aDocumentThatCannotBeReadIsToldAndNothingIsReclaimable() throws {
        let store = try BuiltStore.ofThree()
        let digest = try store.manifest(0)
        try FileManager.default.removeItem(atPath: store.blobPath(digest))
        let outcome = try store.bench.strata("df")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains(digest.hex.prefix(12)), "\(outcome.errors)")
        #expect(try store.line("images")["reclaimableBytes"] as? Int == 0)
        #expect(try store.bench.document("df")["unreadable"] as? [String] == [digest.description])
    }

    @Test func anEmptyStoreHasAllLines() throws {
        let bench = try Workbench()
        let lines = try bench.succeed("df").split(separator: "\n").map { $0.prefix(15).trimmingCharacters(in: .whitespaces) }
        #expect(lines == ["TYPE", "Images", "Unpacked layers", "Containers", "Build cache", "Catalog", "Store's own", "Total"])
    }
}
