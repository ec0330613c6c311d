import EngineStores
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// containerd's root with an image in two namespaces, beside what ctr and du say of it.
@Suite(.serialized, .needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) struct ContainerdStoreTests {
    private func make(_ engine: LiveContainerd) throws {
        let base = BuiltLayer(Tar([.directory("a"), .file("a/large", size: 400_000, seed: 1)]).bytes)
        let images = (0..<2).map { number in
            ImageBuilder(
                [base, BuiltLayer(Tar([.file("own", size: 50_000, seed: UInt64(10 + number))]).bytes)],
                named: "localhost/app\(number):1")
        }
        try Data(ImageBuilder.dockerArchive(images).tar).write(to: URL(fileURLWithPath: engine.folder + "/images.tar"))
        for space in ["default", "other"] { try engine("-n", space, "images", "import", engine.folder + "/images.tar") }
        try engine("images", "tag", "localhost/app0:1", "localhost/again:2")
        // What the imports needed for themselves goes now, not while somebody looks.
        try engine("leases", "create", "--id", "collect")
        try engine("leases", "delete", "--sync", "collect")
    }

    /// A look during which nothing changed: containerd collects what nobody needs some time after the command that let it go.
    private func read(_ engine: LiveContainerd) throws -> (EngineInventory, EngineDisk) {
        let root = try Directory.open(FilePath(engine.root))
        while true {
            let before = try du(engine.root)
            let inventory = try ContainerdStore.inventory(of: root)
            let disk = try EngineDisk(root, inventory.places)
            if try du(engine.root) == before { return (inventory, disk) }
        }
    }

    @Test func blobsAreSharedBetweenNamespacesAndSnapshotsAreNot() throws {
        let engine = try LiveContainerd()
        try make(engine)
        let (inventory, disk) = try read(engine)
        #expect(inventory.isSettled && inventory.problems == [] && inventory.leaks == [])
        #expect(try disk.totalBytes == du(engine.root))
        #expect(DiskClass.allCases.reduce(0) { $0 + disk.bytes(of: $1) } == disk.totalBytes)
        #expect(disk.bytes(of: .unexplained) == 0)
        for space in ["default", "other"] {
            let names = Set(try engine("-n", space, "images", "ls", "-q"))
            #expect(Set(inventory.images.filter { $0.namespace == space }.flatMap(\.names)) == names)
        }
        let first = try #require(inventory.images.first { $0.namespace == "default" && $0.names.contains("localhost/again:2") })
        #expect(first.names == ["localhost/again:2", "localhost/app0:1"] && first.layers.count == 2)
        let same = try #require(inventory.images.first { $0.namespace == "other" && $0.id == first.id })
        #expect(same.blobs == first.blobs && Set(same.layers).isDisjoint(with: first.layers))
        let path = engine.root + "/io.containerd.content.v1.content/blobs/sha256"
        let blobs = try FileManager.default.contentsOfDirectory(atPath: path).reduce(Int64(0)) { try $0 + du("\(path)/\($1)") }
        #expect(disk.bytes(of: .imageBlobs) == blobs)
        let snapshots = engine.root + "/io.containerd.snapshotter.v1.overlayfs/snapshots"
        let folders = try FileManager.default.contentsOfDirectory(atPath: snapshots)
        #expect(folders.count == 6)
        #expect(try disk.bytes(of: .imageLayers) == folders.reduce(Int64(0)) { try $0 + du("\(snapshots)/\($1)") })
    }

    @Test func removingFreesWhatIsSaid() throws {
        let engine = try LiveContainerd()
        try make(engine)
        for space in ["default", "other"] {
            let (inventory, disk) = try read(engine)
            let image = try #require(inventory.images.first { $0.namespace == space && $0.names.contains("localhost/app0:1") })
            let said = EngineReach(inventory).freedBytes(byRemoving: [image], on: disk)
            for name in image.names { try engine("-n", space, "images", "rm", "--sync", name) }
            let (_, after) = try read(engine)
            let before = disk.bytes(of: .imageLayers) + disk.bytes(of: .imageBlobs)
            #expect(before - after.bytes(of: .imageLayers) - after.bytes(of: .imageBlobs) == said)
            #expect(after.bytes(of: .temporary) == 0 && after.bytes(of: .leaked) == 0)
        }
    }

    @Test func whatNobodyHasARecordOfIsFound() throws {
        let engine = try LiveContainerd()
        try make(engine)
        let blob = engine.root + "/io.containerd.content.v1.content/blobs/sha256/" + String(repeating: "a", count: 64)
        try Data(count: 9000).write(to: URL(fileURLWithPath: blob))
        let folder = engine.root + "/io.containerd.snapshotter.v1.overlayfs/snapshots/900"
        try FileManager.default.createDirectory(atPath: folder + "/fs", withIntermediateDirectories: true)
        let (inventory, disk) = try read(engine)
        #expect(Set(inventory.leaks.map(\.reason)) == [.blobOfNobody, .folderOfNobody])
        #expect(try disk.bytes(of: .leaked) == du(blob) + du(folder))
        #expect(try disk.totalBytes == du(engine.root))
    }
}
