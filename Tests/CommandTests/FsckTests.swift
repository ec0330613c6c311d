import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// A store with two images of several layers, to be damaged.
struct DamagedStore {
    let bench: Workbench

    static let archives = ["fixtures/app-docker.tar", "fixtures/multi-platform.tar"]

    init() throws {
        bench = try Workbench()
        for archive in Self.archives { try bench.succeed("scan", archive) }
    }

    /// A store that is there already.
    init(bench: Workbench) { self.bench = bench }

    func path(_ name: String) -> String { "\(bench.store)/\(name)" }

    /// The entries of `index.json`.
    func entries() throws -> [[String: Any]] {
        let index = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: path("index.json"))))
        return try #require((index as? [String: Any])?["manifests"] as? [[String: Any]])
    }

    func setEntries(_ entries: [[String: Any]]) throws {
        let index: [String: Any] = [
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": entries,
        ]
        try JSONSerialization.data(withJSONObject: index).write(to: URL(fileURLWithPath: path("index.json")))
    }

    /// The digest of the first entry, a manifest.
    func manifest() throws -> String { try #require(try entries()[0]["digest"] as? String) }

    /// The hexadecimal digits of the largest blob, a layer.
    func layer() throws -> String {
        let names = bench.names("blobs/sha256")
        return try #require(try names.max { try size("blobs/sha256/\($0)") < size("blobs/sha256/\($1)") })
    }

    func size(_ name: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path(name))[.size] as? Int)
    }

    func flip(_ name: String, at offset: Int) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path(name)))
        bytes[offset] ^= 1
        try write(name, bytes)
    }

    func write(_ name: String, _ bytes: some DataProtocol) throws {
        let url = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? FileManager.default.removeItem(at: url)
        try Data(bytes).write(to: url)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path(name)) }

    func move(_ name: String, to other: String) throws {
        let url = URL(fileURLWithPath: path(other))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.moveItem(atPath: path(name), toPath: url.path)
    }

    func sql(_ statement: String) throws {
        let outcome = try bench.shell("sqlite3 \"$STRATA_STORE/catalog.sqlite\" \"$1\"", statement)
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    /// Runs a check, and returns its exit status and its findings.
    func check(_ flags: String...) throws -> (status: Int32, findings: [Finding]) {
        let outcome = try bench.program.run(["fsck", "--format", "json"] + flags)
        let document = try object(outcome.output)
        #expect(document["kind"] as? String == "store-check")
        let findings = try #require(document["findings"] as? [[String: Any]])
        return (outcome.status, findings.map(Finding.init))
    }
}

/// A finding of `fsck --format json`.
struct Finding: Hashable {
    let code, severity, path, expected, actual: String
    let digest: String?
    let isRepaired: Bool

    init(_ fields: [String: Any]) {
        func text(_ key: String) -> String { fields[key] as? String ?? "" }
        (code, severity, path) = (text("code"), text("severity"), text("path"))
        (expected, actual) = (text("expected"), text("actual"))
        digest = fields["digest"] as? String
        isRepaired = fields["repaired"] as? Bool ?? false
    }
}

