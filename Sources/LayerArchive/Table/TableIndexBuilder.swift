import FoundationEssentials
import OCISpec

/// Turns a table's entries into a layer's index, as a scan of the tar would have it; refuses what no such layer can have.
struct TableIndexBuilder {
    private let place: TableOfContents.Place
    private let limits: ScanLimits
    private var index = LayerIndex()
    private var contentBytes: Int64 = 0
    /// The least that a tar of these entries has.
    private var tarBytes: Int64 = 0
    private var nameBytes = 0
    /// What stands at each path that is no marker's.
    private var kinds: [[UInt8]: EntryKind] = [:]
    private var whiteouts: Set<[UInt8]> = []
    private var opaques: Set<[UInt8]> = []
    private var links: [(path: [UInt8], target: [UInt8])] = []
    /// Bytes of the file that pieces may follow.
    private var lastFileBytes: Int64?
    private var path: [UInt8] = []

    init(_ place: TableOfContents.Place, limits: ScanLimits) {
        self.place = place
        self.limits = limits
    }

    /// The whole index; every hard link leads to a file of the table by now.
    func finish() throws(TableFault) -> LayerIndex {
        let targets = Dictionary(links.map { ($0.path, $0.target) }) { $1 }
        var leadsOn: [[UInt8]: Bool] = [:]
        for link in links {
            // Links may name links, but not in a circle: what is on the way leads nowhere until it is known better.
            var way: [[UInt8]] = []
            var here = link.path
            while leadsOn[here] == nil, let next = targets[here] {
                leadsOn[here] = false
                way.append(here)
                here = next
            }
            let isGood = leadsOn[here] ?? (kinds[here].map { $0 != .directory } ?? false)
            guard isGood else { throw .entry(link.path, .linkToNowhere) }
            for path in way { leadsOn[path] = true }
        }
        return index
    }

    private static let types: [String: EntryKind] = [
        "reg": .file, "dir": .directory, "symlink": .symlink, "hardlink": .hardLink, "char": .characterDevice,
        "block": .blockDevice, "fifo": .fifo,
    ]

    mutating func add(_ entry: TableEntry) throws(TableFault) {
        if entry.type == "chunk" { return try addChunk(entry) }
        guard let kind = Self.types[entry.type] else { throw .entry(entry.name, .unknownType) }
        guard entry.name.count <= limits.maxPathBytes, entry.linkName.count <= limits.maxPathBytes else {
            throw .limitExceeded(.pathBytes, limit: Int64(limits.maxPathBytes))
        }
        guard !entry.name.contains(0), !entry.linkName.contains(0) else { throw .entry(entry.name, .zeroByte) }
        guard index.count < limits.maxEntries else {
            throw .limitExceeded(.entries, limit: Int64(limits.maxEntries))
        }
        try check(entry, kind)
        lastFileBytes = kind == .file ? entry.size : nil
        switch entry.name.withUnsafeBytes({ EntryName.parse($0, into: &path) }) {
        case .path:
            // The root may be there, but only as what it is.
            guard !path.isEmpty || kind == .directory else { throw .entry(entry.name, .noName) }
            try append(entry, kind, isFirst: kinds.updateValue(kind, forKey: path) == nil)
        case .whiteout: try append(entry, .whiteout, isFirst: whiteouts.insert(path).inserted)
        case .opaque: try append(entry, .opaque, isFirst: opaques.insert(path).inserted)
        case .aufs: return
        case .parentTraversal: throw .entry(entry.name, .parentTraversal)
        case .badWhiteout: throw .entry(entry.name, .badWhiteout)
        }
    }

    /// A further piece of the file before it.
    private func addChunk(_ entry: TableEntry) throws(TableFault) {
        guard let bytes = lastFileBytes else { throw .entry(entry.name, .strayChunk) }
        guard entry.chunkOffset >= 0, entry.chunkOffset <= bytes, entry.chunkSize >= 0,
            entry.chunkSize <= bytes - entry.chunkOffset
        else { throw .entry(entry.name, .badSize) }
        try checkOffsets(entry)
    }

