/// Every entry of one layer, in the order of its tar, column by column.
///
/// AUFS names (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`) are not kept; everything else is, markers, duplicates and
/// the root directory included, so `count` is the layer's `entryCount`.
/// A value: a reader holds what it was given, whatever another thread does.
package struct LayerIndex: Hashable, Sendable {
    /// One for each entry; the other columns are as long.
    package internal(set) var kinds: [EntryKind] = []
    /// Permission bits with setuid, setgid and sticky (`0o7777` at most).
    package internal(set) var modes: RunColumn<UInt16> = []
    /// Owners, as the machine that made the layer numbered them.
    package internal(set) var uids: RunColumn<Int64> = []
    /// Owning groups, as the machine that made the layer numbered them.
    package internal(set) var gids: RunColumn<Int64> = []
    /// Logical sizes in bytes; 0 for all but regular files.
    package internal(set) var sizes: [Int64] = []
    /// Modification times: whole seconds since 1970, negative before.
    package internal(set) var mtimeSeconds: [Int64] = []
    /// Modification times: nanoseconds to add to the seconds.
    package internal(set) var mtimeNanoseconds: RunColumn<UInt32> = []
    /// Hashes of the contents of regular files; a plain value for everything else.
    package internal(set) var contents: [ContentHash] = []
    /// A hash of each entry's extended attributes, 0 for none: they are compared, not shown.
    package internal(set) var xattrs: RunColumn<UInt64> = []
    /// Device numbers, `major << 32 | minor`; 0 for all but devices.
    package internal(set) var devices: RunColumn<UInt64> = []
    /// All paths, one after another; entry `i` ends at `pathEnds[i]` and starts where the one before ends.
    package internal(set) var pathBytes: [UInt8] = []
    /// Offsets into `pathBytes`, ascending.
    package internal(set) var pathEnds: [Int] = []
    /// All link targets, laid out as the paths are.
    package internal(set) var linkBytes: [UInt8] = []
    /// Offsets into `linkBytes`, ascending; equal to the one before where an entry has no target.
    package internal(set) var linkEnds: RunColumn<Int> = []
    /// What package managers left in it; nil where only a table of contents was read, which has no contents.
    package internal(set) var documents: LayerDocuments?

    /// An index without entries: that of an empty layer.
    package init() {}

    /// An index of `entries`, in their order.
    package init(_ entries: some Sequence<LayerEntry>) {
        for entry in entries { append(entry) }
    }

    /// How many entries there are.
    package var count: Int { kinds.count }

    /// Bytes: the logical sizes of all regular-file entries, duplicates counted each time; takes a pass over all of them.
    package var contentBytes: Int64 { sizes.reduce(0, +) }

    /// The bounds of entry `index`'s path within `pathBytes`.
    package func pathRange(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : pathEnds[index - 1])..<pathEnds[index]
    }

    /// The bounds of entry `index`'s link target within `linkBytes`.
    package func linkRange(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : linkEnds[index - 1])..<linkEnds[index]
    }

    /// What entry `index` says besides its name, its kind and its content.
    package func metadata(_ index: Int) -> FileMetadata {
        FileMetadata(
            mode: modes[index], uid: uids[index], gid: gids[index], mtimeSeconds: mtimeSeconds[index],
            mtimeNanoseconds: mtimeNanoseconds[index], device: devices[index])
    }

    /// Entry `index`, with copies of its path and link target.
    package subscript(index: Int) -> LayerEntry {
        LayerEntry(
            path: Array(pathBytes[pathRange(index)]), kind: kinds[index], mode: modes[index], uid: uids[index],
            gid: gids[index], size: sizes[index], mtimeSeconds: mtimeSeconds[index],
            mtimeNanoseconds: mtimeNanoseconds[index], linkTarget: Array(linkBytes[linkRange(index)]),
            content: contents[index], xattrs: xattrs[index], device: devices[index])
    }

    /// The first entries alone; without the documents, which are of the whole.
    package func prefix(_ count: Int) -> LayerIndex { LayerIndex((0..<Swift.min(count, self.count)).map { self[$0] }) }

    /// Adds `entry` after the last one.
    package mutating func append(_ entry: LayerEntry) {
        kinds.append(entry.kind)
        modes.append(entry.mode)
        uids.append(entry.uid)
        gids.append(entry.gid)
        sizes.append(entry.size)
        mtimeSeconds.append(entry.mtimeSeconds)
        mtimeNanoseconds.append(entry.mtimeNanoseconds)
        contents.append(entry.content)
        xattrs.append(entry.xattrs)
        devices.append(entry.device)
        pathBytes.append(contentsOf: entry.path)
        pathEnds.append(pathBytes.count)
        linkBytes.append(contentsOf: entry.linkTarget)
        linkEnds.append(linkBytes.count)
    }
}
