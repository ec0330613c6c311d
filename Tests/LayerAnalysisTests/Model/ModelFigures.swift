import LayerArchive

/// The causes of waste, in the order of their table: where several fit, the first wins.
enum ModelCause: String, CaseIterable, Comparable, Sendable {
    case overwritten
    case metadataOnly
    case typeChange
    case deleted
    case opaque
    case duplicateEntry

    static func < (left: ModelCause, right: ModelCause) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? Self.allCases.count }
}

/// Everything that the model says of one image; what the engine says is brought into this form and compared.
struct ModelFigures: Equatable, Sendable {
    /// One layer's figures; all bytes are logical sizes of regular files.
    struct Layer: Equatable, Sendable {
        var contentBytes: Int64 = 0
        /// Of its own content: wasted by itself or by a later layer.
        var hiddenBytes: Int64 = 0
        /// What it takes away, its own duplicate entries included.
        var hidesBytes: Int64 = 0
        var entryCount = 0
        var addedCount = 0
        var modifiedCount = 0
        var removedCount = 0
    }

    /// The wasted inodes whose content was stored at one path.
    struct WastedPath: Equatable, Sendable {
        var bytes: Int64 = 0
        /// Wasted inodes, empty files included.
        var copies = 0
        /// Only causes with bytes.
        var causes: [ModelCause: Int64] = [:]
        /// Sorted, each once.
        var storingLayers: [Int] = []
        /// Sorted, each once.
        var hidingLayers: [Int] = []
    }

    /// Visible inodes of equal content.
    struct Duplicate: Equatable, Sendable {
        /// Of each copy.
        var bytes: Int64
        /// Inodes.
        var copies: Int
        /// All names of all copies, sorted by their bytes.
        var paths: [[UInt8]]
    }

    /// What stands at a path of the merged tree.
    struct TreeItem: Equatable, Sendable {
        /// Never a hard link or a marker.
        var kind: EntryKind
        var size: Int64 = 0
        var content = ContentHash()
        /// A symlink's target as written.
        var linkTarget: [UInt8] = []
        /// The layer that stored the inode; nil for a directory.
        var layer: Int?
        /// The first, by bytes, of all visible names of the inode; empty for a directory.
        var firstName: [UInt8] = []
    }

    var layers: [Layer] = []
    var visibleBytes: Int64 = 0
    var wastedBytes: Int64 = 0
    /// Only causes with bytes.
    var causes: [ModelCause: Int64] = [:]
    /// Only paths with wasted bytes.
    var wastedPaths: [[UInt8]: WastedPath] = [:]
    /// Sorted by their first paths.
    var duplicates: [Duplicate] = []
    /// The merged tree by path, the root directory left out.
    var tree: [[UInt8]: TreeItem] = [:]
}

/// What comes of an image: its figures, or the refusal of a hard link to nowhere.
enum ModelOutcome: Equatable, Sendable {
    case figures(ModelFigures)
    case error

    /// The figures, if there are any.
    var figures: ModelFigures? {
        if case .figures(let figures) = self { figures } else { nil }
    }
}
