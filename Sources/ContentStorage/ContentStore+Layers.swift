import Glibc
package import OCISpec
package import StorageIO

/// Layers unpacked for mounts: `layers/<diff ID>/diff`, and short names for mount options in `layers/l`.
///
/// A layer's folder comes to be by a rename, whole. A reader sees none or all of it.
extension ContentStore {
    /// Where short names are.
    package static let shortNamesName = "l"
    /// The tree of a layer, in its folder.
    package static let unpackedTreeName = "diff"
    /// The layer's short name, in its folder.
    package static let shortNameName = "link"
    /// What the layer was unpacked over, in its folder, where that makes a difference: the chain of layers below.
    package static let unpackedOverName = "over"

    /// The folder of all unpacked layers, made when it is missing.
    package func unpackedLayers() throws(ContentError) -> Directory {
        try storing { () throws(StorageError) in
            let layers = try root.ensureDirectory(Self.layersName)
            _ = try layers.ensureDirectory(Self.shortNamesName)
            return layers
        }
    }

    /// Whether layers were ever unpacked in the store at `path`, and so files of containers may be there.
    package static func hasTrees(at path: String) -> Bool { Glibc.access("\(path)/\(layersName)", F_OK) == 0 }

    /// The path of the folder of short names, which mount options are relative to.
    package var shortNamesPath: String { "\(root.path)/\(Self.layersName)/\(Self.shortNamesName)" }

    /// The folder of a layer that is unpacked; nil where it is not, or was over other layers than `chain` says and that matters.
    package func unpackedLayer(_ diffID: Digest, over chain: Digest?) throws(ContentError) -> Directory? {
        try storing { () throws(StorageError) in
            do throws(StorageError) {
                let folder = try root.directory("\(Self.layersName)/\(diffID.fileName)")
                guard let over = try folder.readFile(Self.unpackedOverName, limit: 256) else { return folder }
                return String(decoding: over, as: UTF8.self) == chain?.description ?? "" ? folder : nil
            } catch {
                if error.isAbsent { return nil }
                throw error
            }
        }
    }

    /// The short name of an unpacked layer, made when it is missing: twelve letters and digits of its digest.
    ///
    /// More of them where another layer has that name: who makes layers can make two that begin alike.
    package func shortName(of diffID: Digest) throws(ContentError) -> String {
        try storing { () throws(StorageError) in
            let layers = try root.directory(Self.layersName)
            let names = try layers.ensureDirectory(Self.shortNamesName)
            let hex = diffID.hex.uppercased()
            var name = hex
            for count in [12, 24, hex.count] {
                name = String(hex.prefix(count))
                if try names.ensureLink(name, to: "../\(diffID.fileName)/\(Self.unpackedTreeName)") { break }
            }
            let folder = try layers.directory(diffID.fileName)
            if try folder.status(Self.shortNameName) == nil { try folder.writeQuickly(Self.shortNameName, Array(name.utf8)) }
            return name
        }
    }

    /// The folder of a cache that steps share by its name, made when it is missing.
    package func cacheMount(_ id: String) throws(ContentError) -> Directory {
        try storing { () throws(StorageError) in
            let mounts = try root.ensureDirectory(Self.cacheName).ensureDirectory(Self.cacheMountsName)
            return try mounts.ensureTree(Digest(hashing: Array(id.utf8)).hex)
        }
    }
}
