import CLibArchive
import Glibc

/// Reads a layer's tar to its end-of-archive blocks and makes the index of it.
///
/// One thread's, used once.
struct LayerIndexer: ~Copyable {
    let input: TarInput
    let reader: TarReader
    let limits: ScanLimits
    var hasher: ContentHasher
    var index = LayerIndex()
    var warnings: [LayerWarning] = []
    /// Entries read, those of AUFS that the index leaves out too.
    var entriesRead = 0
    var contentBytes: Int64 = 0
    /// Takes the entries piece by piece; nil where they stay in the index.
    private let sink: EntrySink?
    /// Bytes of paths and links that the sink has taken, and the path of the last entry among them.
    private var handedNameBytes = 0
    private var handedPath: [UInt8]?
    /// Bytes of the paths of directories that entries imply, as often as an entry does that is no neighbour of another.
    private var impliedBytes = 0
    /// Scratch for the current entry's path and link target, kept for their capacity.
    var path: [UInt8] = []
    private var link: [UInt8] = []
    /// Blocks that may turn out to be no headers: the body of a hard link, which libarchive does not skip.
    private var bodyBlocksLeft: Int64 = 0
    private var isInLinkBody = false
    /// The content of the current entry as far as it was read, where it is one to be kept.
    var kept: [UInt8]?
    var documents = LayerDocumentsBuilder()
    /// Entries whose content is to be kept whatever their names are.
    let wanted: Set<Int>
    /// Whether the contents of package managers' files are kept; not where no content is read.
    let keepsDocuments: Bool

    init(
        _ input: TarInput, _ reader: TarReader, _ hasher: consuming ContentHasher, limits: ScanLimits,
        keeping wanted: Set<Int> = [], keepsDocuments: Bool = true, sink: EntrySink? = nil
    ) {
        self.input = input
        self.reader = reader
        self.hasher = hasher
        self.limits = limits
        self.wanted = wanted
        self.keepsDocuments = keepsDocuments && sink == nil
        self.sink = sink
    }

    /// The index of the whole tar.
    mutating func run() throws(LayerArchiveError) -> LayerIndex {
        do { try reader.open() } catch { throw located(error, nil) }
        while let warning = try nextEntry() { try indexEntry(warning: warning) }
        if keepsDocuments { index.documents = documents.finish() }
        if index.count > 0 { handOver() }
        return index
    }

    /// Gives the sink, where there is one, what the index has.
    private mutating func handOver() {
        guard let sink else { return }
        handedNameBytes += index.pathBytes.count + index.linkBytes.count
        handedPath = lastPath
        sink.take(index)
        index = LayerIndex()
    }

    /// The path of the last entry so far; nil before the first.
    var lastPath: [UInt8]? {
        let last = min(index.count, index.pathEnds.count) - 1
        return last < 0 ? handedPath : Array(index.pathBytes[index.pathRange(last)])
    }

    /// Goes to the next entry; its warning is empty mostly.
    ///
    /// nil at the end.
    private mutating func nextEntry() throws(LayerArchiveError) -> String? {
        input.beginHeader()
        defer { input.endHeader() }
        while true {
            let step: TarReader.Step
            do { step = try reader.next() } catch { throw located(error, nil) }
            switch step {
            case .end:
                // Zeros inside a hard link's body are no end of the archive.
                if isInLinkBody, bodyBlocksLeft > 0 { throw .badTar(place(nil), detail: "") }
                return nil
            case .entry(let warning):
                // A header inside a hard link's body would be a hidden entry.
                if isInLinkBody, bodyBlocksLeft > 0 { throw .badTar(place(nil), detail: "") }
                isInLinkBody = false
                bodyBlocksLeft = 0
                return warning ?? ""
            case .damagedBlock:
                guard bodyBlocksLeft > 0 else { throw .badTar(place(nil), detail: "Damaged tar archive") }
                bodyBlocksLeft -= 1
                isInLinkBody = true
            }
        }
    }

    private mutating func indexEntry(warning: String) throws(LayerArchiveError) {
        guard let entry = reader.entry, let start = archive_entry_pathname(entry) else { throw .emptyName(place(nil)) }
        let name = UnsafeRawBufferPointer(start: start, count: strlen(start))
        if name.isEmpty, limits.passesOverNameless { return }
        guard !name.isEmpty else { throw .emptyName(place([])) }
        guard name.count <= limits.maxPathBytes else { throw limit(.pathBytes, limits.maxPathBytes, Array(name.prefix(256))) }
        guard entriesRead < limits.maxEntries else { throw limit(.entries, limits.maxEntries, Array(name)) }
        note(warning, name)

        switch EntryName.parse(name, into: &path) {
        case .path:
            guard let kind = EntryKind(entry, name: name) else { throw .unsupportedEntry(place(Array(name))) }
            try append(entry, kind, name)
        case .whiteout: try append(entry, .whiteout, name)
        case .opaque: try append(entry, .opaque, name)
        case .aufs: try skipBody(entry, name)
        case .parentTraversal: throw .parentTraversal(place(Array(name)))
        case .badWhiteout: throw .badWhiteout(place(Array(name)))
        }
        entriesRead += 1
    }

