package import OCISpec

/// Why a layer's table of contents is not believed.
package enum TableFault: Error, Sendable {
    /// What is wrong with one entry.
    package enum Entry: Hashable, Sendable {
        /// Something other than a directory has no name.
        case noName
        /// A part of the name, or of a hard link's target, is `..`.
        case parentTraversal
        /// The name has a zero byte, which no file's has.
        case zeroByte
        /// A whiteout of nothing.
        case badWhiteout
        /// A type that neither format has.
        case unknownType
        /// Another entry has the same path.
        case twice
        /// A hard link to nothing in the table, or to a directory.
        case linkToNowhere
        /// A piece of a file that is not the one before it.
        case strayChunk
        /// A size that is negative, or a piece that is not within its file.
        case badSize
        /// An offset that is not within the layer's data.
        case badOffset
    }

    /// No annotation of the manifest has the table's digest.
    case unvouched
    /// No annotation says where the table is.
    case unplaced
    /// The layer has a table of each form.
    case twoTables
    /// The annotation of that name makes no sense.
    case badAnnotation(String)
    /// The table is of another type than the one that is known, 1.
    case otherType(Int64)
    /// The place is not within the layer.
    case outside
    /// The table is larger than any that is read.
    case tooLarge
    /// The layer does not end as eStargz does.
    case noFooter
    /// The table has another digest than the manifest says.
    case digest(expected: Digest, actual: Digest)
    /// The table cannot be unpacked.
    case unreadable(any Error)
    /// The table is not under zstd.
    case notZstd
    /// The tar has something else where the table should be.
    case noMember
    /// The document is not a table's JSON; the byte at which that shows.
    case malformed(at: Int)
    /// The document is of another version than 1.
    case otherVersion
    /// An entry is wrong.
    case entry([UInt8], Entry)
    /// The table goes beyond what a scan of the layer may.
    case limitExceeded(ScanLimitKind, limit: Int64)
    /// The layer does not go together with those below it.
    case contradictory(any Error)
}
