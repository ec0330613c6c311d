import ContentStorage
import Dispatch
import Foundation
import GRDB
import ImageStorage
import LayerArchive
import OCISpec
import SystemPackage
import TestSupport
import Testing

/// However the file was damaged, the catalog is empty and works, and nobody is told.
@Suite struct CatalogDamageTests {
    let fixture: ImageFixture

    init() throws {
        fixture = try ImageFixture()
    }

    enum Damage: String, CaseIterable {
        case missing, empty, garbage, halved, headerOnly, zeroedMiddle, otherApplication, otherSchema, older, newer, foreign
        case noStoreTable, tablesDropped, garbageJournal
    }

    private static let layers = (0..<40).map { Digest(hashing: [UInt8($0)]) }
    private static let index = LayerIndex(
        (0..<200).map { LayerEntry(path: Array("some/directory/file\($0)".utf8), kind: .file, size: Int64($0)) })

    private var file: URL { URL(fileURLWithPath: "\(fixture.path)/catalog.sqlite") }

    private func fill(_ catalog: Catalog) {
        for diffID in Self.layers {
            let facts = LayerFacts(diffID: diffID, tarBytes: 1, contentBytes: 2, entryCount: 3)
            catalog.record(facts, encodedIndex: LayerIndexCodec.encode(Self.index))
        }
    }

    /// Whether the catalog has all that `fill` gives it.
    private func isFull(_ catalog: Catalog) -> Bool {
        Self.layers.allSatisfy { catalog.layerIndex($0) == Self.index }
    }

    /// Whether no answer is a wrong one.
    private func isHonest(_ catalog: Catalog) -> Bool {
        Self.layers.allSatisfy { diffID in catalog.layerIndex(diffID).map { $0 == Self.index } ?? true }
    }

    private func sql(_ text: String) throws {
        try DatabaseQueue(path: file.path).writeWithoutTransaction { try $0.execute(sql: text) }
    }

    private func apply(_ damage: Damage) throws {
        let bytes = try Data(contentsOf: file)
        switch damage {
        case .missing: try FileManager.default.removeItem(at: file)
        case .empty: try Data().write(to: file)
        case .garbage: try Data(repeating: 0x5a, count: 100_000).write(to: file)
        case .halved: try bytes.prefix(bytes.count / 2).write(to: file)
        case .headerOnly: try bytes.prefix(100).write(to: file)
        case .zeroedMiddle:
            var damaged = bytes
            damaged.replaceSubrange(20_000..<(bytes.count - 1000), with: Data(repeating: 0, count: bytes.count - 21_000))
            try damaged.write(to: file)
        case .otherApplication: try sql("PRAGMA application_id = 7")
        case .otherSchema: try sql("ALTER TABLE store RENAME TO shop")
        case .older: try sql("PRAGMA user_version = 0")
        case .newer: try sql("PRAGMA user_version = 999")
        case .foreign: try sql("UPDATE store SET id = 'another store'")
        case .noStoreTable: try sql("DROP TABLE store")
        case .tablesDropped: try sql("DROP TABLE layer; DROP TABLE layerIndex")
        case .garbageJournal:
            for suffix in ["-wal", "-shm"] {
                try Data(repeating: 0x5a, count: 50_000).write(to: URL(fileURLWithPath: file.path + suffix))
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func isReplacedSilently(damage: Damage) throws {
        fill(fixture.images.catalog)
        fixture.images.catalog.close()
        try apply(damage)
        let catalog = try fixture.reopened().catalog
        #expect(isHonest(catalog))
        fill(catalog)
        #expect(catalog.problems == [])
        #expect(isFull(catalog))
        catalog.close()
        let again = try fixture.reopened().catalog
        #expect(isFull(again))
        again.close()
        #expect(StoreChecker.problems(at: fixture.path) == [])
    }

    /// The times that no blob tells stay, and nothing else does.
    @Test(arguments: [3, 2, 999]) func ofACatalogOfAnotherVersionOnlyTheTimesAreBelieved(version: Int) throws {
        let catalog = fixture.images.catalog
        fill(catalog)
        let image = Digest(hashing: [7])
        catalog.recordImported(image, at: Timestamp(seconds: 1_700_000_000))
        catalog.recordUsed(image, at: Timestamp(seconds: 1_710_000_000))
        catalog.recordBlob(Digest(hashing: [8]), compressedBytes: 3, diffID: Self.layers[0], compression: .gzip)
        catalog.close()
        try sql("INSERT INTO image (digest, importedAt) VALUES ('nothing', 1), (x'00ff', 'soon')")
        try sql("PRAGMA user_version = \(version)")
        let again = try fixture.reopened().catalog
        #expect(again.layerFacts(Self.layers[0]) == nil)
        #expect(again.diffID(ofBlob: Digest(hashing: [8])) == nil)
        #expect(again.imported(image) == Timestamp(seconds: 1_700_000_000))
        #expect(again.lastUsed(image) == Timestamp(seconds: 1_710_000_000))
        again.close()
        let count = try DatabaseQueue(path: file.path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM image") }
        #expect(count == 1)
    }

    @Test func aForeignCatalogIsEmptied() throws {
        fill(fixture.images.catalog)
        fixture.images.catalog.close()
        try apply(.foreign)
        #expect(try fixture.reopened().catalog.layerFacts(Self.layers[0]) == nil)
    }

    @Test(arguments: [Damage.garbage, .older, .missing, .foreign, .zeroedMiddle])
    func manyReplaceItAtTheSameTime(damage: Damage) throws {
        fill(fixture.images.catalog)
        fixture.images.catalog.close()
        try apply(damage)
        DispatchQueue.concurrentPerform(iterations: 8) { number in
            do {
                let catalog = try fixture.reopened().catalog
                let diffID = Digest(hashing: [99, UInt8(number)])
                let facts = LayerFacts(diffID: diffID, tarBytes: 1, contentBytes: 2, entryCount: 3)
                #expect(isHonest(catalog))
                catalog.record(facts, encodedIndex: LayerIndexCodec.encode(Self.index))
                #expect(catalog.problems == [])
            } catch {
                Issue.record(error)
            }
        }
        let catalog = try fixture.reopened().catalog
        fill(catalog)
        #expect(isFull(catalog))
        #expect(catalog.problems == [])
        let check = try DatabaseQueue(path: file.path).read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
        #expect(check == "ok")
    }

    @Test func anOpenCatalogSurvivesItsReplacementByAnother() throws {
        let first = fixture.images.catalog
        fill(first)
        try apply(.garbage)
        let second = try fixture.reopened().catalog
        fill(second)
        #expect(isHonest(first))
        first.close()
        #expect(isFull(second))
        second.close()
        let third = try fixture.reopened().catalog
        #expect(isFull(third))
    }

    @Test func anOpenCatalogFindsDamageWhileInUse() throws {
        let catalog = fixture.images.catalog
        fill(catalog)
        catalog.close()
        #expect(catalog.layerFacts(Self.layers[0]) != nil)
        let handle = try FileHandle(forUpdating: file)
        let end = try handle.seekToEnd()
        try handle.seek(toOffset: 0)
        try handle.write(contentsOf: Data(repeating: 0x5a, count: Int(end)))
        try handle.close()
        fill(catalog)
        #expect(isHonest(catalog))
        catalog.close()
        let again = try fixture.reopened().catalog
        fill(again)
        #expect(isFull(again))
    }
}
