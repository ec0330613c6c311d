/// Where in a tar something is wrong.
package struct EntryPlace: Hashable, Sendable {
    /// How many entries were read before this one.
    package var index: Int
    /// The entry's name as written; nil when its header could not be read.
    package var path: [UInt8]?
    /// The normalised path of the last entry kept before it; nil when there is none.
    package var previousPath: [UInt8]?

    /// A place from its parts.
    package init(index: Int, path: [UInt8]? = nil, previousPath: [UInt8]? = nil) {
        self.index = index
        self.path = path
        self.previousPath = previousPath
    }
}

/// Which of the `ScanLimits` was passed.
package enum ScanLimitKind: String, Hashable, Sendable, CaseIterable {
    case tarBytes
    case entries
    case pathBytes
    case nameBytes
    case headerBytes
    case contentBytes
    case impliedBytes
    case ratio
    case window
}

/// Why a stream is no layer, or no archive, that can be read.
package enum LayerArchiveError: Error, Sendable {
    /// Reading the source failed; `name` is the source's.
    case io(name: String, errno: Int32)
    /// The source ended `missing` bytes before the length it was said to have.
    case sourceTooShort(name: String, missing: Int64)
    /// The compressed stream ends inside its data.
    case compressedTruncated(Compression)
    /// The compressed data is damaged; `detail` is the decoder's own word for it, `code` its number.
    case badCompression(Compression, code: Int, detail: String)
    /// Bytes that are no further member or frame follow the compressed data, and are not zero padding.
    case trailingGarbage(Compression)
    /// The tar ends inside an entry.
    case tarTruncated(EntryPlace)
    /// libarchive calls the tar damaged, in its own words.
    case badTar(EntryPlace, detail: String)
    /// The entry has no name.
    case emptyName(EntryPlace)
    /// The entry's name has a part `..`.
    case parentTraversal(EntryPlace)
    /// The hard link's target has a part `..`.
    case linkTargetTraversal(EntryPlace, target: [UInt8])
    /// The hard link has no target, or the root.
    case emptyLinkTarget(EntryPlace)
    /// A whiteout of nothing, of `.` or of `..`.
    case badWhiteout(EntryPlace)
    /// An entry of a type that stands for nothing by itself: the rest of a file from another volume.
    case unsupportedEntry(EntryPlace)
    /// The parts of a sparse file overlap, leave its bounds, or are not all there.
    case badSparseMap(EntryPlace)
    /// A layer's table of contents is damaged or lies.
    case badTableOfContents(TableFault)
    /// A tar-split file, or the unpacked layer that it belongs to, is damaged or lies.
    case badTarSplit(TarSplitFault)
    /// A zstd frame wants a window of so many bytes.
    case windowTooLarge(wanted: Int64, limit: Int64)
    /// A limit is passed; `limit` is its value, and the place is known for limits on entries.
    case limitExceeded(ScanLimitKind, limit: Int64, EntryPlace?)
    /// Writing the decompressed bytes failed.
    case write(errno: Int32)
    /// An entry cannot be written to a tar; `detail` is libarchive's word for it.
    case notWritable(EntryPlace, detail: String)
    /// A library could not get memory, or a thread could not be started.
    case outOfResources
    /// What the scan handed the stored bytes to threw this.
    case tapFailed(any Error)
}
