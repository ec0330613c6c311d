import ContentStorage
import Foundation
import ImageStorage
import OCISpec
import StorageIO
import SystemPackage
import TestSupport

/// A new image store, and images made of nothing but their documents.
struct ImageFixture {
    let scratch: TemporaryDirectory
    let images: ImageStore

    init() throws {
        scratch = try TemporaryDirectory()
        images = try ImageStore.open(at: FilePath(scratch.path("store")), create: true)
    }

    var path: String { scratch.path("store") }

    /// The same store as another process would open it.
    func reopened() throws -> ImageStore {
        try ImageStore.open(at: FilePath(path), create: false)
    }

    /// Stores bytes and returns what names them.
    func store(_ bytes: [UInt8], as mediaType: String) throws -> Descriptor {
        let session = try images.content.sessions.begin()
        let digest = try session.store(bytes)
        try session.end()
        return Descriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
    }

    /// Stores an image whose one layer is the text, and returns its manifest's descriptor.
    func image(_ text: String, platform: Platform = .host, layerType: String = MediaType.layer) throws -> Descriptor {
        let layer = try store(Array(text.utf8), as: layerType)
        let config = ImageConfig(platform: platform, rootfs: RootFS(diffIDs: [layer.digest]), author: text)
        let configDescriptor = try store(encodeDocument(config), as: MediaType.config)
        return try manifest(ImageManifest(config: configDescriptor, layers: [layer]))
    }

    func manifest(_ manifest: ImageManifest) throws -> Descriptor {
        try store(encodeDocument(manifest), as: MediaType.manifest)
    }

    /// Stores an index of manifests; each takes the platform given beside it.
    func index(_ manifests: [(Descriptor, Platform?)]) throws -> Descriptor {
        let listed = manifests.map { descriptor, platform in
            var copy = descriptor
            copy.platform = platform
            return copy
        }
        return try store(encodeDocument(ImageIndex(manifests: listed)), as: MediaType.index)
    }

    func remove(_ digest: Digest) throws {
        try FileManager.default.removeItem(atPath: "\(path)/blobs/sha256/\(digest.hex)")
    }

    /// Lets another tool edit `index.json`.
    func edit(_ change: (inout ImageIndex) -> Void) throws {
        var index = try images.content.index.read()
        change(&index)
        try Data(encodeDocument(index)).write(to: URL(fileURLWithPath: "\(path)/index.json"))
    }

    /// The names in the order of `index.json`; `-` for a dangling entry.
    func references() throws -> [String] {
        try images.names().map { $0.reference ?? "-" }
    }
}

func reference(_ text: String) throws -> Reference {
    try Reference(normalizing: text)
}

extension Descriptor {
    /// The descriptor with the annotation by which other tools name it.
    func refNamed(_ name: String, imageName: String? = nil) -> Descriptor {
        var copy = self
        copy.annotations = ["org.opencontainers.image.ref.name": name]
        copy.annotations?["io.containerd.image.name"] = imageName
        return copy
    }
}

extension ImageFixture {
    /// Damages a blob.
    func overwrite(_ digest: Digest, with text: String) throws {
        try remove(digest)
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/blobs/sha256/\(digest.hex)"))
    }
}
