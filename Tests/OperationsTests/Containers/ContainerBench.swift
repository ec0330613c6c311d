import ContentStorage
import Foundation
import OCISpec
import Operations
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A store with the records of containers that no process ever ran.
struct ContainerBench {
    let folder: TemporaryDirectory
    let store: ContentStore

    init() throws {
        folder = try TemporaryDirectory()
        store = try ContentStore.open(at: FilePath(folder.path("store")), create: true)
    }

    var containers: NamedContainers { NamedContainers(of: store) }

    /// The names of the folders of all containers.
    var ids: [String] { get throws { try store.containers.ids().map(\.text) } }

    /// A container of this name, whose ID begins with `prefix`.
    @discardableResult
    func add(_ name: String, id prefix: String) throws -> String {
        let id = prefix + String(repeating: "0", count: 64 - prefix.count)
        let part = try #require(PathPart(id))
        let home = try store.containers.makeHome()
        for tree in [id, "\(id)/diff", "\(id)/merged"] {
            try FileManager.default.createDirectory(atPath: "\(home.path)/\(tree)", withIntermediateDirectories: true)
        }
        let digest = Digest(hashing: Array(name.utf8))
        let image = Descriptor(mediaType: MediaType.manifest, digest: digest, size: 1)
        var config = ContainerConfig()
        config.cmd = ["true"]
        try ContainerFolder(part, in: home).write(
            Container(
                id: id, name: name, image: image, manifest: image, imageID: digest, imageName: "example.com/\(name):1",
                created: Timestamp(seconds: 1_700_000_000), layers: [], config: config,
                user: ContainerUser(uid: 0, gid: 0, home: "/"), settings: ContainerSettings(), stubs: MountStubs()))
        return id
    }

    /// Writes a file into a container's folder.
    func damage(_ id: String, _ file: String = "config.json", _ text: String = "{") throws {
        try Data(text.utf8).write(to: URL(filePath: "\(store.root.path)/containers/\(id)/\(file)"))
    }
}
