package import OCISpec

extension StreamHash {
    /// The SHA-256 of all that is left of `source`.
    package static func digest(of source: any ByteSource) throws(LayerArchiveError) -> Digest {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        var hash = StreamHash()
        while true {
            let count = try source.read(into: buffer)
            if count == 0 { return hash.digest() }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
