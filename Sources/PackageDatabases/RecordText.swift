/// Helpers for the line formats that package managers write.
enum RecordText {
    /// The lines of `bytes`, without their ends; `\r` before an end is dropped.
    static func lines(_ bytes: [UInt8]) -> some Sequence<ArraySlice<UInt8>> {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).lazy.map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
    }

    /// `Key: value` with blanks around the value dropped; nil for a line that is none.
    static func field(_ line: ArraySlice<UInt8>) -> (key: String, value: String)? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            let first = line.first, first != UInt8(ascii: " "), first != UInt8(ascii: "\t")
        else { return nil }
        return (text(line[..<colon]), text(trimmed(line[(colon + 1)...])))
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let blanks = Set(" \t".utf8)
        var bytes = bytes
        while let first = bytes.first, blanks.contains(first) { bytes.removeFirst() }
        while let last = bytes.last, blanks.contains(last) { bytes.removeLast() }
        return bytes
    }

    /// `path` as this program writes paths: no slash at either end, no empty part, `.` and `..` resolved.
    static func normalized(_ path: some Collection<UInt8>, below folder: [UInt8] = []) -> [UInt8] {
        let slash = UInt8(ascii: "/")
        var parts = path.first == slash ? [] : folder.split(separator: slash).map(Array.init)
        for part in Array(path).split(separator: slash) where !part.elementsEqual(".".utf8) {
            if part.elementsEqual("..".utf8) {
                if !parts.isEmpty { parts.removeLast() }
            } else {
                parts.append(Array(part))
            }
        }
        return Array(parts.joined(separator: [slash]))
    }

    /// The folder that `path` stands in; empty for the root.
    static func folder(of path: [UInt8]) -> [UInt8] {
        Array(path[..<(path.lastIndex(of: UInt8(ascii: "/")) ?? 0)])
    }
}
