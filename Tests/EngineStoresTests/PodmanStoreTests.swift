import EngineStores
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A folder of containers-storage that a real podman made.
@Suite(.serialized, .needs("/usr/bin/podman"), .needsRoot) struct PodmanStoreTests {
    private func make(_ podman: LivePodman) throws {
        try Data(try busyboxTar()).write(to: URL(fileURLWithPath: podman.folder + "/bb.tar"))
        try podman("import", "-q", podman.folder + "/bb.tar", "bb:1")
        try podman("tag", "bb:1", "other/name:2")
        try podman(
            "create", "--network", "none", "--name", "made", "--ulimit", "nofile=2000:2000", "-v", "data:/v", "bb:1", "true")
        try podman("commit", "-q", "made", "second:1")
    }

    private func read(_ podman: LivePodman) throws -> (EngineInventory, EngineDisk) {
        let root = try Directory.open(FilePath(podman.root))
        let inventory = try ContainersStore.inventory(of: root)
        return (inventory, try EngineDisk(root, inventory.places))
    }

    @Test func aRootInAllItsParts() throws {
        let podman = try LivePodman()
        try make(podman)
        let (inventory, disk) = try read(podman)
        #expect(inventory.isSettled && inventory.problems == [] && inventory.leaks == [])
        #expect(try disk.totalBytes == du(podman.root))
        #expect(DiskClass.allCases.reduce(0) { $0 + disk.bytes(of: $1) } == disk.totalBytes)
        #expect(disk.bytes(of: .unexplained) == 0)
        let listed = Set(try podman("images", "-a", "--no-trunc", "-q"))
        #expect(Set(inventory.images.map { $0.id.description }) == listed)
        let bb = try #require(inventory.images.first { $0.names.contains("localhost/bb:1") })
        #expect(bb.names == ["localhost/bb:1", "localhost/other/name:2"])
        let second = try #require(inventory.images.first { $0.names.contains("localhost/second:1") })
        #expect(second.layers.count == 2 && second.layers.first == bb.layers.first)
        #expect(inventory.containers.map(\.name) == ["made"] && inventory.volumes.map(\.text) == ["data"])
        let layers = try Set(bb.layers + second.layers).reduce(Int64(0)) { sum, id in
            let link = try String(contentsOfFile: "\(podman.root)/overlay/\(id)/link", encoding: .utf8)
            return try sum + du("\(podman.root)/overlay/\(id)") + du("\(podman.root)/overlay/l/\(link)")
        }
        #expect(disk.bytes(of: .imageLayers) == layers)
        #expect(try disk.bytes(of: .imageMetadata) == du(podman.root + "/overlay-layers") + du(podman.root + "/overlay-images"))
        #expect(try disk.bytes(of: .volumes) == du(podman.root + "/volumes"))
    }

    @Test func whatNobodyNamesIsFound() throws {
        let podman = try LivePodman()
        try make(podman)
        let files = FileManager.default
        try files.createDirectory(atPath: podman.root + "/overlay/stray/diff", withIntermediateDirectories: true)
        try Data(count: 100_000).write(to: URL(fileURLWithPath: podman.root + "/overlay/stray/diff/file"))
        try Data(count: 10).write(
            to: URL(fileURLWithPath: podman.root + "/overlay-layers/\(String(repeating: "b", count: 64)).tar-split.gz"))
        try files.createDirectory(
            atPath: podman.root + "/overlay-images/\(String(repeating: "c", count: 64))", withIntermediateDirectories: true)
        let (inventory, disk) = try read(podman)
        #expect(Set(inventory.leaks.map(\.reason)) == [.folderOfNobody, .fileOfNobody, .imageOfNobody])
        #expect(try disk.totalBytes == du(podman.root))
        let sum = inventory.leaks.indices.reduce(0) { $0 + disk.bytes(of: .leak($1)) }
        #expect(sum == disk.bytes(of: .leaked) && sum >= 100_000)
    }

    @Test func aDamagedListCallsNothingALeak() throws {
        let podman = try LivePodman()
        try make(podman)
        try Data("[{\"id\": 7".utf8).write(to: URL(fileURLWithPath: podman.root + "/overlay-images/images.json"))
        let (inventory, disk) = try read(podman)
        #expect(!inventory.isWhole && inventory.leaks == [] && disk.bytes(of: .leaked) == 0)
        #expect(disk.bytes(of: .unexplained) > 0)
    }
}
