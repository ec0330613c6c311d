import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import SystemPackage
import TestSupport
import Testing

/// Plans and records that strangers wrote: whatever names are in them, nothing is touched but what they may name.
struct HostileNameTests {
    private static let now = Timestamp(seconds: 1_900_000_000)
    private static let types = ["image", "blob", "layer", "container", "cache", "partial"]

    private let made: HandmadeStore
    private let image: Descriptor

    init() throws {
        made = try HandmadeStore()
        image = try made.addImage("a:1")
        try plant()
    }

    /// A tree beside the store, and symlinks to it in every folder that plans and records name something of.
    private func plant() throws {
        for name in ["precious/file", "precious/sub/file", "precious/release.json"] {
            try made.write("../\(name)", Data("\(name) is somebody's".utf8))
        }
        // One that reads as a container's: what cannot be read would end everything before anything goes.
        let record = try JSONSerialization.data(withJSONObject: ["id": "link", "image": image.json] as [String: Any])
        try made.write("../precious/config.json", record)
        let digest = Self.digest.hex
        for place in [
            "containers/link", "ingest/link", "trash/link", "cache/mounts/\(digest)", "layers/sha256-\(digest)",
        ] {
            try link(place, to: made.folder.path("precious"))
        }
        try link("blobs/sha256/\(digest)", to: made.folder.path("precious/file"))
    }

    private static let digest = sha256(Data("a name that is a symlink".utf8))

    private func link(_ place: String, to target: String) throws {
        let path = "\(made.path)/\(place)"
        try FileManager.default.createDirectory(
            atPath: URL(fileURLWithPath: path).deletingLastPathComponent().path, withIntermediateDirectories: true)
        try #require(symlink(target, path) == 0)
    }

    /// All paths of the test's folder with what is in the files; what strata itself writes at any time is left out.
    private func snapshot() throws -> [String: Data] {
        let own = ["store/catalog.sqlite", "store/locks", "store/trash"]
        var found: [String: Data] = [:]
        let paths = try FileManager.default.subpathsOfDirectory(atPath: made.folder.path)
        for path in paths where !own.contains(where: path.hasPrefix) {
            found[path] = FileManager.default.contents(atPath: made.folder.path(path)) ?? Data()
        }
        return found
    }

    private func name(_ random: inout SeededNumbers) -> String {
        let target = random.one(of: ["precious", "precious/sub", "store/blobs", "store", "store/index.json"])
        let up = String(repeating: "../", count: random.number(1...4))
        let plain = [
            "", ".", "..", "/", "../", "./x", "x/..", "\0", "link", "link/sub", "link/../../../precious", up + target,
            made.folder.path(target), "/" + up + target, "x\0/" + up + target,
            String(repeating: "x", count: random.number(250...5000)),
            Self.digest.description, Self.digest.hex, Self.digest.fileName, "sha256:\(up)\(target)", "sha256-\(up)\(target)",
            "..\u{2215}\(target)", "%2e%2e/\(target)",
        ]
        let name = random.one(of: plain)
        return random.chance(30) ? "mount:\(name)" : name
    }

    private func plan(_ random: inout SeededNumbers) throws -> Data {
        let victims: [[String: Any]] = (0..<random.number(1...3)).map { _ in
            let type = random.one(of: Self.types)
            var victim: [String: Any] = [
                "type": type, "name": name(&random), "reason": "none", "freesBytes": 0, "releases": [String](),
            ]
            if random.chance(15) { victim["releases"] = [name(&random)] }
            if random.chance(15) { victim["releasedLayers"] = [name(&random)] }
            return victim
        }
        return try JSONSerialization.data(withJSONObject: [
            "kind": "reclamation-plan", "schemaVersion": 1, "id": random.chance(20) ? name(&random) : "deadbeef0000",
            "generation": "", "trashSeconds": random.chance(30) ? 60 : 0, "victims": victims, "kept": [[String: Any]](),
            "totals": ["victims": victims.count, "freesBytes": 0],
        ])
    }

