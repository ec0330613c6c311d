import EngineStores
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage

/// The layers of an engine's images as members of a container: each is made again of its tar-split and its unpacked files while it is read.
final class EngineLayers: MemberContainer {
    let path: String
    private let images: EngineImages
    private let limits: ScanLimits
    /// The records of each layer: a layer that stands on several others has one for each, and any of them will do.
    private let layers: [Digest: [StackedLayer]]

    /// The layers, of the root that `images` is of; `path` is what messages call the image.
    init(_ layers: [StackedLayer], _ images: EngineImages, path: String, limits: ScanLimits) {
        self.path = path
        self.images = images
        self.limits = limits
        self.layers = Dictionary(grouping: Set(layers), by: \.diffID)
    }

    /// The member of a layer: named by what it is, and as long as its tar.
    static func member(_ diffID: Digest, bytes: Int64) -> Member {
        var member = Member(name: Array(diffID.description.utf8), offset: 0, size: bytes)
        member.isMade = true
        return member
    }

    /// The layer that a member's name stands for.
    static func digest(_ name: String) -> Digest? { Digest(ifValid: name) }

    var signs: SourceSigns { SourceSigns() }

    func find(_ name: String, size: Int64?) throws(TransferError) -> Member? { nil }

    func file(of member: Member) throws(TransferError) -> File { throw .missingMember(path: path, member: member.title) }

    func source(of member: Member) throws(TransferError) -> any ByteSource {
        guard let diffID = Self.digest(member.title) else { throw .missingMember(path: path, member: member.title) }
        return try first(of: diffID) { layer throws(LayerFault) in
            let content = try self.content(layer)
            let split = try tarSplit(layer)
            do throws(LayerArchiveError) { return try TarSplitSource(split, layer: content, limits: limits) } catch {
                throw .unreadable(error)
            }
        }
    }

    /// The entries of a layer, by its tar-split alone.
    func index(_ diffID: Digest) throws(TransferError) -> TarSplitIndex {
        try first(of: diffID) { layer throws(LayerFault) in
            let split = try tarSplit(layer)
            do throws(LayerArchiveError) { return try TarSplitIndex(split, limits: limits) } catch { throw .unreadable(error) }
        }
    }

    /// Bytes of a layer's tar.
    func tarBytes(_ diffID: Digest) throws(TransferError) -> Int64 {
        try first(of: diffID) { layer throws(LayerFault) in
            let split = try tarSplit(layer)
            do throws(LayerArchiveError) { return try TarSplitSource.tarBytes(of: split, limits: limits) } catch {
                throw .unreadable(error)
            }
        }
    }

    /// Contents of entries of a layer, from its unpacked files.
    func documents(_ diffID: Digest, _ entries: Set<Int>, of index: LayerIndex) throws(TransferError) -> LayerDocuments {
        try first(of: diffID) { layer throws(LayerFault) in
            let content = try self.content(layer)
            do throws(LayerArchiveError) { return try LayerDocuments(of: entries, in: index, unpackedIn: content) } catch {
                throw .unreadable(error)
            }
        }
    }

    /// What `body` makes of the first record of a layer that it can use; the failure with the last one where there is none.
    private func first<T>(
        of diffID: Digest, _ body: (StackedLayer) throws(LayerFault) -> T
    ) throws(TransferError) -> T {
        var last: LayerFault?
        for layer in layers[diffID] ?? [] {
            do throws(LayerFault) { return try body(layer) } catch { last = error }
        }
        // The path is the text of a reference, and the layers are those of images that were found.
        guard let last, let reference = EngineReference(parsing: path) else {
            throw .missingMember(path: path, member: diffID.description)
        }
        throw .engine(reference, .layer(diffID, last))
    }

    private func tarSplit(_ layer: StackedLayer) throws(LayerFault) -> any ByteSource {
        let file: File?
        do throws(EngineStoreError) { file = try images.tarSplit(of: layer) } catch { throw Self.fault(error) }
        guard let file else { throw .noTarSplit }
        do throws(StorageError) {
            return FileRangeSource(fd: file.fd, length: try file.status().sizeBytes, name: file.path, keeping: file)
        } catch {
            throw .unreadable(.io(name: error.path, errno: error.errno.rawValue))
        }
    }

    private func content(_ layer: StackedLayer) throws(LayerFault) -> Directory {
        let folder: Directory?
        do throws(EngineStoreError) { folder = try images.content(of: layer) } catch { throw Self.fault(error) }
        guard let folder else { throw .noContent }
        return folder
    }

    private static func fault(_ error: EngineStoreError) -> LayerFault {
        guard case .storage(let error) = error else { return .noContent }
        return .unreadable(.io(name: error.path, errno: error.errno.rawValue))
    }
}
