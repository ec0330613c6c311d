import FoundationEssentials
package import LayerArchive
package import OCISpec
import TextValues

/// How an entry of a layer stands in a line.
package enum EntryLine {
    /// What begins every line of a layer.
    static func beginning(_ digest: Digest) -> [UInt8] { Array("{\"digest\":\"\(digest)\"".utf8) }

    /// Writes a line for each entry of `index`; the first is entry `first` of its layer, which `beginning` names.
    ///
    /// `isTable` says that the hashes are those of a table of contents.
    static func write(
        _ index: LayerIndex, first: Int, isTable: Bool, after beginning: [UInt8], to line: inout JSONLine
    ) {
        index.pathBytes.withUnsafeBufferPointer { paths in
            index.linkBytes.withUnsafeBufferPointer { links in
                for entry in 0..<index.count {
                    let kind = index.kinds[entry]
                    line.begin(with: beginning)
                    line.field("seq", Int64(first + entry))
                    write("path", "pathBytes", UnsafeBufferPointer(rebasing: paths[index.pathRange(entry)]), to: &line)
                    line.key("type")
                    line.string(plain: kind.word)
                    line.field("size", index.sizes[entry])
                    line.key("hash")
                    if kind == .file { write(index.contents[entry], isTable: isTable, to: &line) } else { line.null() }
                    if kind == .symlink || kind == .hardLink {
                        write("target", "targetBytes", UnsafeBufferPointer(rebasing: links[index.linkRange(entry)]), to: &line)
                    } else {
                        line.key("target")
                        line.null()
                    }
                    line.field("whiteout", kind == .whiteout || kind == .opaque)
                    line.end()
                }
            }
        }
    }

    /// The prefix of hashes that are the first half of a SHA-256.
    static let tablePrefix: StaticString = "sha256:"

    private static func write(_ hash: ContentHash, isTable: Bool, to line: inout JSONLine) {
        guard isTable else { return line.hex(hash.high, hash.low) }
        // Of a file that the table gives no digest for nothing is known that another one could be compared with.
        if hash.isUnknown { line.null() } else { line.hex(hash.high, hash.low, after: tablePrefix) }
    }

    private static func write(
        _ name: StaticString, _ bytesName: StaticString, _ bytes: UnsafeBufferPointer<UInt8>, to line: inout JSONLine
    ) {
        line.key(name)
        if bytes.allSatisfy({ $0 < 0x80 }) { return line.string(utf8: bytes) }
        let (text, isExact) = RawText.text(Array(bytes))
        line.string(text)
        guard !isExact else { return }
        line.key(bytesName)
        line.string(Data(bytes).base64EncodedString())
    }
}
