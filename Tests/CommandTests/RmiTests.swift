import Foundation
import OCISpec
import TestSupport
import Testing

/// `rmi`, in docker's words, and with nothing lost that something needs.
struct RmiTests {
    private func deleted(_ digests: [Digest]) -> String { digests.map { "Deleted: \($0)\n" }.joined() }

    // What a text means

    @Test func aNameGoesAndTheImageStaysWhileItHasOthers() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("tag", "localhost/a:1", "again")
        #expect(try store.bench.succeed("rmi", "again") == "Untagged: again:latest\n")
        #expect(try store.bench.imageNames() == ["localhost/a:1", "localhost/b:1", "localhost/c:1"])
        #expect(store.bench.problems == [])
    }

    @Test func theLastNameTakesWhatOnlyThatImageKept() throws {
        let store = try BuiltStore.ofThree()
        let gone = try store.blobs(0).filter { $0 != store.layer(0, 0) }
        #expect(try store.bench.succeed("rmi", "localhost/a:1") == "Untagged: localhost/a:1\n" + deleted(gone))
        #expect(gone.allSatisfy { !store.has($0) })
        #expect(store.has(store.layer(0, 0)))
        #expect(store.bench.problems == [])
    }

    enum Spelling: CaseIterable {
        case fullID, shortID, bareID, manifestDigest, nameAtDigest
    }

    @Test(arguments: Spelling.allCases)
    func anImageIsRemovedHoweverItIsCalled(spelling: Spelling) throws {
        let store = try BuiltStore.ofThree()
        let (id, manifest) = (try store.imageID(2), try store.manifest(2))
        let text =
            switch spelling {
            case .fullID: id.description
            case .shortID: id.short
            case .bareID: id.hex
            case .manifestDigest: manifest.description
            case .nameAtDigest: "localhost/c@\(manifest)"
            }
        #expect(try store.bench.succeed("rmi", text) == "Untagged: localhost/c:1\n" + deleted(try store.blobs(2)))
        #expect(try store.bench.imageNames() == ["localhost/a:1", "localhost/b:1"])
        #expect(store.bench.problems == [])
    }

    @Test func aNameAtADigestMeansThatRepositoryAlone() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("tag", "localhost/c:1", "other/c:1")
        let text = "localhost/c@\(try store.manifest(2))"
        #expect(try store.bench.succeed("rmi", text) == "Untagged: localhost/c:1\n")
        #expect(try store.bench.imageNames() == ["localhost/a:1", "localhost/b:1", "other/c:1"])
    }

    @Test func anImageWithoutANameIsRemovedByItsID() throws {
        let store = try BuiltStore.ofThree()
        try store.edit { $0[2]["annotations"] = nil }
        #expect(try store.bench.succeed("rmi", try store.imageID(2).short) == deleted(try store.blobs(2)))
    }

    @Test func anIndexGoesWithAllItsPlatforms() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/multi-platform.tar")
        try bench.succeed("rmi", "localhost/strata/multi:1")
        #expect(bench.names("blobs/sha256") == [])
        #expect(bench.problems == [])
    }

    // What is refused

    @Test func anIDWithSeveralNamesIsRefusedInDockersWords() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("tag", "localhost/c:1", "again")
        let id = try store.imageID(2).short
        let outcome = try store.bench.strata("rmi", id)
        expectSentence(outcome, naming: id, status: 1)
        #expect(
            outcome.errors.hasPrefix(
                "strata: conflict: unable to delete \(id) (must be forced) - image is referenced in multiple repositories\n"))
        #expect(outcome.errors.contains("again:latest") && outcome.errors.contains("localhost/c:1"))
        #expect(try store.bench.imageNames().count == 4)
    }

    @Test func forcedAllNamesGo() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("tag", "localhost/c:1", "again")
        #expect(
            try store.bench.succeed("rmi", "-f", try store.imageID(2).short)
                == "Untagged: localhost/c:1\nUntagged: again:latest\n" + deleted(try store.blobs(2)))
    }

    @Test func aPinnedImageIsRefusedUnlessForced() throws {
        let store = try BuiltStore.ofThree()
        try store.annotate(0, "io.strata.pinned", "true")
        let outcome = try store.bench.strata("rmi", "localhost/a:1")
        expectSentence(outcome, naming: "localhost/a:1", status: 1)
        #expect(outcome.errors.contains("pinned"))
        try store.bench.succeed("rmi", "--force", "localhost/a:1")
        #expect(try store.bench.imageNames() == ["localhost/b:1", "localhost/c:1"])
    }

    @Test func anImageInUseIsRefusedInDockersWords() throws {
        let store = try BuiltStore.ofThree()
        try store.addContainer("c0ffee00c0ffee00", of: 0)
        let outcome = try store.bench.strata("rmi", "localhost/a:1")
        expectSentence(outcome, naming: "container c0ffee00c0ff is using its referenced image", status: 1)
        #expect(try store.bench.imageNames().count == 3)
    }

    @Test func ofAnImageInUseForcedTheNameGoesAndEveryByteStays() throws {
        let store = try BuiltStore.ofThree()
        try store.addContainer("c0ffee", of: 0)
        #expect(try store.bench.succeed("rmi", "-f", "localhost/a:1") == "Untagged: localhost/a:1\n")
        #expect(try store.blobs(0).allSatisfy(store.has))
    }

    @Test func aFurtherNameOfAnImageInUseMayGo() throws {
        let store = try BuiltStore.ofThree()
        try store.addContainer("c0ffee", of: 0)
        try store.bench.succeed("tag", "localhost/a:1", "again")
        #expect(try store.bench.succeed("rmi", "again") == "Untagged: again:latest\n")
    }

    // Several, and none

    @Test func whatIsRefusedDoesNotKeepTheRestFromGoing() throws {
        let store = try BuiltStore.ofThree()
        try store.annotate(0, "io.strata.pinned", "true")
        let outcome = try store.bench.strata("rmi", "nosuch", "localhost/a:1", "localhost/b:1", "localhost/c:1")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("nosuch") && outcome.errors.contains("localhost/a:1"), "\(outcome.errors)")
        #expect(outcome.lines.filter { $0.hasPrefix("Untagged") } == ["Untagged: localhost/b:1", "Untagged: localhost/c:1"])
        #expect(try store.bench.imageNames() == ["localhost/a:1"])
        #expect(store.bench.problems == [])
    }

    @Test func aSharedLayerIsToldOnceWithTheFirstThatLedToIt() throws {
        let store = try BuiltStore.ofThree()
        let outcome = try store.bench.strata("rmi", "localhost/a:1", "localhost/b:1")
        #expect(outcome.lines.filter { $0.contains(store.layer(0, 0).hex) }.count == 1)
        #expect(outcome.lines.firstIndex { $0.contains(store.layer(0, 0).hex) } == 4)
    }

    @Test func theSameNameTwiceIsNotThereTheSecondTime() throws {
        let store = try BuiltStore.ofThree()
        let outcome = try store.bench.strata("rmi", "localhost/a:1", "localhost/a:1")
        #expect(outcome.status == 3)
        #expect(outcome.output.hasPrefix("Untagged: localhost/a:1\n"))
    }

    @Test(arguments: ["nosuch", "nosuch:1", "0123456789ab", "sha256:" + String(repeating: "0", count: 64)])
    func whatIsNotThereIsStatus3(text: String) throws {
        let store = try BuiltStore.ofThree()
        expectSentence(try store.bench.strata("rmi", text), naming: text, status: 3)
        #expect(try store.bench.imageNames().count == 3)
    }

    @Test func quietPrintsNothing() throws {
        #expect(try BuiltStore.ofThree().bench.succeed("rmi", "--quiet", "localhost/a:1") == "")
    }

    // JSON

    @Test func theDocumentSaysWhatWentAndWhatThatFreed() throws {
        let store = try BuiltStore.ofThree()
        let gone = try store.blobs(2)
        let bytes = store.diskBytes(gone)
        let document = try store.bench.document("rmi", "localhost/c:1")
        #expect(document["kind"] as? String == "image-removal")
        #expect(document["freedBytes"] as? Int == bytes)
        let item = try #require((document["items"] as? [[String: Any]])?.first)
        #expect(item["name"] as? String == "localhost/c:1")
        #expect(item["untagged"] as? [String] == ["localhost/c:1"])
        #expect(item["deleted"] as? [String] == gone.map(\.description))
    }

    @Test func aRefusalIsAnErrorObject() throws {
        let store = try BuiltStore.ofThree()
        try store.annotate(0, "io.strata.pinned", "true")
        let outcome = try store.bench.strata("rmi", "localhost/a:1", "--format", "json")
        #expect(outcome.status == 1)
        let error = try #require(try object(outcome.errors)["error"] as? [String: String])
        #expect(error["code"] == "pinned")
    }

    // What cannot be read, and what others did

    @Test func whileAManifestCannotBeReadNamesGoAndNothingIsDeleted() throws {
        let store = try BuiltStore.ofThree()
        let digest = try store.manifest(0)
        try Data("torn".utf8).write(to: URL(fileURLWithPath: store.blobPath(digest)))
        let outcome = try store.bench.strata("rmi", "localhost/c:1")
        #expect(outcome.status == 3)
        #expect(outcome.output == "Untagged: localhost/c:1\n")
        #expect(
            outcome.errors.contains("nothing was deleted") && outcome.errors.contains(digest.description), "\(outcome.errors)")
        #expect(try store.blobs(2).allSatisfy(store.has))
        #expect(store.bench.names("trash") == [])
    }

    @Test func removingTheImageThatCannotBeReadIsPossible() throws {
        let store = try BuiltStore.ofThree()
        try Data("torn".utf8).write(to: URL(fileURLWithPath: store.blobPath(try store.manifest(0))))
        try store.bench.succeed("rmi", "localhost/a:1")
        #expect(try store.bench.imageNames() == ["localhost/b:1", "localhost/c:1"])
        #expect(!store.has(try store.manifest(0)))
    }

    @Test func anEntryThatAnotherToolTookOutIsGone() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("df")
        try store.edit { $0.remove(at: 2) }
        #expect(try store.bench.imageNames() == ["localhost/a:1", "localhost/b:1"])
        expectSentence(try store.bench.strata("rmi", "localhost/c:1"), naming: "localhost/c:1")
        let orphaned = try store.line("orphaned")
        #expect(orphaned["count"] as? Int == 3)
        #expect(orphaned["diskBytes"] as? Int == store.diskBytes(try store.blobs(2)))
        #expect(orphaned["reclaimableBytes"] as? Int == orphaned["diskBytes"] as? Int)
        #expect(try store.line("images")["count"] as? Int == 2)
    }

    @Test(.needs("python3")) func whatPythonWroteIsObeyed() throws {
        let store = try BuiltStore.ofThree()
        let script = """
            import json, sys
            path = sys.argv[1] + "/index.json"
            index = json.load(open(path))
            index["manifests"] = index["manifests"][1:]
            json.dump(index, open(path, "w"), indent=4)
            """
        #expect(try Program("python3").run(["-c", script, store.bench.store]).status == 0)
        #expect(try store.bench.imageNames() == ["localhost/b:1", "localhost/c:1"])
        #expect(try store.line("orphaned")["count"] as? Int == 3)
    }

    @Test(.needs("skopeo")) func whatSkopeoBroughtCanBeRemoved() throws {
        let (store, other) = (try BuiltStore.ofThree(), try BuiltStore([ImageBuilder([BuiltStore.layer("d")], named: "d:1")]))
        let copied = try store.bench.shell(
            "skopeo copy -q --insecure-policy \"oci:$1:d:1\" \"oci:$STRATA_STORE:localhost/d:1\"", other.bench.store)
        #expect(copied.status == 0, "\(copied.errors)")
        let blobs = try store.blobs(0) + store.blobs(1) + store.blobs(2)
        try store.bench.succeed("rmi", "localhost/d:1")
        #expect(store.bench.names("blobs/sha256") == Set(blobs.map(\.hex)).sorted())
    }

    @Test(.needs("umoci")) func whatUmociUntaggedIsOrphaned() throws {
        let store = try BuiltStore.ofThree()
        let removed = try store.bench.shell("umoci rm --image \"$STRATA_STORE:localhost/c:1\"")
        #expect(removed.status == 0, "\(removed.errors)")
        #expect(try store.bench.imageNames() == ["localhost/a:1", "localhost/b:1"])
        #expect(try store.line("orphaned")["count"] as? Int == 3)
    }
}
