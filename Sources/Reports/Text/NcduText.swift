// https://dev.yorhel.nl/ncdu/jsonfmt

package import OCISpec

/// A listing in ncdu's export format, which ncdu and gdu open: folders within folders, written piece by piece.
///
/// Names are raw bytes but for what JSON must escape, as ncdu writes them. The root is called as what is listed, never by a path of this
/// machine, since gdu deletes by the paths that a listing has.
package struct NcduText {
    /// A thing in a folder.
    package struct Item {
        /// Raw bytes of its name.
        package var name: [UInt8]
        /// Bytes of its own; nil for a folder that has none.
        package var bytes: Int64?
        /// What tells an inode of several names from all others, and how many it has.
        package var link: (inode: Int, count: Int)?
        /// Whether it is neither a file nor a folder.
        package var isSpecial = false
        /// Whether not all of it could be read.
        package var isPartial = false

        /// A thing from its parts.
        package init(
            _ name: [UInt8], bytes: Int64? = nil, link: (inode: Int, count: Int)? = nil, isSpecial: Bool = false,
            isPartial: Bool = false
        ) {
            (self.name, self.bytes, self.link) = (name, bytes, link)
            (self.isSpecial, self.isPartial) = (isSpecial, isPartial)
        }
    }

    private let stream: ReportStream
    private var depth = 0

    /// Begins a listing made by this version at that moment.
    package init(version: String, now: Timestamp, to stream: ReportStream) throws {
        self.stream = stream
        try stream.write("[1,2,{\"progname\":\"strata\",\"progver\":")
        try stream.write(Self.quoted(Array(version.utf8)))
        try stream.write(",\"timestamp\":\(max(0, now.seconds))}")
    }

    /// Begins a folder.
    package mutating func open(_ folder: Item) throws {
        try stream.write(",\n[")
        // Inodes of different devices are not compared, so all are of one.
        try write(folder, isRoot: depth == 0)
        depth += 1
    }

    /// Ends the last folder that was begun.
    package mutating func close() throws {
        try stream.write("]")
        depth -= 1
    }

    /// Adds what is no folder to the last folder that was begun.
    package mutating func add(_ item: Item) throws {
        try stream.write(",\n")
        try write(item, isRoot: false)
    }

    /// Ends all folders, and the listing.
    package mutating func finish() throws {
        while depth > 0 { try close() }
        try stream.write("]\n")
    }

    private func write(_ item: Item, isRoot: Bool) throws {
        try stream.write("{\"name\":")
        try stream.write(Self.quoted(item.name))
        var fields = ""
        if let bytes = item.bytes, bytes > 0 { fields += ",\"asize\":\(bytes),\"dsize\":\(bytes)" }
        if isRoot { fields += ",\"dev\":1" }
        if let link = item.link, link.count > 1 { fields += ",\"ino\":\(link.inode + 1),\"hlnkc\":true,\"nlink\":\(link.count)" }
        if item.isSpecial { fields += ",\"notreg\":true" }
        if item.isPartial { fields += ",\"read_error\":true" }
        try stream.write(fields, "}")
    }

    /// A name in quotes: controls, quotes and backslashes are escaped, everything else is as it is.
    static func quoted(_ name: [UInt8]) -> [UInt8] {
        var text: [UInt8] = [UInt8(ascii: "\"")]
        for byte in name {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F:
                let digits = Array("0123456789ABCDEF".utf8)
                text += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: text.append(byte)
            }
        }
        return text + [UInt8(ascii: "\"")]
    }

    /// What a root may be called: a text that leads to nothing on this machine is used as it is.
    package static func rootName(_ label: String) -> String {
        let isPath = ["/", "./", "../", "~"].contains { label.utf8.starts(with: $0.utf8) }
        return isPath || label.isEmpty ? "image:\(label)" : label
    }
}