    @Test(arguments: 0..<200) func aPlanTouchesNothingThatItMayNotName(seed: Int) throws {
        var random = SeededNumbers(seed: seed)
        let bytes = [UInt8](try plan(&random))
        let store = try made.open()
        defer { store.catalog.close() }
        let before = try snapshot()
        do throws(DocumentError) {
            let plan = try decodeDocument(ReclamationPlan.self, from: bytes)
            _ = try? PlanExecution(store, now: Self.now).run(plan)
            try? store.content.plans.remove(id: plan.id)
        } catch {
            // Refused, or carried out in part: either way nothing else may have changed.
        }
        // A symlink that a plan names by its digest is moved as such: it is what stands there.
        let links = Set(["store/blobs/sha256/\(Self.digest.hex)", "store/layers/\(Self.digest.fileName)"])
        let after = try snapshot()
        #expect(before.filter { !links.contains($0.key) } == after.filter { !links.contains($0.key) })
    }

    @Test(arguments: types, ["../../precious", "..", "", "/etc", "a/b", "x\0"])
    func aPathIsNoVictimsName(type: String, name: String) throws {
        // An image has entries of the index in place of a name.
        guard type != "image" else { return }
        let typed = type == "cache" ? "mount:\(name)" : name
        let plan: [String: Any] = [
            "kind": "reclamation-plan", "schemaVersion": 1, "id": "deadbeef0000", "generation": "", "kept": [[String: Any]](),
            "victims": [["type": type, "name": typed, "reason": "", "freesBytes": 0, "releases": [String]()] as [String: Any]],
            "totals": ["victims": 1, "freesBytes": 0],
        ]
        let bytes = [UInt8](try JSONSerialization.data(withJSONObject: plan))
        #expect(throws: DocumentError.self) { try decodeDocument(ReclamationPlan.self, from: bytes) }
    }

    @Test(arguments: 0..<100) func aRecordOfTheTrashTouchesNothingElse(seed: Int) throws {
        var random = SeededNumbers(seed: seed)
        let bin = "trash/\(random.chance(50) ? "11111111-2222-3333-4444-555555555555" : "odd")"
        let record: [String: Any] = [
            "kind": "release", "schemaVersion": 1, "entries": [[String: Any]](),
            "blobs": random.chance(50) ? [name(&random)] : [String](), "layers": random.chance(50) ? [name(&random)] : [String](),
            "plan": name(&random), "keepUntil": random.one(of: ["2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z", name(&random)]),
        ]
        try made.write("\(bin)/release.json", try JSONSerialization.data(withJSONObject: record))
        let names = [Self.digest.fileName, "layer-\(Self.digest.fileName)", "other"]
        try link("\(bin)/\(random.one(of: names))", to: made.folder.path("precious"))
        if random.chance(50) { try made.write("\(bin)/complete", Data()) }
        let store = try made.open()
        defer { store.catalog.close() }
        let before = try snapshot()
        _ = try? Undo(store).run(plan: record["plan"] as? String ?? "")
        _ = try? Release(store, now: Self.now).finishAbandoned()
        let links = Set(["store/blobs/sha256/\(Self.digest.hex)", "store/layers/\(Self.digest.fileName)"])
        let after = try snapshot()
        #expect(before.filter { !links.contains($0.key) } == after.filter { !links.contains($0.key) })
    }

    @Test(arguments: 0..<100) func anIndexTouchesNothingElse(seed: Int) throws {
        var random = SeededNumbers(seed: seed)
        var entry = image.json
        if random.chance(60) { entry["digest"] = name(&random) }
        entry["annotations"] = ["org.opencontainers.image.ref.name": name(&random), "io.containerd.image.name": name(&random)]
        try made.write(
            "index.json", try JSONSerialization.data(withJSONObject: ["schemaVersion": 2, "manifests": [entry, image.json]]))
        let store = try made.open()
        defer { store.catalog.close() }
        let before = try snapshot().filter { $0.key.hasPrefix("precious") }
        _ = try? Release(store, now: Self.now).run { $0 }
        #expect(try snapshot().filter { $0.key.hasPrefix("precious") } == before)
    }
}
