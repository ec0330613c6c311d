import ImageStorage
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Sizes of folders in the catalog.
@Suite struct LayerSizesCatalogTests {
    private let scratch: TemporaryDirectory
    private let store: ImageStore

    init() throws {
        scratch = try TemporaryDirectory()
        store = try ImageStore.open(at: FilePath(scratch.path("store")), create: true)
    }

    private func status(_ path: String) throws -> FileStatus { try Directory.open(FilePath(scratch.path(path))).status() }

    private func sizes(_ count: Int, _ device: UInt64, from first: UInt64 = 1) -> [FolderStamp: FolderSize] {
        var sizes: [FolderStamp: FolderSize] = [:]
        for number in first..<first + UInt64(count) {
            let stamp = FolderStamp(device: device, inode: number, changedNanoseconds: -5 + Int64(number) << 20)
            sizes[stamp] = FolderSize(inodeCount: Int(number), allocatedBytes: Int64(number) * 4096)
        }
        return sizes
    }

    @Test func whatIsKeptIsKnownAndReplacesWhatWas() throws {
        let root = try status("")
        #expect(store.catalog.layerSizes(below: root) == [:])
        for sizes in [sizes(1000, root.device), sizes(3, root.device, from: 500), [:]] {
            store.catalog.record(layerSizes: sizes, below: root)
            #expect(store.catalog.layerSizes(below: root) == sizes)
        }
        store.catalog.record(layerSizes: sizes(3, root.device), below: root)
        store.catalog.close()
        let again = try ImageStore.open(at: FilePath(scratch.path("store")), create: false)
        #expect(again.catalog.layerSizes(below: root) == sizes(3, root.device))
        #expect(again.catalog.layerSizes(below: try status("store")) == [:])
        #expect(again.catalog.problems == [])
    }

    @Test func figuresThatNoDiskHasAreNotBelieved() throws {
        let root = try status("")
        var sizes = sizes(2, root.device)
        for stamp in sizes.keys { sizes[stamp] = FolderSize(inodeCount: 1, allocatedBytes: 1 << 60) }
        store.catalog.record(layerSizes: sizes, below: root)
        #expect(store.catalog.layerSizes(below: root) == [:])
    }
}
