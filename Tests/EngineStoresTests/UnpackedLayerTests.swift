import EngineStores
import Foundation
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// The layers of real stores, read where they lie.
@Suite(.serialized) struct UnpackedLayerTests {
    /// Layers with all that a layer may have, beside a base.
    private func archive(_ folder: String) throws {
        let large = TarMember.file("data/large", size: 3_000_000, seed: 5)
        let first = Tar([
            .directory("data"), large, .file("data/same", size: 70_000, seed: 3), .file("data/empty", []),
            .symlink("data/link", to: "/etc/passwd"), .hardLink("data/hard", to: "data/same"), .directory("old"),
            .file("old/a", text: "a"),
            .file(String(repeating: "long/", count: 40) + "name", text: "x"),
            .characterDevice("null", major: 1, minor: 3), .fifo("fifo"),
            TarMember.file("owned", text: "abc").xattr("user.note", [1, 0, 2]).with { $0.uid = 1000 },
        ])
        let second = Tar(
            [.whiteout("data/large"), .opaque("old"), .file("old/b", text: "b"), .file("data/copy", size: 70_000, seed: 3)],
            ending: Tar.endBlocks + [UInt8](repeating: 0, count: 8192))
        let image = ImageBuilder([BuiltLayer(first.bytes), BuiltLayer(second.bytes)], named: "localhost/tricky:1")
        try Data(image.dockerArchive().tar).write(to: URL(fileURLWithPath: folder + "/tricky.tar"))
    }

    /// Rebuilds every layer that has a tar-split, and compares its digest and index with what the tar-split alone tells.
    private func check(_ inventory: EngineInventory, _ root: String) throws -> Int {
        var count = 0
        for (key, layer) in inventory.layers {
            guard let split = layer.tarSplitPath, let folder = layer.folder else { continue }
            let stored = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(root)/\(split)")))
            let index = try TarSplitIndex(MemorySource(stored))
            let unpacked = try Directory.open(FilePath("\(root)/\(inventory.driver)/\(folder)/diff"))
            let scan = try LayerScanner.scan(source: try TarSplitSource(MemorySource(stored), layer: unpacked))
            #expect(scan.diffID == layer.diffID, "layer \(key)")
            #expect(scan.tarBytes == index.tarBytes)
            #expect(entries(scan.index) == entries(index.entries), "layer \(key)")
            count += 1
        }
        return count
    }

    private func entries(_ index: LayerIndex) -> [LayerEntry] {
        (0..<index.count).map { place in
            var entry = index[place]
            entry.content = ContentHash()
            return entry
        }
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func everyLayerOfDockerIsMadeAgainBitForBit() throws {
        let docker = try LiveDocker()
        try archive(docker.folder)
        try Data(try busyboxTar()).write(to: URL(fileURLWithPath: docker.folder + "/bb.tar"))
        try docker("import", docker.folder + "/bb.tar", "bb:1")
        try docker("load", "-i", docker.folder + "/tricky.tar")
        try docker("create", "--network", "none", "--name", "made", "bb:1", "true")
        try docker("cp", docker.folder + "/bb.tar", "made:/added")
        try docker("commit", "made", "committed:1")
        let inventory = try DockerStore.inventory(of: try Directory.open(FilePath(docker.root)))
        #expect(try check(inventory, docker.root) == 4)
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func everyLayerOfPodmanIsMadeAgainBitForBit() throws {
        let podman = try LivePodman()
        try archive(podman.folder)
        try podman("load", "-q", "-i", podman.folder + "/tricky.tar")
        let inventory = try ContainersStore.inventory(of: try Directory.open(FilePath(podman.root)))
        #expect(try check(inventory, podman.root) == 2)
    }
}
