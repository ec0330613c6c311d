package import LayerArchive
package import PackageDatabases

/// What differs between two images, from `a` to `b`: every list is empty where nothing does.
package struct ImageDiff: Sendable {
    package var a: AnalyzedImage
    package var b: AnalyzedImage
    package var totals: DiffTotals
    /// Every path that differs, by path; where `totals` are partial, as far as the known layers tell.
    package var paths: PathChanges
    /// All layers of both, in order; those that both have stand once.
    package var layers: [LayerChange]
    /// Packages whose version or bytes differ, by manager and name.
    package var packages: [PackageChange]
    /// Why packages may be missing from `packages`.
    package var packageProblems: [PackageProblem]
    /// By field.
    package var config: [ConfigChangeLine]
    /// The steps that only one of the two has, in order.
    package var history: [HistoryChange]

    /// Whether nothing at all differs that a container could see or a pull would fetch.
    package var isEmpty: Bool {
        paths.isEmpty && config.isEmpty && !layers.contains { $0.change != .same }
    }
}

/// What differs in sums; each is nil where it is not known.
package struct DiffTotals: Hashable, Sendable {
    /// Whether some figures are not known, for want of the content of a layer of either image.
    package var isPartial: Bool
    /// Layers of each image of which only the compressed size is known.
    package var unknownLayerCountBefore: Int
    package var unknownLayerCountAfter: Int
    /// The sums over the paths that differ.
    package var paths: PathTotals?
    package var visibleBytesBefore: Int64?
    package var visibleBytesAfter: Int64?
    package var contentBytesBefore: Int64?
    package var contentBytesAfter: Int64?
    package var compressedBytesBefore: Int64
    package var compressedBytesAfter: Int64

    /// What `b` shows more than `a`: `addedBytes − removedBytes + modifiedBytesAfter − modifiedBytesBefore`.
    package var visibleDelta: Int64? { Self.delta(visibleBytesBefore, visibleBytesAfter) }
    /// What the layers of `b` store more than those of `a`.
    package var contentDelta: Int64? { Self.delta(contentBytesBefore, contentBytesAfter) }
    /// What a pull of `b` fetches more than one of `a`, both whole.
    package var compressedDelta: Int64 { compressedBytesAfter - compressedBytesBefore }
    /// What each image wastes.
    package var wastedBytesBefore: Int64? { Self.delta(visibleBytesBefore, contentBytesBefore) }
    package var wastedBytesAfter: Int64? { Self.delta(visibleBytesAfter, contentBytesAfter) }
    /// What `b` wastes more than `a`.
    package var wastedDelta: Int64? { Self.delta(wastedBytesBefore, wastedBytesAfter) }

    private static func delta(_ before: Int64?, _ after: Int64?) -> Int64? {
        guard let before, let after else { return nil }
        return after - before
    }
}

/// Sums over the paths that differ.
package struct PathTotals: Hashable, Sendable {
    /// Bytes of paths that only `b` shows.
    package var addedBytes: Int64 = 0
    /// Bytes of paths that only `a` shows.
    package var removedBytes: Int64 = 0
    /// Bytes, in `a`, of paths that both show and that differ.
    package var modifiedBytesBefore: Int64 = 0
    /// Bytes of the same paths in `b`.
    package var modifiedBytesAfter: Int64 = 0
    /// How many paths each kind of change has.
    package var addedCount = 0
    package var removedCount = 0
    package var modifiedCount = 0
    package var metadataCount = 0
    /// Of `metadataCount`, those of which nothing but the time differs.
    package var timesOnlyCount = 0
}

/// One path that differs.
package struct PathChange: Hashable, Sendable {
    /// In which way.
    package enum Change: String, Sendable, CaseIterable {
        case added
        case removed
        /// Other content, another kind of thing, another link target or device.
        case modified
        /// The same thing with another mode, owner, time, attribute, or other hard links.
        case metadata
    }

    /// What differs of a path that both show.
    package struct Fields: OptionSet, Hashable, Sendable {
        package let rawValue: UInt16

        /// Fields from their bits.
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let type = Fields(rawValue: 1)
        package static let content = Fields(rawValue: 2)
        package static let target = Fields(rawValue: 4)
        package static let device = Fields(rawValue: 8)
        package static let mode = Fields(rawValue: 16)
        package static let owner = Fields(rawValue: 32)
        package static let xattrs = Fields(rawValue: 64)
        /// Which other names it shares its inode with.
        package static let links = Fields(rawValue: 128)
        package static let time = Fields(rawValue: 256)

        /// Those that make a path modified rather than only its metadata.
        package static let substance: Fields = [.type, .content, .target, .device]

        /// The fields' names, the weightiest first.
        package var names: [String] {
            let all: [(Fields, String)] = [
                (.type, "type"), (.content, "content"), (.target, "target"), (.device, "device"), (.mode, "mode"),
                (.owner, "owner"), (.xattrs, "xattrs"), (.links, "links"), (.time, "time"),
            ]
            return all.filter { contains($0.0) }.map(\.1)
        }
    }

    /// Raw bytes without a leading slash; empty for the root.
    package var path: [UInt8]
    package var change: Change
    /// Empty for a path that only one shows.
    package var fields: Fields
    package var kindBefore: EntryKind?
    package var kindAfter: EntryKind?
    /// Bytes: the file's logical size, under the first of its names only; 0 for what is no file.
    package var bytesBefore: Int64
    package var bytesAfter: Int64
    /// The layer of each image that stores it; `nil` for directories.
    package var layerBefore: Int?
    package var layerAfter: Int?
}

/// A layer of one image or of both.
package struct LayerChange: Hashable, Sendable {
    /// Who has it.
    package enum Change: String, Sendable { case same, added, removed }

    package var change: Change
    /// Its place among the layers of `a`, and of `b`.
    package var indexBefore: Int?
    package var indexAfter: Int?
    package var identity: LayerIdentity
    /// Bytes: logical sizes of all regular-file entries; nil, as the figures below, where it is not known.
    package var contentBytes: Int64?
    /// Of these, bytes of files whose content is nothing new: the other image stores it as well, or a lower layer of the same
    /// image, in whatever layer and at whatever path.
    package var knownBytes: Int64?
    /// Bytes of lower layers that it hides.
    package var hidesBytes: Int64?
    /// The other image's layer that is most like it: more than half of the content of either at the same paths, else the
    /// one that the same instruction made.
    package var counterpart: Int?
}

/// A package that differs.
package struct PackageChange: Hashable, Sendable {
    package var manager: PackageManager
    package var name: String
    /// The version; `nil` where it is not installed.
    package var before: String?
    package var after: String?
    package var bytesBefore: Int64
    package var bytesAfter: Int64
}

/// A field of the config that differs; values that are no text are JSON.
package struct ConfigChangeLine: Hashable, Sendable {
    package var field: String
    package var before: String?
    package var after: String?
}

/// A step of the history that only one of two images has.
package struct HistoryChange: Hashable, Sendable {
    package var isAdded: Bool
    package var createdBy: String
}