    private func checkOffsets(_ entry: TableEntry) throws(TableFault) {
        let end = place.range.lowerBound
        guard entry.offset >= 0, entry.offset < end else { throw .entry(entry.name, .badOffset) }
        guard entry.endOffset == 0 || (entry.offset...end).contains(entry.endOffset) else {
            throw .entry(entry.name, .badOffset)
        }
    }

    /// Holds the entry's numbers against what the blob can hold, and what a scan of the layer may find.
    private mutating func check(_ entry: TableEntry, _ kind: EntryKind) throws(TableFault) {
        guard kind == .file else {
            tarBytes += 512
            return try checkTar()
        }
        guard entry.size >= 0, entry.chunkSize >= 0, entry.chunkSize <= entry.size, entry.chunkOffset == 0 else {
            throw .entry(entry.name, .badSize)
        }
        if entry.size > 0 { try checkOffsets(entry) }
        guard entry.size <= limits.maxContentBytes - contentBytes else {
            throw .limitExceeded(.contentBytes, limit: limits.maxContentBytes)
        }
        contentBytes += entry.size
        tarBytes += 512 + (entry.size + 511) / 512 * 512
        try checkTar()
    }

    private func checkTar() throws(TableFault) {
        guard tarBytes <= limits.maxTarBytes else { throw .limitExceeded(.tarBytes, limit: limits.maxTarBytes) }
        if tarBytes > limits.ratioFloorBytes, tarBytes / max(1, place.blobBytes) > limits.maxRatio {
            throw .limitExceeded(.ratio, limit: limits.maxRatio)
        }
    }

    private mutating func append(_ entry: TableEntry, _ kind: EntryKind, isFirst: Bool) throws(TableFault) {
        // Of two names that lost bytes nobody knows whether they are one.
        guard isFirst || LossyNames.isLossy(path) else { throw .entry(entry.name, .twice) }
        let target = try link(entry, kind)
        nameBytes += path.count + target.count
        guard nameBytes <= limits.maxNameBytes else {
            throw .limitExceeded(.nameBytes, limit: Int64(limits.maxNameBytes))
        }
        if kind == .hardLink { links.append((path, target)) }
        let size = kind == .file ? entry.size : 0
        let time = entry.modtime.isEmpty ? nil : Timestamp(parsing: entry.modtime)
        let isDevice = kind == .characterDevice || kind == .blockDevice
        let device = FileMetadata.device(major: entry.devMajor, minor: entry.devMinor)
        index.append(
            LayerEntry(
                path: path, kind: kind, mode: UInt16(truncatingIfNeeded: entry.mode & 0o7777), uid: entry.uid, gid: entry.gid,
                size: size, mtimeSeconds: time?.seconds ?? 0, mtimeNanoseconds: UInt32(clamping: time?.nanoseconds ?? 0),
                linkTarget: target, content: content(entry, size), xattrs: Self.attributes(entry), device: isDevice ? device : 0))
    }

    private func link(_ entry: TableEntry, _ kind: EntryKind) throws(TableFault) -> [UInt8] {
        if kind == .symlink { return entry.linkName }
        guard kind == .hardLink else { return [] }
        var path: [UInt8] = []
        guard entry.linkName.withUnsafeBytes({ EntryName.normalize($0, into: &path) }) else {
            throw .entry(entry.name, .parentTraversal)
        }
        return path
    }

    /// The first half of the file's SHA-256; without one the file is like no other.
    private func content(_ entry: TableEntry, _ size: Int64) -> ContentHash {
        guard size > 0 else { return ContentHash() }
        let prefix = Array("sha256:".utf8)
        guard entry.digest.starts(with: prefix), entry.digest.count == prefix.count + 64,
            let known = entry.digest[prefix.count..<prefix.count + 32].withUnsafeBufferPointer({ ContentHash(digits: $0) })
        else { return .unlikeOthers(UInt64(index.count)) }
        return known
    }

    private static func attributes(_ entry: TableEntry) -> UInt64 {
        guard !entry.xattrs.isEmpty else { return 0 }
        let attributes = entry.xattrs.map { name, value in
            ExtendedAttribute(name: name, value: Data(base64Encoded: Data(value)).map { Array($0) } ?? value)
        }
        return ExtendedAttribute.digest(of: attributes.sorted { $0.name.lexicographicallyPrecedes($1.name) })
    }
}
