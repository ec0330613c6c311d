import CLibArchive
import Glibc
package import OCISpec

extension LayerExtraction {
    /// A SHA-256 of the extended attributes and the content of each entry of these places in the index.
    ///
    /// On return all stored bytes were read, and the digest is theirs.
    package static func hashes(
        of entries: Set<Int>, from source: any ByteSource, limits: ScanLimits = ScanLimits()
    ) throws(LayerArchiveError) -> (hashes: [Int: Digest], digest: Digest) {
        var found: [Int: Digest] = [:]
        let digest = try visit(source, limits, nil) { number, reader, entry, name throws(LayerArchiveError) in
            guard entries.contains(number) else { return }
            let raw = UnsafeRawBufferPointer(start: name, count: strlen(name))
            guard let kind = EntryKind(entry, name: raw) else { throw .unsupportedEntry(place(number, raw)) }
            let header = TarEntry.header(entry, kind, path: [])
            var hash = StreamHash()
            for attribute in header.xattrs {
                for bytes in [attribute.name, attribute.value] {
                    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update($0) }
                    bytes.withUnsafeBytes { hash.update($0) }
                }
            }
            if kind == .file {
                try copyContent(header.size, from: reader, place(number, raw)) { bytes throws(LayerArchiveError) in
                    hash.update(bytes)
                }
            }
            found[number] = hash.digest()
        }
        return (found, digest)
    }
}
