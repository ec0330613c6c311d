import LayerArchive

/// Writes an image as the Swift text that makes it.
enum ImagePrinter {
    static func text(_ image: [[LayerEntry]]) -> String {
        let layers = image.map { layer in
            layer.isEmpty ? "    []," : "    [\n" + layer.map { "        \(text($0)),\n" }.joined() + "    ],"
        }
        return "[\n" + layers.map { $0 + "\n" }.joined() + "]"
    }

    static func text(_ entry: LayerEntry) -> String {
        let path = quoted(entry.path)
        let target = quoted(entry.linkTarget)
        return switch entry.kind {
        case .file:
            "TarEntry.file(\(path), bytes: \(entry.size), content: \(entry.content.low)"
                + (entry.mode == 0o644 ? ")" : ", mode: 0o\(String(entry.mode, radix: 8)))")
        case .directory: "TarEntry.directory(\(path))"
        case .symlink: "TarEntry.symlink(\(path), to: \(target))"
        case .hardLink: "TarEntry.link(\(path), to: \(target))"
        case .characterDevice, .blockDevice: "TarEntry.device(\(path))"
        case .fifo, .socket: "TarEntry.fifo(\(path))"
        case .whiteout: "TarEntry.whiteout(\(path))"
        case .opaque: "TarEntry.opaque(\(path))"
        }
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        String(reflecting: String(decoding: bytes, as: UTF8.self))
    }
}
