package import LayerArchive

/// An entry of a layer that is written again.
package struct RewrittenEntry: Hashable, Sendable {
    /// What it holds.
    package enum Content: Hashable, Sendable {
        /// Header and content of an entry of the image.
        case stored(EntrySource)
        /// A hard link to the file at a path, which has the metadata of that entry.
        case link(to: [UInt8], like: EntrySource)
        /// A directory that no entry describes: root's, with mode 0755.
        case folder
        /// A whiteout of the path.
        case whiteout
        /// A marker that makes the directory at the path opaque.
        case opaque
    }

    /// Raw bytes without a leading slash, symlinks of folders resolved; empty for the root.
    package var path: [UInt8]
    /// What it holds.
    package var content: Content

    /// An entry from its parts.
    package init(path: [UInt8], content: Content) {
        self.path = path
        self.content = content
    }
}

/// What becomes of a layer, or of the layers that become one.
package enum RewrittenLayer: Hashable, Sendable {
    /// It stays byte for byte.
    case kept
    /// Nobody sees anything of it, so that it goes.
    case dropped
    /// It is written again, with these entries in this order.
    case written([RewrittenEntry])
}

/// Why layers cannot be written again.
package enum RewriteError: Error, Hashable, Sendable {
    /// The image is none.
    case analysis(AnalysisError)
    /// What was planned would show something else at this path, so nothing is written.
    case differs(path: [UInt8])
}

extension RewrittenEntry {
    /// The entry as the index of the written layer will have it; `indexes` are those of the image's layers.
    package func entry(_ indexes: [LayerIndex]) -> LayerEntry {
        switch content {
        case .stored(let source):
            var entry = indexes[source.layer][source.entry]
            entry.path = path
            return entry
        case .link(let target, let source):
            var entry = LayerEntry(path: path, kind: .hardLink, linkTarget: target)
            entry.metadata = indexes[source.layer].metadata(source.entry)
            entry.metadata.device = 0
            return entry
        case .folder: return LayerEntry(path: path, kind: .directory, mode: 0o755)
        case .whiteout: return LayerEntry(path: path, kind: .whiteout, mode: 0)
        case .opaque: return LayerEntry(path: path, kind: .opaque, mode: 0)
        }
    }
}

extension RewrittenEntry {
    /// Everything that a layer has, as it has it; `layer` is its place among those of the image.
    package static func all(of index: LayerIndex, layer: Int) -> [RewrittenEntry] {
        (0..<index.count).map { entry in
            let source = EntrySource(layer: layer, entry: entry)
            let content: Content =
                switch index.kinds[entry] {
                case .whiteout: .whiteout
                case .opaque: .opaque
                case .hardLink: .link(to: index[entry].linkTarget, like: source)
                default: .stored(source)
                }
            return RewrittenEntry(path: index[entry].path, content: content)
        }
    }
}
