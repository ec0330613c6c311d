import Distribution
import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import Synchronization
import TestSupport

/// A store of one test, and what operations on it told.
final class OperationScene: Sendable {
    let folder: TemporaryDirectory
    private let told = Mutex<[Remark]>([])

    init() throws { folder = try TemporaryDirectory() }

    /// What operations told until now.
    var remarks: [Remark] { told.withLock { $0 } }

    /// Runs an operation as a command does, in a workspace of its own.
    func run<T>(platform: Platform? = Platform(os: "linux", architecture: "amd64"), _ body: (Workspace) throws -> T) throws -> T {
        let options = TransferOptions(platform: platform, limits: ScanLimits(), workerCount: 2)
        let workspace = try Workspace(
            storeAt: folder.path("store"), options,
            registries: { _ in
                Registries(
                    NetworkSettings(environment: [:], userAgent: "test"),
                    CredentialStore(environment: [:], file: nil, helperSeconds: 1))
            },
            listener: { [self] remark in told.withLock { $0.append(remark) } })
        return try workspace.run(body)
    }

    /// A docker archive of these images, in a file.
    func archive(_ images: ImageBuilder...) throws -> String {
        let path = folder.path("\(UUID().uuidString).tar")
        try Data(try ImageBuilder.dockerArchive(images).tar).write(to: URL(filePath: path))
        return path
    }

    /// Brings these images in.
    func load(_ images: ImageBuilder...) throws {
        for image in images {
            let path = try archive(image)
            _ = try run { try $0.load(path, .silent) }
        }
    }
}

extension ImageBuilder {
    /// A base of one layer: a file of 1,000 bytes and a directory.
    static let base = ImageBuilder(
        [.init([.directory("etc"), .file("etc/base", size: 1000, seed: 1)])], named: "localhost/base:1")

    /// An image on `base` whose second layer writes 500 bytes that the third deletes.
    static let app = ImageBuilder(
        base.layers + [
            .init([.directory("opt"), .file("opt/app", size: 500, seed: 2), .file("opt/keep", size: 20, seed: 3)]),
            .init([.directory("opt"), .whiteout("opt/app")]),
        ], named: "localhost/app:1")
}
