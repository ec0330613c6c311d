package import ContentStorage
import OCISpec
package import StorageIO
import SystemPackage

/// What a container's folder has for the mount of its tree.
extension ContainerFolder {
    /// The layers as the mount names them, as docker's overlay driver writes it.
    static let lowerName = "lower"
    static let workName = "work"
    /// Trees of layers that no other container has.
    package static let ownLayersName = "layers"

    /// Makes what a new container needs, with its layers as `lower` names them, uppermost first.
    package func prepare(lower: [String]) throws(RuntimeError) {
        try lift(to: RuntimeError.storage) { () throws(StorageError) in
            for name in [Self.diffName, Self.workName, Self.mergedName] { _ = try directory.ensureTree(name) }
            try directory.writeQuickly(Self.lowerName, Array(lower.joined(separator: ":").utf8))
        }
    }

    /// The overlay of the container.
    package func overlay(layersFolder: String) throws(RuntimeError) -> Confinement.Overlay {
        let lower = try lower()
        return Confinement.Overlay(
            // An image without layers: the folder itself would show the container's own files.
            layersFolder: layersFolder, lower: lower.isEmpty ? ["\(path)/\(Self.runName)/empty"] : lower,
            upper: "\(path)/\(Self.diffName)", work: "\(path)/\(Self.workName)", merged: "\(path)/\(Self.mergedName)")
    }

    /// The layers as the mount names them, uppermost first: short names, or paths of trees that only this container has.
    ///
    /// A file that names anything else is an error: what it names would be shown in the container.
    package func lower() throws(RuntimeError) -> [String] {
        let bytes = try lift(try directory.readFile(Self.lowerName, limit: 1 << 20), to: RuntimeError.storage)
        var names: [String] = []
        for word in String(decoding: bytes ?? [], as: UTF8.self).split(separator: ":") {
            if let short = PathPart(word) {
                names.append(short.text)
            } else if let tree = Self.ownLayer(word) {
                names.append("\(path)/\(tree)")
            } else {
                let error = DocumentError.malformed(detail: "names no layer: \(word)")
                throw .content(.containerDamaged(ContainerDamage(id, Self.lowerName, .document(error))))
            }
        }
        return names
    }

    /// The path in the folder of a tree that only this container has, `layers/<number>/diff`; nil for any other text.
    private static func ownLayer(_ text: Substring) -> String? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == ownLayersName, let number = UInt32(parts[1]), parts[2] == diffName else { return nil }
        return "\(ownLayersName)/\(number)/\(diffName)"
    }

    /// What the container changed, and below that its layers.
    package func directories(layersFolder: String) throws(RuntimeError) -> [Directory] {
        let lower = try lower()
        return try lift(to: RuntimeError.storage) { () throws(StorageError) in
            var found = [try directory.directory(Self.diffName)]
            for name in lower {
                found.append(
                    try Directory.open(FilePath(name.utf8.first == UInt8(ascii: "/") ? name : "\(layersFolder)/\(name)")))
            }
            return found
        }
    }
}
