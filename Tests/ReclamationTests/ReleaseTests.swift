import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Reclamation
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// What a release takes, what it leaves to others, and the bins it works with.
struct ReleaseTests {
    private let made: HandmadeStore

    init() throws { made = try HandmadeStore() }

    @Test func sharedLayersStayWithTheOtherImage() throws {
        let base = try made.blob(Data("base".utf8), MediaType.layer)
        let (first, second) = (try made.addImage("a:1", layers: [base]), try made.addImage("b:1", layers: [base]))
        #expect(try !made.release([first]).removed.contains(.blob(base.digest)))
        #expect(try made.release([second]).removed.contains(.blob(base.digest)))
        #expect(made.blobNames == [])
    }

    @Test func blobsThatNobodysCommandReleasedAreLeftToCollection() throws {
        let orphan = try made.blob(Data("orphan".utf8), MediaType.layer)
        try made.release([try made.addImage("a:1")])
        #expect(made.blobNames == [orphan.digest.hex])
    }

    @Test func anUnpackedLayerGoesWithTheLastImageThatHasIt() throws {
        let base = try made.blob(Data("base".utf8), MediaType.layer)
        let (first, second) = (try made.addImage("a:1", layers: [base]), try made.addImage("b:1", layers: [base]))
        try made.write("layers/\(base.digest.fileName)/diff/etc/x", Data(count: 5000))
        #expect(try !made.release([first]).removed.contains(.layer(base.digest)))
        let outcome = try made.release([second])
        #expect(outcome.removed.contains(.layer(base.digest)))
        #expect(outcome.freedBytes >= 5000 + 3 * 4096)
        #expect(made.names("layers") == [])
    }

    @Test func whatAContainerUsesStays() throws {
        let image = try made.addImage("a:1")
        try made.addContainer("c1", image)
        let outcome = try made.release([image])
        #expect(outcome.entries == [image])
        #expect(outcome.removed == [])
        #expect(made.blobNames.count == 3)
    }

    @Test func whatALiveSessionHoldsStays() throws {
        let image = try made.addImage("a:1")
        let store = try made.open()
        let session = try store.content.sessions.begin()
        let config = try made.configDigest(of: image)
        #expect(try session.hold(config))
        let outcome = try made.release([image])
        #expect(!outcome.removed.contains(.blob(config)))
        #expect(made.blobNames == [config.hex])
        try session.end()
    }

    @Test func whatADeadSessionHeldGoes() throws {
        let image = try made.addImage("a:1")
        try made.write("ingest/dead/holds", Data("\(image.digest)\n".utf8))
        try made.release([image])
        #expect(made.blobNames == [])
    }

    @Test func anImageThatAnotherProcessBroughtBackMeanwhileStays() throws {
        let image = try made.addImage("a:1")
        let store = try made.open()
        var isFirst = true
        let outcome = try Release(store, now: Timestamp(seconds: 1)).run { names in
            if isFirst { try? made.setEntries([image.pinned(true)]) }
            isFirst = false
            return names.filter { $0.descriptor == image }
        }
        #expect(outcome.entries == [])
        #expect(made.blobNames.count == 3)
        #expect(made.trashNames == [])
    }

    @Test func anEntryWhoseNameALaterOneTookDoesNotComeToLightAgain() throws {
        let (old, new) = (try made.addImage("a:1"), try made.addImage("b:1"))
        var shadowed = old
        shadowed.annotations = new.annotations
        try made.setEntries([shadowed, new])
        try made.release([new])
        #expect(try made.open().names().map(\.reference) == [nil])
    }

    @Test func aReleaseOfNothingFinishesWhatADeadOneBegan() throws {
        let image = try made.addImage("a:1")
        let record = TrashBin.Record(entries: [image], blobs: [image.digest], layers: [])
        try made.write("trash/dead/release.json", Data(try encodeDocument(record)))
        try made.setEntries([])
        let outcome = try made.release([])
        #expect(outcome.removed == [.blob(image.digest)])
        #expect(made.trashNames == [])
    }

    @Test func aRecordWhoseEntriesAreBackReleasesNothing() throws {
        let image = try made.addImage("a:1")
        let record = TrashBin.Record(entries: [image], blobs: [image.digest], layers: [])
        try made.write("trash/dead/release.json", Data(try encodeDocument(record)))
        #expect(try made.release([]).removed == [])
        #expect(made.trashNames == [])
        #expect(made.blobNames.count == 3)
    }

    /// The process died with blobs in the bin, and a person put the old `index.json` back.
    @Test func whatIsNeededAgainIsPutBackBeforeABinIsEmptied() throws {
        let image = try made.addImage("a:1")
        let config = try made.configDigest(of: image)
        let record = TrashBin.Record(entries: [image], blobs: [config], layers: [])
        try made.write("trash/dead/release.json", Data(try encodeDocument(record)))
        try FileManager.default.moveItem(atPath: made.blobPath(config), toPath: "\(made.path)/trash/dead/\(config.fileName)")
        try made.release([])
        #expect(made.blobNames.contains(config.hex))
        #expect(made.trashNames == [])
    }

    @Test func nothingInABinGoesWhileADocumentCannotBeRead() throws {
        let record = TrashBin.Record(entries: [], blobs: [], layers: [])
        try made.write("trash/dead/release.json", Data(try encodeDocument(record)))
        let name = "sha256-\(String(repeating: "a", count: 64))"
        try made.write("trash/dead/\(name)", Data("x".utf8))
        try made.add("bad:1", try made.blob(Data("{".utf8), MediaType.manifest))
        try made.release([])
        #expect(made.names("trash/dead").contains(name))
    }

    @Test func aRepairsBinIsNobodysToFinish() throws {
        try made.write("trash/repair/repair.json", Data("{}".utf8))
        try made.write("trash/repair/sha256-\(String(repeating: "a", count: 64))", Data("x".utf8))
        try made.release([])
        #expect(made.names("trash/repair").count == 2)
    }

    // Kept for a while

    private static let later = Timestamp(seconds: 1_900_000_000)

    @Test func whatIsKeptIsMovedAndMeasured() throws {
        let image = try made.addImage("a:1")
        let outcome = try made.release([image], ReleaseOptions(keepUntil: Self.later, plan: "p"))
        #expect(outcome.freedBytes == 0)
        #expect(outcome.trashedBytes >= 5000)
        #expect(made.blobNames == [])
        #expect(made.names("trash/\(made.trashNames[0])").count == 5)
        try made.release([])
        #expect(made.trashNames.count == 1)
    }

    @Test func aBinWhoseTimeIsOverIsEmptiedByTheNextRelease() throws {
        try made.release([try made.addImage("a:1")], ReleaseOptions(keepUntil: Self.later))
        let outcome = try Release(try made.open(), now: Self.later).run { _ in [] }
        #expect(outcome.freedBytes >= 5000)
        #expect(made.trashNames == [])
    }

    @Test(arguments: [Failpoint.releaseBeforeComplete, .releaseAfterComplete])
    func aBinThatCouldNotBeCompletedIsCompletedByTheNextRelease(point: Failpoint) throws {
        let image = try made.addImage("a:1")
        FailpointScript.shared.force(.noSpace, at: point, below: made.path)
        #expect(try made.release([image], ReleaseOptions(keepUntil: Self.later)).failures.count == 1)
        FailpointScript.shared.clear(below: made.path)
        try made.release([])
        let bin = try #require(made.trashNames.first)
        #expect(made.names("trash/\(bin)").contains("complete"))
        #expect(made.names("trash/\(bin)").contains(image.digest.fileName))
    }
}
