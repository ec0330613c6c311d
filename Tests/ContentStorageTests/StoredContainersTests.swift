import ContentStorage
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// The containers of a store: each is listed, locked and removed by one owner.
@Suite struct StoredContainersTests {
    let fixture: StoreFixture
    private let image = descriptor("an image")

    init() throws { fixture = try StoreFixture() }

    private var containers: StoredContainers { fixture.store.containers }

    @discardableResult
    private func add(_ id: String, _ text: String? = nil) throws -> PathPart {
        let folder = "\(fixture.path)/containers/\(id)"
        try FileManager.default.createDirectory(atPath: "\(folder)/merged", withIntermediateDirectories: true)
        let json =
            #"{"name":"\#(id)","image":{"mediaType":"\#(image.mediaType)","digest":"\#(image.digest)","size":\#(image.size)}}"#
        try Data((text ?? json).utf8).write(to: URL(fileURLWithPath: "\(folder)/config.json"))
        return try #require(PathPart(id))
    }

    @Test func aStoreThatNeverHadAContainerHasNone() throws {
        #expect(try containers.ids() == [] && containers.records() == [])
        #expect(!FileManager.default.fileExists(atPath: "\(fixture.path)/containers"), "a look made a folder")
    }

    @Test func eachIsListedWithItsImage() throws {
        try add("b")
        try add("a")
        let records = try containers.records()
        #expect(records.map(\.id.text) == ["a", "b"])
        #expect(records.allSatisfy { $0.image == image })
    }

    @Test func aDamagedOneIsListedAsSuchAndNeverAsOneThatKeepsNothing() throws {
        try add("a")
        try add("b", "{")
        let all = try containers.all()
        #expect(all.count == 2)
        #expect(throws: ContentError.self) { try containers.records() }
        guard case .failure(let damage)? = all.last?.record else { throw Unexpected(all) }
        #expect(damage.id.text == "b" && damage.isOfRecord)
        #expect(damage.path == "containers/b/config.json")
    }

    @Test func aFolderWithoutARecordKeepsNothing() throws {
        try FileManager.default.createDirectory(atPath: "\(fixture.path)/containers/half", withIntermediateDirectories: true)
        #expect(try containers.records() == [])
        #expect(try containers.ids().map(\.text) == ["half"])
    }