    private mutating func append(
        _ entry: OpaquePointer, _ kind: EntryKind, _ name: UnsafeRawBufferPointer
    ) throws(LayerArchiveError) {
        try readLink(entry, kind, name)
        let nameBytes = handedNameBytes + index.pathBytes.count + index.linkBytes.count + path.count + link.count
        guard nameBytes <= limits.maxNameBytes else { throw limit(.nameBytes, limits.maxNameBytes, Array(name)) }
        impliedBytes += impliedBytes(of: path)
        guard impliedBytes / 16 <= nameBytes + limits.maxImpliedBytes / 16 else {
            throw limit(.impliedBytes, limits.maxImpliedBytes, Array(name.prefix(256)))
        }
        let isDevice = kind == .characterDevice || kind == .blockDevice
        index.kinds.append(kind)
        index.modes.append(UInt16(truncatingIfNeeded: archive_entry_perm(entry) & 0o7777))
        index.uids.append(archive_entry_uid(entry))
        index.gids.append(archive_entry_gid(entry))
        appendTime(entry)
        index.xattrs.append(xattrDigest(entry))
        index.devices.append(isDevice ? TarEntry.device(entry) : 0)
        if kind == .file {
            beginKeeping(archive_entry_size(entry))
            let (size, hash) = try readContent(entry, name)
            endKeeping(size)
            index.sizes.append(size)
            index.contents.append(hash)
        } else {
            index.sizes.append(0)
            index.contents.append(ContentHash())
            try skipBody(entry, name)
        }
        index.pathBytes.append(contentsOf: path)
        index.pathEnds.append(index.pathBytes.count)
        index.linkBytes.append(contentsOf: link)
        index.linkEnds.append(index.linkBytes.count)
        if index.count >= EntrySink.mostEntries || index.pathBytes.count >= EntrySink.mostPathBytes { handOver() }
    }

    /// Bytes of the paths of the directories above an entry that neither the entry before it is in, nor is itself.
    private func impliedBytes(of path: [UInt8]) -> Int {
        let common: Int
        let previousCount: Int
        if index.count == 0 {
            common = Self.commonCount(path, (handedPath ?? [])[...])
            previousCount = handedPath?.count ?? 0
        } else {
            let previous = index.pathBytes[index.pathRange(index.count - 1)]
            common = Self.commonCount(path, previous)
            previousCount = previous.count
        }
        var sum = 0
        var place = common
        if common == previousCount { place += 1 }
        while place < path.count {
            if path[place] == UInt8(ascii: "/") { sum += place }
            place += 1
        }
        return sum
    }

    /// How many bytes two paths have in common at their beginnings.
    private static func commonCount(_ path: [UInt8], _ other: ArraySlice<UInt8>) -> Int {
        var common = 0
        while common < min(path.count, other.count), path[common] == other[other.startIndex + common] { common += 1 }
        return common
    }

    private mutating func appendTime(_ entry: OpaquePointer) {
        let (seconds, nanoseconds) = TarEntry.modificationTime(entry)
        index.mtimeSeconds.append(seconds)
        index.mtimeNanoseconds.append(nanoseconds)
    }

    private mutating func readLink(
        _ entry: OpaquePointer, _ kind: EntryKind, _ name: UnsafeRawBufferPointer
    ) throws(LayerArchiveError) {
        link.removeAll(keepingCapacity: true)
        let isHard = kind == .hardLink
        guard isHard || kind == .symlink else { return }
        guard let start = isHard ? archive_entry_hardlink(entry) : archive_entry_symlink(entry) else { return }
        let target = UnsafeRawBufferPointer(start: start, count: strlen(start))
        guard target.count <= limits.maxPathBytes else { throw limit(.pathBytes, limits.maxPathBytes, Array(name)) }
        if !isHard {
            link.append(contentsOf: target)
            return
        }
        guard EntryName.normalize(target, into: &link) else {
            throw .linkTargetTraversal(place(Array(name)), target: Array(target))
        }
        if link.isEmpty { throw .emptyLinkTarget(place(Array(name))) }
        if archive_entry_size(entry) == 0 { bodyBlocksLeft = (reader.claimedSize + 511) / 512 }
    }
}

extension EntryKind {
    /// What libarchive's entry is; nil where it has no type.
    ///
    /// Types that no standard knows are regular files, as POSIX asks and libarchive does it. Old writers mark a
    /// directory by its name's last slash alone; libarchive sees that only where it had no warning.
    init?(_ entry: OpaquePointer, name: UnsafeRawBufferPointer) {
        if archive_entry_hardlink(entry) != nil {
            self = .hardLink
            return
        }
        switch archive_entry_filetype(entry) {
        case S_IFREG: self = name.last == UInt8(ascii: "/") ? .directory : .file
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .symlink
        case S_IFCHR: self = .characterDevice
        case S_IFBLK: self = .blockDevice
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        default: return nil
        }
    }
}
