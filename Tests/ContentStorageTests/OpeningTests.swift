import ContentStorage
import Dispatch
import Foundation
import OCISpec
import StorageIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite struct OpeningTests {
    let scratch: TemporaryDirectory

    init() throws {
        scratch = try TemporaryDirectory()
    }

    private var path: FilePath { FilePath(scratch.path("store")) }

    private func open(create: Bool) throws(ContentError) -> ContentStore {
        try ContentStore.open(at: path, create: create)
    }

    private func write(_ text: String, to name: String) throws {
        let url = URL(fileURLWithPath: scratch.path("store/\(name)"))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
    }

    private func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: scratch.path("store/\(name)"))
    }

    @Test func aNewStoreIsWhole() throws {
        _ = try open(create: true)
        #expect(StoreChecker.problems(at: scratch.path("store")) == [])
    }

    @Test func aNewStoreIsAnEmptyLayout() throws {
        let index = try open(create: true).index.read()
        #expect(index.schemaVersion == 2 && index.manifests.isEmpty)
    }

    @Test func aMissingStoreIsAbsentUnlessItIsToBeMade() throws {
        #expect(throws: ContentError.absent(path: path.string)) { try open(create: false) }
        #expect(!FileManager.default.fileExists(atPath: path.string))
    }

    @Test func anEmptyDirectoryIsAnAbsentStore() throws {
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: true)
        #expect(throws: ContentError.absent(path: path.string)) { try open(create: false) }
        _ = try open(create: true)
    }

    @Test func keepsItsIDWhenOpenedAgain() throws {
        let id = try open(create: true).storeID
        #expect(id != nil)
        #expect(try open(create: true).storeID == id)
        #expect(try open(create: false).storeID == id)
    }

    @Test func twoStoresHaveTwoIDs() throws {
        let other = try ContentStore.open(at: FilePath(scratch.path("other")), create: true)
        #expect(try open(create: true).storeID != other.storeID)
    }

    @Test(arguments: [true, false])
    func aStoreWithoutItsIndexIsDamagedNotEmpty(create: Bool) throws {
        _ = try open(create: true)
        try remove("index.json")
        #expect(throws: ContentError.indexMissing(path: path.string)) { try open(create: create) }
    }

    @Test(arguments: [true, false])
    func aLayoutWithoutItsIndexIsDamagedNotEmpty(create: Bool) throws {
        try write("{\"imageLayoutVersion\": \"1.0.0\"}", to: "oci-layout")
        #expect(throws: ContentError.indexMissing(path: path.string)) { try open(create: create) }
    }

    @Test func refusesADirectoryWithOtherThings() throws {
        try write("precious", to: "thesis.txt")
        #expect(throws: ContentError.notAStore(path: path.string)) { try open(create: true) }
        #expect(throws: ContentError.notAStore(path: path.string)) { try open(create: false) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: path.string) == ["thesis.txt"])
    }

    @Test func refusesAnotherProgramsIndex() throws {
        try write("{}", to: "index.json")
        try write("x", to: "package.json")
        #expect(throws: ContentError.notAStore(path: path.string)) { try open(create: true) }
    }

    @Test func refusesANewerFormat() throws {
        _ = try open(create: true)
        try write("{\"format\": 2}", to: "strata.json")
        #expect(throws: ContentError.newerFormat(path: path.string, found: 2, supported: 1)) { try open(create: true) }
    }

    @Test func aFormatThatDoesNotParseIsDamage() throws {
        _ = try open(create: true)
        try write("{\"format\":", to: "strata.json")
        let error = #expect(throws: ContentError.self) { try open(create: true) }
        guard case .damaged(.format, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func readsAPlainLayoutWithoutWriting() throws {
        try write("{\"imageLayoutVersion\": \"1.0.0\"}", to: "oci-layout")
        try write("{\"schemaVersion\": 2, \"manifests\": []}", to: "index.json")
        #expect(try open(create: false).index.read().manifests.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path.string).sorted() == ["index.json", "oci-layout"])
    }

    @Test func completesAPlainLayoutAndKeepsItsIndex() throws {
        let text = "{\"schemaVersion\": 2, \"manifests\": [], \"annotations\": {\"by\": \"another\"}}"
        try write("{\"imageLayoutVersion\": \"1.0.0\"}", to: "oci-layout")
        try write(text, to: "index.json")
        _ = try open(create: true)
        #expect(try String(contentsOfFile: scratch.path("store/index.json"), encoding: .utf8) == text)
        #expect(StoreChecker.problems(at: path.string) == [])
    }

    @Test(arguments: [
        ["index.json.new"], ["index.json"], ["index.json", "oci-layout.new"], ["index.json", "oci-layout", "strata.json.new"],
    ])
    func completesWhatAKilledProcessLeft(files: [String]) throws {
        for name in files {
            let isIndex = name == "index.json"
            let text = isIndex ? "{\"schemaVersion\":2,\"manifests\":[]}" : "{\"imageLayoutVersion\":\"1.0.0\"}"
            try write(name.hasSuffix(".new") ? "{\"half" : text, to: name)
        }
        _ = try open(create: true)
        #expect(StoreChecker.problems(at: path.string) == [])
    }

    @Test func manyMakersMakeOneStore() {
        let collected = Collected()
        DispatchQueue.concurrentPerform(iterations: 16) { [path] _ in
            do { collected.add(try ContentStore.open(at: path, create: true).storeID ?? "") } catch { Issue.record(error) }
        }
        #expect(collected.values.count == 1)
        #expect(StoreChecker.problems(at: path.string) == [])
    }

    #if STRATA_FAILPOINTS
        static let creation = Failpoint.allCases.filter { point in
            ["store.", "new-index.", "marker.", "format."].contains { point.rawValue.hasPrefix($0) }
        }
    #else
        static let creation: [Failpoint] = []
    #endif

    @Test(arguments: creation)
    func aMakingThatFailsIsMadeGoodByTheNext(point: Failpoint) throws {
        #if STRATA_FAILPOINTS
            FailpointScript.shared.force(.noSpace, at: point, below: path.string)
            #expect(throws: ContentError.self) { try open(create: true) }
            FailpointScript.shared.clear(below: path.string)
        #endif
        _ = try open(create: true)
        #expect(StoreChecker.problems(at: path.string) == [])
    }
}

/// Distinct texts from several threads.
final class Collected: Sendable {
    private let texts = Mutex<Set<String>>([])

    var values: Set<String> { texts.withLock { $0 } }

    func add(_ text: String) { texts.withLock { _ = $0.insert(text) } }
}
