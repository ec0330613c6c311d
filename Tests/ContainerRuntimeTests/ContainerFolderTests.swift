import ContainerRuntime
import ContentStorage
import Foundation
import OCISpec
import StorageIO
import TestSupport
import Testing

/// A container's folder: its record, its lock, and what its layers are called.
@Suite struct ContainerFolderTests {
    private func record() throws -> Container {
        let digest = Digest(hashing: Array("x".utf8))
        let descriptor = Descriptor(mediaType: MediaType.manifest, digest: digest, size: 1)
        return Container(
            id: "c0ffee", name: "web", image: descriptor, manifest: descriptor, imageID: digest, imageName: "app:1",
            created: Timestamp(seconds: 1_700_000_000), layers: [digest], config: ContainerConfig(),
            user: ContainerUser(uid: 0, gid: 0, home: "/root"), settings: ContainerSettings(),
            stubs: try MountStubs([], in: StackedTree([])))
    }

    @Test func aRecordComesBackAsItWasWritten() throws {
        let folder = try Folder()
        #expect(try folder.container.knownContainer() == nil)
        #expect(throws: ContentError.containerAbsent("c0ffee")) { try folder.container.container() }
        let record = try record()
        try folder.container.write(record)
        #expect(try folder.container.container() == record)
        #expect(record.shortID == "c0ffee" && record.hostname == "c0ffee" && record.stopSignal == "SIGTERM")
    }

    /// Folders and control groups are looked up by the ID, so a record that another program has changed is not believed about it.
    @Test func theIDIsTheFoldersNameWhateverTheRecordSays() throws {
        let folder = try Folder()
        var record = try record()
        record.id = "../../etc"
        try folder.container.write(record)
        #expect(try folder.container.container().id == "c0ffee")
    }

    @Test func aTornRecordIsNamed() throws {
        let folder = try Folder()
        try folder.write("{", to: "config.json")
        let error = #expect(throws: ContentError.self) { try folder.container.container() }
        guard case .containerDamaged(let damage)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(damage.path == "containers/c0ffee/config.json")
    }

    @Test func itsLockSaysWhetherSomebodyWorksOnIt() throws {
        let folder = try Folder()
        #expect(try !folder.container.isLocked())
        let lock = try folder.container.lock()
        #expect(try folder.container.isLocked())
        #expect(throws: ContentError.containerInUse(id: "c0ffee")) { try folder.container.lock(patience: .zero) }
        lock.release()
        #expect(try !folder.container.isLocked())
    }

    @Test func layersAreCalledByShortNamesAndByTreesOfItsOwn() throws {
        let folder = try Folder()
        try folder.container.prepare(lower: ["B", "A", "layers/7/diff"])
        let lower = try folder.container.lower()
        #expect(lower == ["B", "A", "\(folder.container.path)/layers/7/diff"])
        for name in ["diff", "work", "merged"] {
            #expect(FileManager.default.fileExists(atPath: folder.scratch.path("c0ffee/\(name)")))
        }
    }

    /// What such a text names would be shown in the container.
    @Test(arguments: ["../../../etc", "/etc", "layers/x/diff", "layers/7/diff/..", "layers/7/other", "A:../B"])
    func aTextThatNamesNoLayerIsRefused(text: String) throws {
        let folder = try Folder()
        try folder.write(text, to: "lower")
        #expect(throws: RuntimeError.self) { try folder.container.lower() }
    }

    @Test func anImageWithoutLayersShowsAnEmptyFolder() throws {
        let folder = try Folder()
        try folder.container.prepare(lower: [])
        #expect(try folder.container.overlay(layersFolder: "/s/layers/l").lower == ["\(folder.container.path)/run/empty"])
    }
}
