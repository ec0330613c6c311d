// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_05

/// A time of less than a second before 1970, such as -0.5, in the extended header of an entry.
///
/// libarchive has a sign for whole seconds alone: it writes what was -1.5 for it, and reads 0.5.
struct TarTime {
    /// Where the entry's headers are in the tar, with the end of the content before them.
    let headers: Range<Int64>

    /// Makes -1.… to -0.… in bytes of the tar that begin at `offset`, which have all of the headers.
    func putRight(in bytes: inout [UInt8], at offset: Int64) {
        let end = Int(headers.upperBound - offset)
        // Content and its padding end where a block does.
        var at = Int((headers.lowerBound + 511) / 512 * 512 - offset)
        guard at >= 0, end <= bytes.count else { return }
        while at + 512 <= end, bytes[at..<at + 512].allSatisfy({ $0 == 0 }) { at += 512 }
        guard at + 512 <= end else { return }
        let place = bytes[at..<end].withUnsafeBytes { Self.place(in: $0) }
        if let place { bytes[at + place] = UInt8(ascii: "0") }
    }

    /// Where the first digit of a negative `mtime` is in the headers of an entry.
    private static func place(in headers: UnsafeRawBufferPointer) -> Int? {
        var found: Int?
        _ = RawNames(headers) { key, value in
            guard key.elementsEqual("mtime".utf8), value.first == UInt8(ascii: "-") else { return }
            found = value.startIndex + 1
        }
        return found
    }

    /// Whether the `mtime` in the headers of an entry is below zero.
    static func isNegative(in headers: UnsafeRawBufferPointer) -> Bool { place(in: headers) != nil }
}
