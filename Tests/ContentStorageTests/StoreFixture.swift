import ContentStorage
import Foundation
import OCISpec
import StorageIO
import SystemPackage
import TestSupport

/// A new store in a directory of its own.
struct StoreFixture {
    let scratch: TemporaryDirectory
    let store: ContentStore

    init() throws {
        scratch = try TemporaryDirectory()
        store = try ContentStore.open(at: FilePath(scratch.path("store")), create: true)
    }

    var path: String { scratch.path("store") }

    /// The same store as another process would open it.
    func reopened() throws -> ContentStore {
        try ContentStore.open(at: FilePath(path), create: false)
    }

    /// The names in the store's directory `name`.
    func names(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(name)").sorted()
    }

    /// Stores a blob of its own session.
    @discardableResult
    func add(_ text: String) throws -> Digest {
        let session = try store.sessions.begin()
        let digest = try session.store(Array(text.utf8))
        try session.end()
        return digest
    }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }
}

/// A descriptor of a made-up layer.
func descriptor(_ text: String) -> Descriptor {
    Descriptor(mediaType: MediaType.layer, digest: Digest(hashing: Array(text.utf8)), size: Int64(text.utf8.count))
}