/// `fsck` finds every damage there is, and names both values.
struct FsckTests {
    /// The findings must be exactly these, by code.
    private func expect(
        _ store: DamagedStore, _ codes: [String], status: Int32, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [Finding] {
        let (found, findings) = try store.check()
        #expect(found == status, sourceLocation: sourceLocation)
        #expect(findings.map(\.code).sorted() == codes.sorted(), sourceLocation: sourceLocation)
        for finding in findings {
            #expect(!finding.expected.isEmpty && !finding.actual.isEmpty, "\(finding)", sourceLocation: sourceLocation)
            #expect(finding.expected != finding.actual, "\(finding)", sourceLocation: sourceLocation)
        }
        return findings
    }

    @Test func aStoreIsCleanAfterEveryKindOfCommand() throws {
        let bench = try Workbench()
        let commands: [[String]] =
            Fixture.all.map { ["scan", "fixtures/\($0)"] } + [
                ["images"], ["analyze", "localhost/strata/app:1"], ["files", "localhost/strata/app:1"],
                ["history", "localhost/strata/app:1"], ["inspect", "localhost/strata/app:1"],
                ["analyze", "fixtures/app-docker.tar"], ["fsck", "--repair"],
            ]
        for command in commands {
            #expect(try bench.program.run(command).status == 0)
            let outcome = try bench.strata("fsck", "--format", "json")
            #expect(outcome.status == 0, "after \(command): \(outcome.output)")
            #expect(try object(outcome.output)["findings"] as? [String] == [], "after \(command): \(outcome.output)")
        }
        #expect(bench.problems == [])
    }

    @Test func aMissingBlobIsFound() throws {
        let store = try DamagedStore()
        let layer = try store.layer()
        let size = try store.size("blobs/sha256/\(layer)")
        try store.remove("blobs/sha256/\(layer)")
        let findings = try expect(store, ["missing-blob"], status: 1)
        #expect(findings[0].digest == "sha256:\(layer)")
        #expect(findings[0].expected == "\(size) bytes" && findings[0].actual == "nothing")
    }

    @Test func aFlippedByteIsFound() throws {
        let store = try DamagedStore()
        let layer = try store.layer()
        try store.flip("blobs/sha256/\(layer)", at: 4000)
        let actual = sha256(Array(try Data(contentsOf: URL(fileURLWithPath: store.path("blobs/sha256/\(layer)")))))
        let findings = try expect(store, ["corrupt-blob"], status: 1)
        #expect(findings[0].expected == "sha256:\(layer)" && findings[0].actual == actual.description)
    }

    @Test func aTruncatedBlobIsFound() throws {
        let store = try DamagedStore()
        let layer = try store.layer()
        let size = try store.size("blobs/sha256/\(layer)")
        #expect(truncate(store.path("blobs/sha256/\(layer)"), 1000) == 0)
        let findings = try expect(store, ["corrupt-blob", "size-mismatch"], status: 1)
        let length = try #require(findings.first { $0.code == "size-mismatch" })
        #expect(length.expected == "\(size) bytes" && length.actual == "1000 bytes")
    }

    @Test func aDanglingIndexEntryIsFound() throws {
        let store = try DamagedStore()
        let digest = "sha256:" + String(repeating: "5", count: 64)
        var entries = try store.entries()
        entries.append(["digest": digest, "size": 77, "mediaType": "application/vnd.oci.image.manifest.v1+json"])
        try store.setEntries(entries)
        let findings = try expect(store, ["dangling-entry"], status: 1)
        #expect(findings[0].digest == digest && findings[0].expected == "77 bytes" && findings[0].actual == "nothing")
    }

    @Test(arguments: [
        "stray.txt", "blobs/sha256/oci-put-blob1", "blobs/md5/abc", "locks/odd", "trash/file", "ingest/file",
    ])
    func aStrayFileIsFound(name: String) throws {
        let store = try DamagedStore()
        try store.write(name, Data("who am I".utf8))
        let (status, findings) = try store.check()
        #expect(status == 0)
        #expect(findings.allSatisfy { $0.code == "stray" && $0.severity == "note" })
        #expect(findings.contains { $0.path == name && $0.actual == "a file of 8 bytes" }, "\(findings)")
    }

    @Test func anAbandonedIngestIsFound() throws {
        let store = try DamagedStore()
        try store.write("ingest/0b0e7f0a-0000-4000-8000-000000000000/holds", Data())
        try store.write("ingest/0b0e7f0a-0000-4000-8000-000000000000/partial.1", Data(count: 300))
        let findings = try expect(store, ["abandoned-session"], status: 0)
        #expect(findings[0].actual == "none; partial blobs: 1, bytes: 300")
    }

    @Test func aDeletedCatalogIsFound() throws {
        let store = try DamagedStore()
        for name in store.bench.names("") where name.hasPrefix("catalog.sqlite") { try store.remove(name) }
        let findings = try expect(store, ["catalog-missing"], status: 0)
        #expect(findings[0].path == "catalog.sqlite")
        #expect(!store.bench.names("").contains("catalog.sqlite"), "a check writes nothing")
    }

    @Test func theCatalogOfAnotherStoreIsFound() throws {
        let (store, other) = (try DamagedStore(), try DamagedStore())
        try store.write("catalog.sqlite", Data(contentsOf: URL(fileURLWithPath: other.path("catalog.sqlite"))))
        let findings = try expect(store, ["catalog-other-store"], status: 0)
        func id(_ store: DamagedStore) throws -> String {
            let format = try object(String(contentsOfFile: store.path("strata.json"), encoding: .utf8))
            return try #require(format["id"] as? String)
        }
        let (own, foreign) = (try id(store), try id(other))
        #expect(findings[0].expected.contains(own))
        #expect(findings[0].actual.contains(foreign))
    }

    @Test func aBrokenCatalogAndOneOfAnotherVersionAreFound() throws {
        let store = try DamagedStore()
        try store.sql("PRAGMA user_version = 99")
        #expect(try expect(store, ["catalog-other-version"], status: 0)[0].actual == "version 99")
        try store.write("catalog.sqlite", Data("no database at all".utf8))
        _ = try expect(store, ["catalog-broken"], status: 0)
    }

    @Test func severalFaultsAreAllReported() throws {
        let store = try DamagedStore()
        try store.flip("blobs/sha256/\(try store.layer())", at: 100)
        try store.remove("blobs/sha256/\(try store.manifest().dropFirst(7))")
        try store.write("stray.txt", Data("x".utf8))
        _ = try expect(store, ["corrupt-blob", "dangling-entry", "stray"], status: 1)
    }

    @Test func wrongRowsOfTheCatalogAreFound() throws {
        let store = try DamagedStore()
        try store.sql("UPDATE layer SET tarBytes = tarBytes + 1 WHERE diffID = (SELECT min(diffID) FROM layer)")
        try store.sql("UPDATE blob SET compressedBytes = 1 WHERE digest = (SELECT max(digest) FROM blob)")
        try store.sql("UPDATE layerIndex SET bytes = x'00' WHERE diffID = (SELECT max(diffID) FROM layerIndex)")
        let findings = try expect(store, ["catalog-row", "catalog-row", "catalog-row"], status: 1)
        #expect(findings.contains { $0.actual == "1 bytes" })
        #expect(findings.contains { $0.actual == "1 bytes that are not a layer index" })
    }

    @Test func aWrongDiffIDAndAnotherNumberOfLayersAreFound() throws {
        let bench = try Workbench()
        try bench.succeed("scan", "fixtures/small-hybrid.tar")
        let store = DamagedStore(bench: bench)
        let lying = BuiltLayer([.file("a", text: "a")]).with { $0.diffID = sha256([1]) }
        let layer = BuiltLayer([.file("b", text: "b")])
        let one = ImageBuilder([lying], named: "localhost/one:1")
        let config = try ImageBuilder([layer, layer]).config()
        let two = ImageBuilder([layer], named: "localhost/two:1").with { $0.configOverride = config }
        let folder = bench.folder.path("layout")
        try ImageBuilder.layout([one, two]).write(to: folder)
        let outcome = try bench.shell("cp \"$1\"/blobs/sha256/* \"$STRATA_STORE/blobs/sha256/\"", folder)
        #expect(outcome.status == 0)
        let index = try object(String(contentsOfFile: folder + "/index.json", encoding: .utf8))
        try store.setEntries(try store.entries() + (index["manifests"] as? [[String: Any]] ?? []))
        let (status, findings) = try store.check()
        #expect(status == 1)
        let diffID = try #require(findings.first { $0.code == "diff-id-mismatch" })
        #expect(diffID.expected == lying.diffID.description)
        #expect(diffID.actual == sha256(lying.blob).description)
        let count = try #require(findings.first { $0.code == "layer-count-mismatch" })
        #expect(count.expected == "2 layers" && count.actual == "1 layer")
    }

    @Test(arguments: ["index.json", "strata.json", "oci-layout"])
    func aBrokenFileOfTheStoreItselfIsFoundAndTheRestIsStillChecked(name: String) throws {
        let store = try DamagedStore()
        try store.write(name, Data("{]".utf8))
        try store.flip("blobs/sha256/\(try store.layer())", at: 100)
        let (status, findings) = try store.check()
        #expect(status == 1)
        #expect(findings.contains { $0.path == name && $0.severity == "damage" }, "\(findings)")
        #expect(findings.contains { $0.code == "corrupt-blob" })
    }

    @Test func aSymlinkInPlaceOfABlobIsFound() throws {
        let store = try DamagedStore()
        let name = "blobs/sha256/\(try store.layer())"
        try store.move(name, to: "../aside")
        try FileManager.default.createSymbolicLink(
            atPath: store.path(name), withDestinationPath: store.bench.folder.path("aside"))
        _ = try expect(store, ["not-a-file"], status: 1)
    }

    @Test func anOrphanAndABadNameAreNotes() throws {
        let store = try DamagedStore()
        let bytes = Array("nobody's".utf8)
        try store.write("blobs/sha256/\(sha256(bytes).hex)", bytes)
        var entries = try store.entries()
        entries[0]["annotations"] = ["io.containerd.image.name": "NOT A NAME"]
        try store.setEntries(entries)
        _ = try expect(store, ["orphan", "bad-name"], status: 0)
    }

    @Test func whatIsNoStoreIsAnError() throws {
        let bench = try Workbench()
        expectSentence(try bench.strata("fsck"), naming: bench.store)
        #expect(!FileManager.default.fileExists(atPath: bench.store))
    }

    @Test func aStoreOfANewerFormatIsRefused() throws {
        let store = try DamagedStore()
        try store.write("strata.json", Data(#"{"format":99}"#.utf8))
        expectSentence(try store.bench.strata("fsck", "--repair"), naming: "format 99")
    }

    @Test(.needs("setpriv"), .needsRoot) func aStoreThatNobodyMayWriteToIsChecked() throws {
        let store = try DamagedStore()
        let outcome = try store.bench.shell(
            """
            chmod -R a+rX,a-w "$STRATA_STORE" "$STRATA_STORE/.."
            cp "$STRATA" "$STRATA_STORE/../program" && chmod a+rx "$STRATA_STORE/../program"
            setpriv --reuid 65534 --regid 65534 --clear-groups "$STRATA_STORE/../program" fsck
            """)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("no damage\n"), "\(outcome.output)")
    }

    @Test func anImportThatRunsMeanwhileIsNoFinding() throws {
        let store = try DamagedStore()
        let writer = try store.bench.program.start(["scan"] + Fixture.all.map { "fixtures/\($0)" })
        repeat {
            let (status, findings) = try store.check()
            #expect(status == 0)
            // What lies there for a moment is told as what it is, and never as damage.
            #expect(findings.allSatisfy { $0.severity == "note" }, "\(findings)")
            #expect(!findings.contains { ["abandoned-session", "orphan"].contains($0.code) }, "\(findings)")
        } while writer.isRunning
        #expect(try writer.wait().status == 0)
        #expect(try store.check().findings == [])
    }

    @Test func textHasALineForEachFindingAndASummary() throws {
        let store = try DamagedStore()
        try store.remove("blobs/sha256/\(try store.layer())")
        try store.write("stray.txt", Data("x".utf8))
        let outcome = try store.bench.strata("fsck")
        #expect(outcome.lines.count { $0.hasPrefix("damage  missing-blob  ") } == 1)
        #expect(outcome.lines.count { $0.hasPrefix("note  stray  stray.txt: ") } == 1)
        #expect(outcome.lines.last?.hasSuffix("1 damaged, 1 note") == true, "\(outcome.output)")
        #expect(outcome.errors == "")
    }
}
