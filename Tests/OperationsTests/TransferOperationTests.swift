import ContentStorage
import Foundation
import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Operations
import StorageIO
import TestSupport
import Testing

/// Images that go out and come in again, without the program.
struct TransferOperationTests {
    @Test(arguments: [ArchiveForm.dockerArchive, .ociArchive, .ociLayout]) func whatIsSavedIsLoadedAsItWas(_ form: ArchiveForm)
        throws
    {
        let scene = try OperationScene()
        try scene.load(.app)
        let path = scene.folder.path("saved")
        let digest = try scene.run { workspace in
            try workspace.save(["localhost/app:1"], as: form, to: path, .silent)
            return try workspace.store.resolve("localhost/app:1").digest
        }
        let other = try OperationScene()
        let brought = try other.run { try $0.load(path, .silent) }
        #expect(brought.map(\.digest) == [digest])
    }

    @Test func anExportIsTheMergedTree() throws {
        let scene = try OperationScene()
        try scene.load(.app)
        let path = scene.folder.path("tree.tar")
        try scene.run { try $0.export("localhost/app:1", to: path, .silent) }
        let config = ImageConfig(platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: []))
        let brought = try scene.run {
            try $0.importRootFileSystem(path, as: config, name: Reference(normalizing: "localhost/flat:1"), .silent)
        }
        let analysis = try scene.run { try $0.analysis($0.image(brought.digest.description, .silent), base: nil) }
        #expect(analysis.totals.contentBytes == 1020)
        #expect(analysis.totals.wastedBytes == 0)
    }

    @Test func aRegistryIsNoArchive() throws {
        #expect {
            try OperationScene().run { try $0.load("docker://localhost/app:1", .silent) }
        } throws: { error in
            if case OperationError.registryAsArchive = error { true } else { false }
        }
    }

    /// A failure in the middle leaves neither the file nor one under another name.
    @Test func aFileThatCouldNotBeWrittenWholeLeavesNothing() throws {
        struct Failure: Error {}
        let scene = try OperationScene()
        let path = scene.folder.path("out/file")
        try FileManager.default.createDirectory(atPath: scene.folder.path("out"), withIntermediateDirectories: true)
        #expect(throws: Failure.self) {
            try scene.run { workspace in
                try workspace.write(to: path) { file in
                    try file.write(contentsOf: Array("half".utf8))
                    throw Failure()
                }
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.folder.path("out")).isEmpty)
    }

    /// What an operation that failed began in the store is gone, and the next one finds it as it was.
    @Test func aFailedOperationLeavesNoSession() throws {
        struct Failure: Error {}
        let scene = try OperationScene()
        try scene.load(.base)
        #expect(throws: Failure.self) {
            try scene.run { workspace in
                _ = try workspace.openSession().store(Array("{}".utf8))
                throw Failure()
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scene.folder.path("store/ingest")).isEmpty)
    }
}
