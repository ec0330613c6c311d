import ContentStorage
import Dispatch
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

@Suite struct IndexTests {
    let fixture: StoreFixture

    init() throws {
        fixture = try StoreFixture()
    }

    private func text() throws -> String {
        try String(contentsOfFile: "\(fixture.path)/index.json", encoding: .utf8)
    }

    private func add(_ text: String, to store: ContentStore? = nil) throws {
        try (store ?? fixture.store).index.update { index in index.manifests.append(descriptor(text)) }
    }

    @Test func anUpdateIsSeenByOthers() throws {
        try add("image")
        #expect(try fixture.reopened().index.read().manifests == [descriptor("image")])
    }

    @Test func returnsWhatTheChangeReturns() throws {
        #expect(try fixture.store.index.update { index in index.manifests.count } == 0)
    }

    @Test func aChangeThatWasDecidedByAnotherIndexIsNotMade() throws {
        let seen = try fixture.store.index.read()
        #expect(try fixture.store.index.update(from: seen) { $0.manifests.append(descriptor("first")) })
        #expect(try !fixture.store.index.update(from: seen) { $0.manifests.append(descriptor("second")) })
        #expect(try fixture.reopened().index.read().manifests == [descriptor("first")])
    }

    @Test func anUpdateThatChangesNothingWritesNothing() throws {
        try fixture.write("{ \"manifests\": [], \"schemaVersion\": 2 }", to: "index.json")
        try fixture.store.index.update { _ in }
        #expect(try text() == "{ \"manifests\": [], \"schemaVersion\": 2 }")
    }

    @Test func aChangeThatThrowsWritesNothing() throws {
        let before = try text()
        #expect(throws: ContentError.sessionEnded) {
            try fixture.store.index.update { index throws(ContentError) in
                index.manifests.append(descriptor("image"))
                throw .sessionEnded
            }
        }
        #expect(try text() == before)
        #expect(try fixture.names("locks") == ["index.lock"])
    }

    @Test func keysAreSortedAndTheSchemaVersionIsThere() throws {
        try add("image")
        let text = try text()
        let manifests = try #require(text.range(of: "\"manifests\""))
        let version = try #require(text.range(of: "\"schemaVersion\":2"))
        #expect(manifests.lowerBound < version.lowerBound)
    }

    @Test func fieldsOfOthersStay() throws {
        let digest = descriptor("theirs").digest
        try fixture.write(
            """
            {"schemaVersion": 2, "x-top": {"a": [1, 2.5, null, true]}, "annotations": {"k": "v"}, "manifests": [
              {"mediaType": "\(MediaType.manifest)", "digest": "\(digest)", "size": 6, "x-own": [9007199254740993], "data": "e30=",
               "platform": {"os": "linux", "architecture": "amd64", "os.features": ["f"]}}]}
            """, to: "index.json")
        try add("ours")
        let data = try Data(contentsOf: URL(fileURLWithPath: "\(fixture.path)/index.json"))
        let index = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let entry = try #require((index["manifests"] as? [[String: Any]])?.first)
        #expect(try text().contains("9007199254740993"))
        #expect((index["annotations"] as? [String: String]) == ["k": "v"])
        #expect(((index["x-top"] as? [String: Any])?["a"] as? [Any])?.count == 4)
        #expect(entry["data"] as? String == "e30=")
        #expect((entry["platform"] as? [String: Any])?["os.features"] as? [String] == ["f"])
    }

    @Test func anIndexThatDoesNotParseIsDamage() throws {
        try fixture.write("{\"schemaVersion\": 2, \"manifests\": [", to: "index.json")
        let error = #expect(throws: ContentError.self) { try fixture.store.index.read() }
        guard case .damaged(.index, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func anUpdateOfADamagedIndexLeavesItAlone() throws {
        try fixture.write("garbage", to: "index.json")
        #expect(throws: ContentError.self) { try add("image") }
        #expect(try text() == "garbage")
    }

    @Test func anIndexThatVanishedIsMissing() throws {
        try FileManager.default.removeItem(atPath: "\(fixture.path)/index.json")
        #expect(throws: ContentError.indexMissing(path: fixture.path)) { try fixture.store.index.read() }
    }

    @Test func anEditMadeDuringAnUpdateIsKept() throws {
        // The other tool knows nothing of the lock: it writes while this update is being worked out.
        let calls = Collected()
        try fixture.store.index.update { index in
            if calls.values.isEmpty {
                calls.add("edited")
                let edit = ImageIndex(manifests: [descriptor("theirs")])
                do { try Data(encodeDocument(edit)).write(to: URL(fileURLWithPath: "\(fixture.path)/index.json")) } catch {
                    Issue.record(error)
                }
            }
            index.manifests.append(descriptor("ours"))
        }
        #expect(try fixture.store.index.read().manifests == [descriptor("theirs"), descriptor("ours")])
    }

    @Test func aReaderWaitsOutAWriteInPlace() throws {
        let path = "\(fixture.path)/index.json"
        let whole = Array(try text().utf8)
        try Data(whole.prefix(whole.count / 2)).write(to: URL(fileURLWithPath: path))
        // A thread of its own: the pools may be busy with other tests for longer than a reader waits.
        let writer = Thread {
            do { try Data(whole).write(to: URL(fileURLWithPath: path)) } catch { Issue.record(error) }
        }
        writer.start()
        #expect(try fixture.store.index.read().manifests.isEmpty)
    }

    @Test func manyWritersLoseNothing() throws {
        DispatchQueue.concurrentPerform(iterations: 8) { writer in
            do {
                let store = try fixture.reopened()
                for number in 0..<10 { try add("\(writer)/\(number)", to: store) }
            } catch {
                Issue.record(error)
            }
        }
        #expect(Set(try fixture.store.index.read().manifests).count == 80)
    }

    @Test func readersNeverSeeAHalfWrittenIndex() throws {
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            do {
                let store = try fixture.reopened()
                for number in 0..<30 {
                    if thread == 0 { try add("image \(number)", to: store) } else { _ = try store.index.read() }
                }
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func aHeldLockIsBusyInTheEnd() throws {
        let store = try ContentStore.open(at: FilePath(fixture.path), create: false, patience: .milliseconds(20))
        let other = try FileLock.acquire("index.lock", in: store.locks.folder(), .exclusive, patience: .zero)
        defer { other.release() }
        #expect(throws: ContentError.busy(path: "\(fixture.path)/locks/index.lock")) { try add("image", to: store) }
    }

    #if STRATA_FAILPOINTS
        @Test(arguments: [Failpoint.indexBeforeWrite, .indexAfterWrite, .indexAfterSync])
        func aFailureBeforeTheRenameKeepsTheOldIndex(point: Failpoint) throws {
            try add("old")
            FailpointScript.shared.force(.noSpace, at: point, below: fixture.path)
            defer { FailpointScript.shared.clear(below: fixture.path) }
            #expect(throws: ContentError.self) { try add("new") }
            #expect(try fixture.store.index.read().manifests == [descriptor("old")])
            #expect(try fixture.names("locks").filter { !$0.hasPrefix("spare.") } == ["index.lock", "reserve"])
        }
    #endif
}
