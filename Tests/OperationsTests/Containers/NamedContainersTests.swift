import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import Operations
import StorageIO
import Testing

/// Containers found by what people call them, without a runtime and without root.
struct NamedContainersTests {
    private let bench: ContainerBench
    private let (web, database): (String, String)

    init() throws {
        bench = try ContainerBench()
        web = try bench.add("web", id: "ab1")
        database = try bench.add("database", id: "ab2")
    }

    /// Whether a name is looked for among images, where it may be a container's as well.
    private func isImage(_ text: String) throws -> Bool {
        try bench.containers.either(text, container: { _ in false }, image: { true })
    }

    @Test func oneIsFoundByItsNameItsIDAndTheBeginningOfIt() throws {
        for text in ["web", "/web", web, String(web.prefix(12)), "ab1"] {
            #expect(try bench.containers.find(text).container.id == web, "\(text)")
        }
    }

    @Test func theBeginningOfSeveralIDsIsNoneOfThem() throws {
        #expect(throws: ContainerError.severalContainers("ab")) { try bench.containers.find("ab") }
    }

    @Test(arguments: ["", "/", "we", "other", "zz"]) func whatIsNotThereIsSaidToBeAbsent(text: String) throws {
        #expect(throws: ContentError.containerAbsent(text)) { try bench.containers.find(text) }
        #expect(try isImage(text))
    }

    @Test func aNameGoesBeforeTheBeginningOfAnID() throws {
        let other = try bench.add("ab2", id: "cd")
        #expect(try bench.containers.find("ab2").container.id == other)
    }

    @Test func theNewestComesFirstAndADamagedOneApart() throws {
        try bench.damage(database)
        let (items, damaged) = try bench.containers.scan()
        #expect(items.map(\.container.name) == ["web"])
        #expect(damaged.map(\.id.text) == [database])
    }

    @Test func theNameOfADamagedOneIsNotKnownAndThatIsSaid() throws {
        try bench.damage(database)
        let id = try #require(PathPart(database))
        #expect(throws: ContainerError.notFound("database", damaged: [id])) { try bench.containers.find("database") }
        #expect(throws: ContentError.self) { try bench.containers.find("ab2") }
        #expect(try bench.containers.find("web").container.id == web)
        #expect(try isImage("database"))
    }

    @Test(arguments: [OperationError.noSuchSource("shop") as any Error, ImageError.noSuchImage("shop")])
    func whereThereIsNoImageEitherTheDamagedOnesAreTold(failure: any Error) throws {
        try bench.damage(database)
        let id = try #require(PathPart(database))
        #expect(throws: ContainerError.neitherFound("shop", damaged: [id])) {
            try bench.containers.either("shop", container: { _ in }, image: { throw failure })
        }
        #expect(throws: ContentError.sessionEnded, "what else goes wrong with an image stays what it is") {
            try bench.containers.either("shop", container: { _ in }, image: { throw ContentError.sessionEnded })
        }
        #expect(throws: ContentError.sessionEnded) {
            try bench.containers.either("web", container: { _ in throw ContentError.sessionEnded }, image: {})
        }
    }

    @Test func aDamagedNoteOfTheLastRunIsToldAsSuch() throws {
        try bench.damage(web, "state.json", "[]")
        #expect {
            try bench.containers.find("ab1")
        } throws: { error in
            guard case ContentError.containerDamaged(let damage) = error else { return false }
            return damage.path == "containers/\(web)/state.json" && !damage.isOfRecord
        }
    }

    @Test func aNameThatIsTakenIsRefusedAndAnotherIsGiven() throws {
        #expect(throws: ContainerError.nameTaken("database", by: database)) { try bench.containers.rename("web", to: "database") }
        #expect(throws: ContainerError.badName("-x")) { try bench.containers.rename("web", to: "-x") }
        try bench.containers.rename("web", to: "shop")
        #expect(try bench.containers.find("shop").container.id == web)
        #expect(try isImage("web"))
    }

    @Test func aRemovedOneIsGoneAndTheOthersStay() throws {
        #expect(try bench.containers.remove("web", isForced: false))
        #expect(try bench.ids == [database])
        #expect(throws: ContentError.containerAbsent("web")) { try bench.containers.remove("web", isForced: false) }
        #expect(try !bench.containers.remove("web", isForced: true))
    }

    @Test func aDamagedOneIsRemovedByItsWholeIDOrByForce() throws {
        try bench.damage(web, "config.json", "")
        try bench.damage(database, "state.json", "{")
        #expect(throws: ContentError.self) { try bench.containers.remove("ab1", isForced: false) }
        #expect(try bench.containers.remove("ab1", isForced: true))
        #expect(try bench.containers.remove(database, isForced: false))
        #expect(try bench.ids == [])
    }

    @Test func oneThatIsInUseStays() throws {
        let lock = try bench.containers.find("web").folder.lock()
        defer { lock.release() }
        #expect(throws: ContentError.containerInUse(id: web)) { try bench.containers.remove("web", isForced: false) }
        #expect(try bench.ids.count == 2)
    }

    @Test func aFolderWithoutARecordIsClearedByTheNextLook() throws {
        try FileManager.default.removeItem(atPath: "\(bench.store.root.path)/containers/\(web)/config.json")
        #expect(try bench.containers.all().map(\.container.name) == ["database"])
        #expect(try bench.ids == [database])
    }
}
