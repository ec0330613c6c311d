import LayerArchive

/// Short ways to write a layer's entries; `ImagePrinter` writes the same, so a printed image can be pasted into a test.
enum TarEntry {
    /// A regular file; equal `content` and `bytes` make equal content.
    static func file(_ path: String, bytes: Int64 = 1, content: UInt64 = 1, mode: UInt16 = 0o644) -> LayerEntry {
        let hash = bytes == 0 ? ContentHash(low: 7, high: 7) : ContentHash(low: content, high: UInt64(bytes))
        return LayerEntry(path: Array(path.utf8), kind: .file, mode: mode, size: bytes, content: hash)
    }

    static func directory(_ path: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .directory, mode: 0o755)
    }

    static func symlink(_ path: String, to target: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .symlink, mode: 0o777, linkTarget: Array(target.utf8))
    }

    static func link(_ path: String, to target: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .hardLink, linkTarget: Array(target.utf8))
    }

    static func fifo(_ path: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .fifo)
    }

    static func device(_ path: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .characterDevice, device: 1 << 32 | 3)
    }

    /// A whiteout of `path`.
    static func whiteout(_ path: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .whiteout)
    }

    /// A marker that makes the directory `path` opaque.
    static func opaque(_ path: String) -> LayerEntry {
        LayerEntry(path: Array(path.utf8), kind: .opaque)
    }
}
