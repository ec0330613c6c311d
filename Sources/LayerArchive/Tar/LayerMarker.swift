// https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#whiteouts

/// The names by which a layer takes away what is below it; no file of a layer can have one.
package enum LayerMarker {
    /// How such names begin.
    static let prefix = Array(".wh.".utf8)
    /// The name that hides all that is below its directory.
    static let opaqueName = Array(".wh..wh..opq".utf8)
    private static let slash = UInt8(ascii: "/")

    /// Whether the last part of a path is such a name.
    package static func isName(_ path: [UInt8]) -> Bool { name(of: path).starts(with: prefix) }

    /// The path of the marker that takes away what is at `path`.
    package static func whiteout(of path: [UInt8]) -> [UInt8] {
        let name = name(of: path)
        return path.dropLast(name.count) + prefix + name
    }

    /// The path of the marker that hides what is below a directory.
    package static func opaque(in directory: [UInt8]) -> [UInt8] {
        directory.isEmpty ? opaqueName : directory + [slash] + opaqueName
    }

    private static func name(of path: [UInt8]) -> ArraySlice<UInt8> {
        path[(path.lastIndex(of: slash).map { $0 + 1 } ?? 0)...]
    }
}
