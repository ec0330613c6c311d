import Glibc
package import OCISpec
package import StorageIO

/// Layers unpacked for mounts: `layers/<diff ID>/diff`, and short names for mount options in `layers/l`.
///
/// A layer's folder comes to be by a rename, whole. A reader sees none or all of it.
package struct UnpackedLayers: Sendable {
    static let folderName = "layers"
    /// Where short names are.
    package static let shortNamesName = "l"
    /// The tree of a layer, in its folder.
    package static let treeName = "diff"
    /// The layer's short name, in its folder.
    package static let shortNameName = "link"
    /// What the layer was unpacked over, in its folder, where that makes a difference: the chain of layers below.
    package static let overName = "over"

    let content: ContentStore

    init(_ content: ContentStore) { self.content = content }

    /// The folder of all of them, made when it is missing.
    package func makeFolder() throws(ContentError) -> Directory {
        try lift(to: ContentError.init) { () throws(StorageError) in
            let layers = try content.root.ensureDirectory(Self.folderName)
            _ = try layers.ensureDirectory(Self.shortNamesName)
            return layers
        }
    }

    /// Whether layers were ever unpacked in the store at `path`, and so files of containers may be there.
    package static func exist(at path: String) -> Bool { Glibc.access("\(path)/\(folderName)", F_OK) == 0 }

    /// Whether layers were ever unpacked in this store.
    package func exist() throws(ContentError) -> Bool {
        try lift(try content.root.status(Self.folderName) != nil, to: ContentError.init)
    }

    /// The folder of a layer; nil where it is not unpacked, or was over other layers than `chain` says and that matters.
    package func folder(of diffID: Digest, over chain: Digest?) throws(ContentError) -> Directory? {
        try lift(to: ContentError.init) { () throws(StorageError) in
            guard let folder = try ifPresent(try content.root.directory(Self.path(of: diffID))) else { return nil }
            guard let over = try ifPresent(try folder.readFile(Self.overName, limit: 256)) else { return folder }
            return String(decoding: over, as: UTF8.self) == chain?.description ?? "" ? folder : nil
        }
    }

    /// The path of a layer's folder, below the store.
    package static func path(of diffID: Digest) -> String { "\(folderName)/\(diffID.fileName)" }
}

extension ContentStore {
    /// The layers that are unpacked.
    package var layers: UnpackedLayers { UnpackedLayers(self) }
}
