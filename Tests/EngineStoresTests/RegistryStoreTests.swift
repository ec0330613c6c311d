import EngineStores
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Registry folders made by hand: what every byte is for, and what is hostile or damaged in them.
@Suite struct RegistryStoreTests {
    private let folder: RegistryFolder

    init() throws { folder = try RegistryFolder() }

    private func read(_ path: String? = nil) throws -> (EngineInventory, EngineDisk) {
        let root = try Directory.open(FilePath(path ?? folder.root))
        let inventory = try EngineStore.inventoryAtOnce(of: .registry, at: root)
        return (inventory, try EngineDisk(root, inventory.places))
    }

    private func sum(_ disk: EngineDisk) -> Int64 { DiskClass.allCases.reduce(0) { $0 + disk.bytes(of: $1) } }

    private func bytes(_ letter: String) -> [UInt8] { Array(String(repeating: letter, count: 30_000).utf8) }

    @Test func whatEveryByteIsFor() throws {
        let tagged = try folder.image("app", tags: ["1", "2"], note: "tagged", layers: [bytes("a"), bytes("b")])
        let untagged = try folder.image("team/other", note: "untagged", layers: [bytes("b"), bytes("c")])
        let nobodys = try folder.add(bytes("d"), layerOf: "app")
        let upload = "\(folder.top)/repositories/app/_uploads/11111111-2222-3333-4444-555555555555"
        try RegistryFolder.write(Array("2025-01-02T03:04:05Z".utf8), upload + "/startedat")
        try RegistryFolder.write(bytes("u"), upload + "/data")
        try RegistryFolder.write(bytes("x"), folder.root + "/stray")
        try RegistryFolder.write(bytes("y"), folder.top + "/repositories/app/_manifests/core")
        for root in [folder.root, folder.root + "/docker", folder.root + "/docker/registry", folder.top] {
            let (inventory, disk) = try read(root)
            #expect(try disk.totalBytes == du(root) && sum(disk) == du(root))
            let contents = try #require(inventory.registry)
            #expect(contents.taggedBlobs.count == 4 && contents.untaggedBlobs.count == 3, "\(root)")
            #expect(contents.taggedBlobs.contains(tagged.digest) && contents.untaggedBlobs.contains(untagged.digest))
            #expect(inventory.images.map(\.names) == [["app:1", "app:2"], []])
            let reasons = inventory.leaks.map(\.reason)
            #expect(reasons == [.linkWithoutManifest, .blobWithoutManifest], "\(inventory.leaks)")
            #expect(inventory.leaks.contains { $0.path.hasSuffix(nobodys.hex) })
            #expect(contents.uploads.map(\.startedSeconds) == [1_735_787_045])
            #expect(
                disk.bytes(of: .temporary) >= 30_000 && disk.bytes(of: .unexplained) >= (root == folder.root ? 60_000 : 30_000))
        }
    }

    @Test func whatHoldsWhat() throws {
        let first = try folder.image("app", note: "1", layers: [bytes("a")])
        let second = try folder.image("app", note: "2", layers: [bytes("b")])
        let inner = try folder.index("app", of: [first])
        let outer = try folder.index("app", tags: ["deep"], of: [inner], type: MediaType.index)
        let about = try folder.referrer("app", note: "about", subject: RegistryFolder.subject(first))
        let list = try folder.index("app", tags: ["sha256-\(first.digest.hex)"], of: [about])
        let signature = try folder.referrer("app", tags: ["sha256-\(outer.digest.hex).sig"], note: "signature")
        let images = try read().0.images
        #expect(Set(images.map(\.id)) == [outer.digest, second.digest])
        let deep = try #require(images.first { $0.id == outer.digest })
        #expect(deep.manifests.first == EngineManifest(digest: outer.digest, role: .image, tags: ["deep"]))
        #expect(deep.manifests.last?.digest == list.digest && deep.manifests.last?.role == .referrerList)
        #expect(
            Set(deep.manifests.map(\.digest))
                == Set([outer, inner, first, about, list, signature].map(\.digest)))
        let places = deep.manifests.map(\.digest)
        #expect(places.firstIndex(of: inner.digest) ?? 9 < places.firstIndex(of: first.digest) ?? 0)
        #expect(places.firstIndex(of: first.digest) ?? 9 < places.firstIndex(of: about.digest) ?? 0)
    }

    /// The first image of an index says when it was made, also where the index lists it once more beside an inner one.
    @Test func imagesAreInTheOrderOfTheirIndexes() throws {
        let newer = try folder.image("app", created: "2025-01-09T00:00:00Z", note: "newer", layers: [bytes("a")])
        let older = try folder.image("app", created: "2025-01-05T00:00:00Z", note: "older", layers: [bytes("a")])
        let inner = try folder.index("app", of: [newer, older], note: "inner")
        let entries = [
            RegistryDocument.descriptor(MediaType.index, inner.digest, inner.size),
            RegistryDocument.descriptor(MediaType.manifest, newer.digest, newer.size),
        ]
        try folder.add(manifest: RegistryDocument.index(entries, note: "outer"), "app", tags: ["outer"])
        let outer = try #require(try read().0.images.first { $0.names == ["app:outer"] })
        #expect(outer.variants.map(\.manifest) == [newer.digest, older.digest])
        #expect(outer.isDescribed)
    }

    @Test func staleLinksAreTold() throws {
        let gone = try folder.image("app", tags: ["gone"], note: "gone", layers: [bytes("a")])
        let lost = try folder.image("app", tags: ["lost"], note: "lost", layers: [bytes("b")])
        let deleted = try folder.image("app", note: "deleted", layers: [bytes("c")])
        try FileManager.default.removeItem(atPath: folder.blob(gone.digest))
        try FileManager.default.removeItem(atPath: folder.revision(lost.digest, "app"))
        try FileManager.default.removeItem(atPath: folder.revision(deleted.digest, "app"))
        try FileManager.default.removeItem(atPath: folder.blob(Digest(hashing: bytes("c"))))
        let (inventory, disk) = try read()
        #expect(inventory.leaks.filter { $0.reason == .linkToNothing }.count == 4, "\(inventory.leaks)")
        #expect(inventory.leaks.filter { $0.reason == .leftByDeletion }.count == 2)
        #expect(sum(disk) == disk.totalBytes)
        // A tag of what nobody can pull takes no image's place.
        #expect(inventory.images.allSatisfy { !$0.isServed && $0.variants.isEmpty })
    }

    @Test func nothingOutsideIsRead() throws {
        let outside = try TemporaryDirectory()
        try RegistryFolder.write(bytes("z"), outside.path("data"))
        let image = try folder.image("app", tags: ["1"], layers: [bytes("a")])
        try FileManager.default.createSymbolicLink(
            atPath: folder.top + "/repositories/linked", withDestinationPath: outside.path)
        let tags = "\(folder.top)/repositories/app/_manifests/tags"
        try FileManager.default.createSymbolicLink(atPath: tags + "/link", withDestinationPath: outside.path)
        try RegistryFolder.write(Array("../../../../etc/passwd".utf8), tags + "/evil/current/link")
        try RegistryFolder.write([UInt8](repeating: 65, count: 100_000), tags + "/long/current/link")
        try RegistryFolder.folder(folder.top + "/repositories/\(String(repeating: "deep/", count: 200))")
        try RegistryFolder.folder(folder.top + "/repositories/Bad Name/_manifests/tags/x")
        let (inventory, disk) = try read()
        #expect(try sum(disk) == du(folder.root))
        #expect(inventory.registry?.repositories.map(\.name) == ["app"])
        #expect(inventory.images.map(\.id) == [image.digest])
        #expect(inventory.problems.count == 2 && inventory.images[0].doubt != nil, "\(inventory.problems)")
    }

    @Test func aFolderOfSomethingElseIsNone() throws {
        let other = try TemporaryDirectory()
        #expect(throws: EngineStoreError.self) { try read(other.path) }
        let outcome = try Program.strata.run(["df", "--engine", "registry=\(other.path)"], environment: ["STRATA_STORE": ""])
        #expect(outcome.status == 3 && outcome.errors.contains("docker/registry/v2"), "\(outcome.errors)")
    }

    @Test func whoNeedsAPath() throws {
        let image = try folder.image("app", tags: ["1"], layers: [bytes("a")])
        let layer = Digest(hashing: bytes("a"))
        let nobodys = try folder.add(bytes("d"))
        let upload = "\(folder.top)/repositories/app/_uploads/11111111-2222-3333-4444-555555555555"
        try RegistryFolder.write(Array("2025-01-02T03:04:05Z".utf8), upload + "/startedat")
        for (path, words) in [
            (folder.blob(layer) + "/data", "app:1"), (folder.revision(image.digest, "app"), "app:1"),
            (folder.tag("1", "app"), "app:1"), (folder.blob(nobodys), "garbage-collect"), (upload, "uploadpurging"),
        ] {
            let outcome = try Program.strata.run(["why", path], environment: ["STRATA_STORE": ""])
            #expect(outcome.status == 0 && outcome.output.contains(words), "\(path): \(outcome.output)\(outcome.errors)")
        }
    }
}