    /// Made with `--rm`, and with a run of which nobody saw the end.
    private func addKilled(_ id: String) throws -> PathPart {
        let record = #"""
            {"name":"\#(id)","image":{"mediaType":"\#(image.mediaType)","digest":"\#(image.digest)","size":\#(image.size)},
            "settings":{"isRemovedAtEnd":true}}
            """#
        let part = try add(id, record)
        try fixture.write(#"{"boot":"x","began":"2024-01-01T00:00:00Z"}"#, to: "containers/\(id)/state.json")
        return part
    }

    @Test func oneThatWasToGoWithItsEndKeepsNothingOnceItsKeeperIsDead() throws {
        let id = try addKilled("a")
        #expect(try containers.records() == [])
        let lock = try containers.folder(id).lock()
        defer { lock.release() }
        try fixture.write(#"{"boot":"x","began":"2024-01-01T00:00:00Z"}"#, to: "containers/a/state.json")
        #expect(try containers.records().map(\.id) == [id], "while it runs it keeps its image")
    }

    @Test func oneThatWasToGoWithItsEndAndHasNotBegunKeepsItsImage() throws {
        let id = try addKilled("a")
        try FileManager.default.removeItem(atPath: "\(fixture.path)/containers/a/state.json")
        #expect(try containers.records().map(\.id) == [id])
    }

    @Test func oneOfWhoseRunNothingIsKnownKeepsItsImage() throws {
        let id = try addKilled("a")
        try fixture.write("{", to: "containers/a/state.json")
        #expect(try containers.records().map(\.id) == [id])
    }

    #if STRATA_FAILPOINTS
        @Test func oneThatCannotBeRemovedStaysAContainer() throws {
            let id = try add("a")
            FailpointScript.shared.force(.ioError, at: .containerRemoving, below: fixture.path)
            #expect(throws: ContentError.self) { try containers.remove(id) }
            FailpointScript.shared.clear(below: fixture.path)
            #expect(try containers.records().map(\.id) == [id])
            #expect(try containers.remove(id) != nil)
            #expect(try fixture.names("containers") == [])
        }

        /// Else it would look as if it had not begun, and stay for ever.
        @Test func oneThatIsOverAndCannotBeRemovedStaysOver() throws {
            let id = try addKilled("a")
            for name in ["diff", "log", "lower", "work"] { try fixture.write("", to: "containers/a/\(name)") }
            FailpointScript.shared.force(.ioError, at: .containerRemoving, below: fixture.path, occurrence: 4)
            #expect(throws: ContentError.self) { try containers.remove(id) }
            FailpointScript.shared.clear(below: fixture.path)
            let left = try fixture.names("containers/a")
            #expect(left.count == 3 && Set(left).isSuperset(of: ["config.json", "state.json"]), "\(left)")
            #expect(try containers.records() == [])
        }
    #endif

    @Test func oneWhoseRemovalWasKilledIsNoContainer() throws {
        let id = try add("a")
        let folder = "\(fixture.path)/containers/a"
        try FileManager.default.moveItem(atPath: "\(folder)/config.json", toPath: "\(folder)/removed.json")
        #expect(try containers.records() == [])
        #expect(try containers.remove(id) != nil)
        #expect(try fixture.names("containers") == [])
    }

    @Test func aSymlinkInPlaceOfAllContainersIsRefused() throws {
        try FileManager.default.createSymbolicLink(
            atPath: "\(fixture.path)/containers", withDestinationPath: fixture.scratch.path)
        #expect(throws: ContentError.self) { try containers.ids() }
    }

    @Test func oneThatIsLockedIsInUseAndStays() throws {
        let id = try add("a")
        let lock = try containers.folder(id).lock()
        #expect(try containers.isInUse(id))
        #expect(try containers.remove(id) == nil)
        lock.release()
        #expect(try !containers.isInUse(id))
        #expect(try containers.remove(id) != nil)
        #expect(try fixture.names("containers") == [])
    }

    @Test func oneThatIsGoneIsNeitherInUseNorRemoved() throws {
        let id = try #require(PathPart("gone"))
        #expect(try !containers.isInUse(id))
        #expect(try containers.remove(id) == nil)
        #expect(throws: ContentError.containerAbsent("gone")) { try containers.folder(id) }
    }

    @Test func aDamagedOneIsSetAsideWhole() throws {
        let id = try add("a", "")
        let damages = try containers.damages(id)
        #expect(damages.map(\.file) == ["config.json"])
        let path = try containers.setAside(try #require(damages.first), record: Array("{}".utf8))
        #expect(try fixture.names("containers") == [])
        #expect(try fixture.names(try #require(path)) == ["config.json", "merged"])
        #expect(try containers.setAside(try #require(damages.first), record: []) == nil, "it is gone")
    }

    @Test func aDamagedNoteOfTheLastRunIsSetAsideAlone() throws {
        let id = try add("a")
        try Data("[".utf8).write(to: URL(fileURLWithPath: "\(fixture.path)/containers/a/state.json"))
        let damage = try #require(try containers.damages(id).first { !$0.isOfRecord })
        #expect(damage.path == "containers/a/state.json")
        _ = try containers.setAside(damage, record: Array("{}".utf8))
        #expect(try fixture.names("containers/a") == ["config.json", "merged"])
    }

    @Test func whatIsInUseIsNotSetAside() throws {
        let id = try add("a", "")
        let damage = try #require(try containers.damages(id).first)
        let lock = try containers.folder(id).lock()
        defer { lock.release() }
        #expect(throws: ContentError.containerInUse(id: "a")) { try containers.setAside(damage, record: Array("{}".utf8)) }
    }

    private struct Unexpected: Error {
        let value: String
        init(_ value: some Any) { self.value = "\(value)" }
    }
}
