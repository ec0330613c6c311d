import Foundation
import TestSupport
import Testing

/// `fsck` looks into the build cache, and a repair drops what is of no use there.
struct FsckCacheTests {
    /// A store whose cache has two steps, the second one's layer kept by nothing else.
    private func store() throws -> DamagedStore {
        let bench = try Workbench()
        let script = """
            mkdir "$1/context" && cd "$1/context" && echo one > a && echo two > b
            printf 'FROM scratch\\nCOPY a /a\\n' > Dockerfile && $STRATA build -q -t kept . &&
            printf 'FROM scratch\\nCOPY a /a\\nCOPY b /b\\n' > Dockerfile && $STRATA build -q -t gone . && $STRATA rmi gone
            """
        let made = try bench.shell(script, bench.folder.path)
        #expect(made.status == 0, "\(made.errors)")
        let store = DamagedStore(bench: bench)
        #expect(try store.check().findings == [], "a cache that is well, and keeps a layer that no image has")
        return store
    }

    /// The paths of the records, and of each its layer.
    private func records(_ store: DamagedStore) throws -> [(path: String, layer: String)] {
        try store.bench.names("cache").flatMap { slot in
            try store.bench.names("cache/\(slot)").filter { $0.hasSuffix(".json") }.map { name in
                let path = "cache/\(slot)/\(name)"
                let record = try object(String(contentsOfFile: store.path(path), encoding: .utf8))
                return (path, try #require((record["layer"] as? [String: Any])?["digest"] as? String))
            }
        }
    }

    /// The record whose layer only the cache keeps.
    private func orphan(_ store: DamagedStore) throws -> (path: String, layer: String) {
        let image = try store.bench.succeed("inspect", "kept")
        let all = try records(store)
        #expect(all.count == 2)
        let manifest = try String(
            contentsOfFile: store.path("blobs/sha256/\(try store.manifest().dropFirst(7))"), encoding: .utf8)
        return try #require(all.first { !manifest.contains($0.layer) }, "\(image)")
    }

    private func expect(_ store: DamagedStore, _ code: String, _ path: String, status: Int32, left: Int) throws {
        let (before, findings) = try store.check()
        #expect(before == status && findings.contains { $0.code == code && $0.path == path }, "\(findings)")
        let (repaired, outcomes) = try store.check("--repair")
        #expect(repaired == 0 && outcomes.first { $0.code == code }?.isRepaired == true, "\(outcomes)")
        // A layer that only the record kept is nobody's now.
        #expect(try store.check().findings.filter { !["trash", "orphan"].contains($0.code) } == [])
        #expect(try records(store).count == left)
        let again = try store.bench.shell("$STRATA build --progress plain -t gone \"$1\"", store.bench.folder.path("context"))
        #expect(again.status == 0, "\(again.errors)")
        #expect(try store.check().findings.filter { $0.code != "trash" } == [])
    }

    @Test func aRecordThatIsNoneGoes() throws {
        let store = try store()
        let path = try orphan(store).path
        try store.write(path, Data("{".utf8))
        try expect(store, "cache-lost", path, status: 0, left: 1)
    }

    @Test func aRecordWithoutItsLayerGoes() throws {
        let store = try store()
        let (path, layer) = try orphan(store)
        try store.remove("blobs/sha256/\(layer.dropFirst(7))")
        try expect(store, "cache-lost", path, status: 0, left: 1)
    }

    @Test func aRecordOfADamagedLayerGoesWithIt() throws {
        let store = try store()
        let layer = try orphan(store).layer
        try store.flip("blobs/sha256/\(layer.dropFirst(7))", at: 40)
        try expect(store, "corrupt-blob", "blobs/sha256/\(layer.dropFirst(7))", status: 1, left: 1)
    }

    @Test func aRecordThatLiesIsDamage() throws {
        let store = try store()
        let path = try orphan(store).path
        var record = try object(String(contentsOfFile: store.path(path), encoding: .utf8))
        record["diffID"] = "sha256:" + String(repeating: "a", count: 64)
        try store.write(path, JSONSerialization.data(withJSONObject: record))
        try expect(store, "cache-record", path, status: 1, left: 1)
    }

    @Test func whatAKilledBuildWasWritingGoes() throws {
        let store = try store()
        let path = try orphan(store).path + ".999999999.new"
        try store.write(path, Data("{".utf8))
        try expect(store, "leftover", path, status: 0, left: 2)
    }

    @Test func strayFilesStay() throws {
        let store = try store()
        let slot = try orphan(store).path.split(separator: "/")[1]
        let names = ["cache/odd", "cache/\(slot)/notes.txt", "cache/mounts/odd", "cache/\(slot)/odd.json"]
        for name in names { try store.write(name, Data("mine".utf8)) }
        let (status, findings) = try store.check("--repair")
        #expect(status == 0 && findings.map(\.code) == Array(repeating: "stray", count: 4), "\(findings)")
        #expect(Set(findings.map(\.path)) == Set(names) && findings.allSatisfy { !$0.isRepaired })
    }
}
