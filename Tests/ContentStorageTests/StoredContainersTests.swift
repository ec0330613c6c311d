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
