import Distribution
import EngineStores
import ImageTransfer
import LayerArchive
import OCISpec
import StorageIO
import Synchronization

/// The places that lines have named so far, each opened once: a registry's tokens are asked for once, not for every layer.
final class OpenedPlaces: Sendable {
    /// A place that is open.
    enum Opened: Sendable {
        case registry(RemoteLayers)
        case folder(any LayerFolder)
    }

    private struct State {
        var opened: [LayerPlace: Opened] = [:]
        var registries: Registries?
    }

    private let state = Mutex(State())
    private let makeRegistries: @Sendable () throws -> Registries
    /// Places at a time; beyond that all are opened anew.
    private static let mostPlaces = 4096

    init(_ registries: @escaping @Sendable () throws -> Registries) { makeRegistries = registries }

    /// Opens a place, or gives it again.
    func open(_ place: LayerPlace) throws -> Opened {
        try state.withLock { state in
            var key = place
            if case .registry(let reference) = place, let plain = Reference(ifValid: reference.repository) {
                key = .registry(plain)
            }
            if let opened = state.opened[key] { return opened }
            let opened = try make(key, &state)
            if state.opened.count >= Self.mostPlaces { state.opened.removeAll() }
            state.opened[key] = opened
            return opened
        }
    }

    private func make(_ place: LayerPlace, _ state: inout State) throws -> Opened {
        switch place {
        case .registry(let reference):
            let registries = try state.registries ?? makeRegistries()
            state.registries = registries
            return .registry(try RemoteLayers(reference, in: registries))
        case .layout(let path): return .folder(try LayoutFolder(path: path, isStore: false))
        case .store(let path): return .folder(try LayoutFolder(path: path, isStore: true))
        case .registryFolder(let path): return .folder(try RegistryBlobs(path: path))
        }
    }
}

/// A folder that has layers by their digests.
protocol LayerFolder: Sendable {
    /// What messages call it.
    var path: String { get }
    /// A layer's stored bytes; of another length than its descriptor says it is an error.
    func layer(_ descriptor: Descriptor) throws -> any ByteSource
}

extension LayoutFolder: LayerFolder {}

/// The blobs of a registry's folder.
struct RegistryBlobs: LayerFolder {
    let path: String
    private let folder: RegistryFiles

    init(path: String) throws {
        self.path = path
        folder = try RegistryFiles(path: path)
    }

    func layer(_ descriptor: Descriptor) throws -> any ByteSource {
        guard let file = try folder.blob(descriptor.digest) else {
            throw TransferError.missingMember(path: path, member: descriptor.digest.description)
        }
        let size = try file.status().sizeBytes
        guard size == descriptor.size else {
            throw TransferError.sizeMismatch(
                path: path, descriptor.digest, expectedBytes: descriptor.size, actualBytes: size)
        }
        return FileRangeSource(fd: file.fd, length: size, name: file.path, keeping: file)
    }
}
