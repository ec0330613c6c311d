/// Why a tar-split file, or the unpacked layer beside it, gives no tar.
package enum TarSplitFault: Error, Hashable, Sendable {
    /// A line that is no JSON, or has not the fields that it needs, at this line, counted from 0.
    case badLine(Int)
    /// A line of another number than its place, so that some are missing or moved.
    case outOfOrder(Int)
    /// A line of a kind that this reader does not know.
    case unknownKind(Int)
    /// A line of more bytes than an entry may have in headers.
    case lineTooLong(Int)
    /// The text ends inside a line.
    case truncated
    /// An entry's header promises content that the lines do not have there, as with sparse files.
    case contentMissing(name: [UInt8])
    /// The name of a content has a part `..`, or is that of the layer's root.
    case badName([UInt8])
    /// The unpacked layer has no such file, or something else there.
    case fileMissing(name: [UInt8])
    /// The unpacked layer's file has other bytes than the layer had when it was unpacked.
    case fileChanged(name: [UInt8])
}
