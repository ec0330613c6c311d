package import LayerArchive
package import PackageDatabases

/// What differs between two images, from `a` to `b`: every list is empty where nothing does.
package struct ImageDiff: Sendable {
    /// The image that counts as before.
    package var a: AnalyzedImage
    /// The image that counts as after.
    package var b: AnalyzedImage
    /// The sums of both, and what they differ by.
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
    /// The same of `b`.
    package var unknownLayerCountAfter: Int
    /// The sums over the paths that differ.
    package var paths: PathTotals?
    /// Bytes of files that `a` shows, each inode once.
    package var visibleBytesBefore: Int64?
    /// Bytes of files that `b` shows, each inode once.
    package var visibleBytesAfter: Int64?
    /// Bytes of files that the layers of `a` store.
    package var contentBytesBefore: Int64?
    /// Bytes of files that the layers of `b` store.
    package var contentBytesAfter: Int64?
    /// Bytes of the layers of `a` as stored; their manifest tells them, so they are always known.
    package var compressedBytesBefore: Int64
    /// Bytes of the layers of `b` as stored.
    package var compressedBytesAfter: Int64

    /// What `b` shows more than `a`: `addedBytes − removedBytes + modifiedBytesAfter − modifiedBytesBefore`.
    package var visibleDelta: Int64? { Self.delta(visibleBytesBefore, visibleBytesAfter) }
    /// What the layers of `b` store more than those of `a`.
    package var contentDelta: Int64? { Self.delta(contentBytesBefore, contentBytesAfter) }
    /// What a pull of `b` fetches more than one of `a`, both whole.
    package var compressedDelta: Int64 { compressedBytesAfter - compressedBytesBefore }
    /// What each image wastes.
    package var wastedBytesBefore: Int64? { Self.delta(visibleBytesBefore, contentBytesBefore) }
    /// The same of `b`, in bytes.
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
    /// Paths that only `a` shows.
    package var removedCount = 0
    /// Paths of which the content, kind, target or device differs.
    package var modifiedCount = 0
    /// Paths of which only something else differs, such as the mode.
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
        /// One bit for each field.
        package let rawValue: UInt16

        /// Fields from their bits.
        package init(rawValue: UInt16) { self.rawValue = rawValue }

        /// One is a directory, say, and the other a file.
        package static let type = Fields(rawValue: 1)
        /// The bytes of a regular file.
        package static let content = Fields(rawValue: 2)
        /// Where a symlink leads.
        package static let target = Fields(rawValue: 4)
        /// A device's number.
        package static let device = Fields(rawValue: 8)
        /// Permission bits, setuid, setgid and sticky included.
        package static let mode = Fields(rawValue: 16)
        /// User or group, by number.
        package static let owner = Fields(rawValue: 32)
        /// Extended attributes, capabilities and labels included.
        package static let xattrs = Fields(rawValue: 64)
        /// Which other names it shares its inode with.
        package static let links = Fields(rawValue: 128)
        /// The time of modification; `--ignore-times` leaves it out.
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
    /// How much of the path differs.
    package var change: Change
    /// Empty for a path that only one shows.
    package var fields: Fields
    /// Nil for a path that `a` does not show.
    package var kindBefore: EntryKind?
    /// Nil for a path that `b` does not show.
    package var kindAfter: EntryKind?
    /// Bytes: the file's logical size, under the first of its names only; 0 for what is no file.
    package var bytesBefore: Int64
    /// The same of `b`.
    package var bytesAfter: Int64
    /// The layer of each image that stores it; `nil` for directories.
    package var layerBefore: Int?
    /// The layer of `b`, counted from 0.
    package var layerAfter: Int?
}

/// A layer of one image or of both.
package struct LayerChange: Hashable, Sendable {
    /// Who has it.
    package enum Change: String, Sendable { case same, added, removed }

    /// Told by content, wherever the layer stands.
    package var change: Change
    /// Its place among the layers of `a`, and of `b`.
    package var indexBefore: Int?
    /// Nil for a layer that only `a` has.
    package var indexAfter: Int?
    /// What it is, wherever it stands.
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
    /// Whose records tell of it.
    package var manager: PackageManager
    /// As the manager spells it.
    package var name: String
    /// The version; `nil` where it is not installed.
    package var before: String?
    /// The version in `b`; `nil` where it is not installed.
    package var after: String?
    /// Bytes of its own files in `a`; 0 where it is not installed.
    package var bytesBefore: Int64
    /// Bytes of its own files in `b`; 0 where it is not installed.
    package var bytesAfter: Int64
}

/// A field of the config that differs; values that are no text are JSON.
package struct ConfigChangeLine: Hashable, Sendable {
    /// The names that lead to it, joined by dots.
    package var field: String
    /// Nil where `a` has no such field.
    package var before: String?
    /// Nil where `b` has no such field.
    package var after: String?
}

/// A step of the history that only one of two images has.
package struct HistoryChange: Hashable, Sendable {
    /// Whether `b` has it, and not `a`.
    package var isAdded: Bool
    /// The history's own text; empty where it has none.
    package var createdBy: String
}
