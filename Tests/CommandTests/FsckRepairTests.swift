import Foundation
import Glibc
import StorageIO
import TestSupport
import Testing

/// `fsck --repair` repairs what can be repaired, loses no byte, and may be killed anywhere.
struct FsckRepairTests {
    /// What can be repaired without another source.
    enum Repairable: String, CaseIterable, Sendable {
        case catalogDeleted, catalogOfAnotherStore, catalogBroken, catalogRows, blobInTrash, documentsInASession, wrongSize
        case duplicateName, emptySession, marker, corruptOrphan, corruptWithACopyInTrash, notAFile
    }

    private func damage(_ store: DamagedStore, _ kind: Repairable) throws {
        let layer = "blobs/sha256/\(try store.layer())"
        let manifest = try store.manifest().dropFirst(7)
        switch kind {
        case .catalogDeleted:
            for name in store.bench.names("") where name.hasPrefix("catalog.sqlite") { try store.remove(name) }
        case .catalogOfAnotherStore: try store.sql("UPDATE store SET id = 'another'")
        case .catalogBroken: try store.write("catalog.sqlite", Data("nothing".utf8))
        case .catalogRows:
            try store.sql("UPDATE layer SET contentBytes = 7 WHERE diffID = (SELECT max(diffID) FROM layer)")
            try store.sql("UPDATE blob SET diffID = 'x' WHERE digest = (SELECT min(digest) FROM blob)")
        case .blobInTrash: try store.move(layer, to: "trash/4f0e/blobs/it")
        case .documentsInASession:
            try store.move("blobs/sha256/\(manifest)", to: "ingest/4f0e/sha256-\(manifest).1")
            try store.move(layer, to: "trash/4f0e/it")
        case .wrongSize, .duplicateName:
            var entries = try store.entries()
            if kind == .wrongSize { entries[0]["size"] = 12 } else { entries[1]["annotations"] = entries[0]["annotations"] }
            try store.setEntries(entries)
        case .emptySession: try store.write("ingest/4f0e/holds", Data("sha256:\(manifest)\n".utf8))
        case .marker: try store.remove("oci-layout")
        case .corruptOrphan: try store.write("blobs/sha256/" + String(repeating: "a", count: 64), Data("not a's".utf8))
        case .corruptWithACopyInTrash, .notAFile:
            try store.move(layer, to: "trash/4f0e/it")
            if kind == .notAFile {
                try FileManager.default.createDirectory(atPath: store.path(layer), withIntermediateDirectories: true)
            } else {
                try store.write(layer, Data("torn".utf8))
            }
        }
    }

    /// What of a check's findings is not the trash, which a repair leaves to its owner.
    private func rest(_ findings: [Finding]) -> [Finding] { findings.filter { $0.code != "trash" } }

    @Test(arguments: Repairable.allCases)
    func whatCanBeRepairedIsAndStaysSo(kind: Repairable) throws {
        let store = try DamagedStore()
        try damage(store, kind)
        #expect(try !rest(store.check().findings).isEmpty)
        let (status, findings) = try store.check("--repair")
        #expect(status == 0, "\(findings)")
        #expect(rest(findings).filter { !$0.isRepaired } == [], "\(findings)")
        #expect(try rest(store.check().findings) == [])
        let before = try snapshot(store)
        let again = try store.check("--repair")
        #expect(again.status == 0 && rest(again.findings) == [])
        #expect(try snapshot(store) == before, "a second repair changes nothing")
        #expect(store.bench.problems.filter { !$0.hasPrefix("left over: trash/") } == [])
        try store.bench.succeed("analyze", "localhost/strata/app:1", "--platform", "linux/amd64")
    }

