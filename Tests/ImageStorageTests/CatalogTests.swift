import ContentStorage
import Dispatch
import Foundation
import ImageStorage
import LayerArchive
import OCISpec
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct CatalogTests {
    let fixture: ImageFixture
    private let diffID = Digest(hashing: Array("layer".utf8))
    private let index = LayerIndex([LayerEntry(path: Array("etc/os-release".utf8), kind: .file, size: 1000)])

    init() throws {
        fixture = try ImageFixture()
    }

    private var catalog: Catalog { fixture.images.catalog }
    private var facts: LayerFacts { LayerFacts(diffID: diffID, tarBytes: 2048, contentBytes: 1000, entryCount: 1) }

    private func fill(_ catalog: Catalog) {
        catalog.record(facts, encodedIndex: LayerIndexCodec.encode(index))
    }

    @Test func keepsFactsAndIndex() throws {
        fill(catalog)
        let again = try fixture.reopened().catalog
        #expect(again.layerFacts(diffID) == facts)
        #expect(again.layerIndex(diffID) == index)
        #expect(again.hasLayerIndex(diffID))
    }

    @Test func knowsNothingOfOtherLayers() throws {
        fill(catalog)
        let other = Digest(hashing: [])
        #expect(catalog.layerFacts(other) == nil)
        #expect(catalog.layerIndex(other) == nil)
        #expect(!catalog.hasLayerIndex(other))
    }

    @Test func aSecondRecordReplacesTheFirst() throws {
        fill(catalog)
        var changed = facts
        changed.tarBytes = 4096
        catalog.record(changed, encodedIndex: LayerIndexCodec.encode(LayerIndex()))
        #expect(catalog.layerFacts(diffID) == changed)
        #expect(catalog.layerIndex(diffID) == LayerIndex())
    }

    @Test func anIndexThatDoesNotDecodeIsUnknownAndGoes() throws {
        catalog.record(facts, encodedIndex: [0xff, 1, 2, 3])
        #expect(catalog.layerIndex(diffID) == nil)
        #expect(!catalog.hasLayerIndex(diffID))
        #expect(catalog.layerFacts(diffID) == facts)
    }

    @Test func keepsWhichBlobIsWhichLayer() throws {
        let (gzip, zstd) = (Digest(hashing: [1]), Digest(hashing: [2]))
        catalog.recordBlob(gzip, compressedBytes: 700, diffID: diffID, compression: .gzip)
        catalog.recordBlob(zstd, compressedBytes: 600, diffID: diffID, compression: .zstd)
        #expect(catalog.diffID(ofBlob: gzip) == diffID)
        #expect(catalog.blobs(ofDiffID: diffID).map(\.digest) == [zstd, gzip])
        #expect(catalog.blobs(ofDiffID: diffID).map(\.compressedBytes) == [600, 700])
        #expect(catalog.diffID(ofBlob: diffID) == nil)
    }

    @Test func keepsWhenAnImageWasImportedAndUsed() throws {
        let image = Digest(hashing: [3])
        catalog.recordImported(image, at: Timestamp(seconds: 1000))
        catalog.recordUsed(image, at: Timestamp(seconds: 3000))
        catalog.recordUsed(image, at: Timestamp(seconds: 2000))
        #expect(catalog.imported(image) == Timestamp(seconds: 1000))
        #expect(catalog.lastUsed(image) == Timestamp(seconds: 3000))
        #expect(catalog.lastUsed(Digest(hashing: [4])) == nil)
    }

    @Test func aClosedCatalogOpensAgain() throws {
        fill(catalog)
        catalog.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: fixture.path).contains("catalog.sqlite-wal") == false)
        #expect(catalog.layerFacts(diffID) == facts)
    }

    @Test func askingNothingMakesNoFile() throws {
        _ = try fixture.reopened().names()
        #expect(!FileManager.default.fileExists(atPath: "\(fixture.path)/catalog.sqlite"))
    }

    @Test func manyThreadsAndConnectionsWriteAtOnce() throws {
        DispatchQueue.concurrentPerform(iterations: 8) { writer in
            do {
                let catalog = writer % 2 == 0 ? fixture.images.catalog : try fixture.reopened().catalog
                for number in 0..<10 {
                    let diffID = Digest(hashing: [UInt8(writer), UInt8(number)])
                    let facts = LayerFacts(diffID: diffID, tarBytes: 1, contentBytes: 1, entryCount: 1)
                    catalog.record(facts, encodedIndex: LayerIndexCodec.encode(index))
                    if catalog.layerIndex(diffID) != index { Issue.record("lost \(writer)/\(number)") }
                }
                #expect(catalog.problems == [])
            } catch {
                Issue.record(error)
            }
        }
        for writer in 0..<8 {
            for number in 0..<10 {
                #expect(catalog.hasLayerIndex(Digest(hashing: [UInt8(writer), UInt8(number)])))
            }
        }
    }

    /// A layer that another process records again is known at every moment, and nothing else that is known goes.
    @Test func aLayerThatIsRecordedAgainIsAlwaysKnown() throws {
        fill(catalog)
        let blob = Digest(hashing: Array("blob".utf8))
        catalog.recordBlob(blob, compressedBytes: 10, diffID: diffID, compression: .gzip)
        let writer = try fixture.reopened().catalog
        let reader = try fixture.reopened().catalog
        let isDone = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 2) { side in
            if side == 0 {
                repeat { fill(writer) } while !isDone.load(ordering: .acquiring)
            } else {
                var missed = 0
                for _ in 0..<5000 where reader.standing(ofBlob: blob, bytes: 10, as: diffID) != .known { missed += 1 }
                isDone.store(true, ordering: .releasing)
                #expect(missed == 0)
            }
        }
        #expect(reader.problems == [] && writer.problems == [])
    }

    @Test func aStoreThatCannotBeWrittenToHasACatalogInMemory() throws {
        // A directory in its place: even root cannot open that.
        try FileManager.default.createDirectory(
            atPath: "\(fixture.path)/catalog.sqlite", withIntermediateDirectories: false)
        #expect(catalog.layerFacts(diffID) == nil)
        fill(catalog)
        #expect(catalog.layerIndex(diffID) == index)
        #expect(catalog.problems.map(\.kind) == [.unavailable])
    }

    #if STRATA_FAILPOINTS
        @Test func aWriteThatFailsIsAProblemAndNoError() throws {
            FailpointScript.shared.force(.noSpace, at: .catalogBeforeWrite, below: fixture.path)
            defer { FailpointScript.shared.clear(below: fixture.path) }
            fill(catalog)
            #expect(catalog.problems.map(\.kind) == [.notRecorded])
            #expect(catalog.layerFacts(diffID) == nil)
        }

        @Test(arguments: [
            Failpoint.catalogBeforeCreate, .catalogAfterCreate, .catalogAfterRemove, .catalogAfterRename,
        ])
        func aCreationThatFailsIsMadeGoodByTheNext(point: Failpoint) throws {
            FailpointScript.shared.force(.noSpace, at: point, below: fixture.path)
            #expect(catalog.layerFacts(diffID) == nil)
            FailpointScript.shared.clear(below: fixture.path)
            let again = try fixture.reopened().catalog
            fill(again)
            #expect(again.problems == [])
            #expect(StoreChecker.problems(at: fixture.path) == [])
            #expect(try fixture.reopened().catalog.layerFacts(diffID) == facts)
        }
    #endif
}