    @Test func aCorruptBlobIsSetAsideAndTheNextScanWritesAGoodOne() throws {
        let store = try DamagedStore()
        let layer = try store.layer()
        try store.flip("blobs/sha256/\(layer)", at: 4000)
        let torn = try Data(contentsOf: URL(fileURLWithPath: store.path("blobs/sha256/\(layer)")))
        let (status, findings) = try store.check("--repair")
        #expect(status == 1)
        #expect(findings.first { $0.code == "corrupt-blob" }?.isRepaired == true)
        #expect(findings.first { $0.code == "missing-blob" }?.isRepaired == false)
        let folder = try #require(store.bench.names("trash").first)
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: store.path("trash/\(folder)/sha256-\(layer)"))) == torn, "no byte is lost")
        let record = try object(String(contentsOfFile: store.path("trash/\(folder)/repair.json"), encoding: .utf8))
        #expect(record["digest"] as? String == "sha256:\(layer)")
        for archive in DamagedStore.archives { try store.bench.succeed("scan", archive) }
        #expect(try rest(store.check().findings) == [])
    }

    @Test func strayFilesAndSessionsWithBytesStay() throws {
        let store = try DamagedStore()
        try store.write("stray.txt", Data("mine".utf8))
        try store.write("ingest/4f0e/partial.1", Data("half a blob".utf8))
        let (status, findings) = try store.check("--repair")
        #expect(status == 0)
        #expect(findings.map(\.code).sorted() == ["abandoned-session", "stray"])
        #expect(findings.allSatisfy { !$0.isRepaired })
        #expect(try store.size("stray.txt") == 4)
        #expect(try store.size("ingest/4f0e/partial.1") == 11)
    }

    @Test func bytesOfTheRightLengthButNotTheDigestAreNotPutBack() throws {
        let store = try DamagedStore()
        let layer = try store.layer()
        let size = try store.size("blobs/sha256/\(layer)")
        try store.remove("blobs/sha256/\(layer)")
        try store.write("trash/4f0e/sha256-\(layer)", Data(count: size))
        #expect(try store.check("--repair").status == 1)
        #expect(!store.bench.names("blobs/sha256").contains(layer))
    }

    @Test func twoEntriesOfOneNameAreSettledAsReadersDo() throws {
        let store = try DamagedStore()
        try damage(store, .duplicateName)
        let before = try store.bench.succeed("images")
        _ = try store.check("--repair")
        #expect(try store.bench.succeed("images") == before)
        #expect(try store.entries().count == 2, "the earlier entry stays, without its name")
    }

    private static let places =
        Failpoint.allCases.map(\.rawValue).filter {
            ["repair.", "index.", "catalog.", "marker."].contains(where: $0.hasPrefix)
        }

    /// Everything that a repair has a step for, at once.
    private func ruin(_ store: DamagedStore) throws {
        try damage(store, .corruptWithACopyInTrash)
        try damage(store, .wrongSize)
        try damage(store, .emptySession)
        try damage(store, .marker)
        try damage(store, .catalogBroken)
    }

    @Test(arguments: places)
    func aRepairThatIsKilledIsFinishedByTheNext(place: String) throws {
        let store = try DamagedStore()
        try ruin(store)
        let killed = try store.bench.strata("fsck", "--repair", environment: ["STRATA_FAILPOINT": place])
        #expect(killed.isKilled, "\(place) is not reached: \(killed.output)\(killed.errors)")
        let (status, findings) = try store.check("--repair")
        #expect(status == 0, "after a kill at \(place): \(findings)")
        let left = try rest(store.check().findings)
        #expect(left.allSatisfy { $0.code == "leftover" }, "after a kill at \(place): \(left)")
        let name = try store.layer()
        #expect(try store.size("blobs/sha256/\(name)") > 1_000_000)
        try store.bench.succeed("scan", "fixtures/small-hybrid.tar")
        #expect(try rest(store.check().findings) == [], "after a kill at \(place), a repair and a scan")
    }

    @Test(arguments: ["repair.before-record", "repair.before-restore", "repair.before-session", "index.before-write"])
    func aStepThatFailsIsToldAndKeepsNoOther(place: String) throws {
        let store = try DamagedStore()
        try ruin(store)
        let outcome = try store.bench.strata("fsck", "--repair", environment: ["STRATA_FAILPOINT": "\(place)=EIO"])
        #expect(outcome.output.contains("not repaired: "), "\(outcome.output)")
        #expect(outcome.output.contains("Input/output error"), "\(outcome.output)")
        #expect(try store.check("--repair").status == 0)
    }

    @Test func aRepairBesideAScanHarmsNothing() throws {
        let store = try DamagedStore()
        let writers = try Fixture.all.map { try store.bench.program.start(["scan", "fixtures/\($0)"]) }
        repeat { #expect(try store.check("--repair").status == 0) } while writers.contains { $0.isRunning }
        for writer in writers { #expect(try writer.wait().status == 0) }
        #expect(try store.check().findings == [])
        #expect(store.bench.problems == [])
    }

    /// Every file of the store but the catalog's, with its bytes.
    private func snapshot(_ store: DamagedStore) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: store.bench.store)
        var files: [String: Data] = [:]
        for name in names where !name.hasPrefix("catalog.") {
            files[name] = FileManager.default.contents(atPath: store.path(name)) ?? Data()
        }
        return files
    }
}
