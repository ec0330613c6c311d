package import OCISpec
package import StorageIO

extension Digest {
    /// The digest of all that is in `file` now; `progress` gets the bytes of each step.
    package init(
        hashing file: File, with algorithm: Algorithm, progress: (Int64) -> Void = { _ in }
    ) throws(StorageError) {
        var hash = StreamHash(algorithm)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try file.read(into: buffer, at: offset)
            if count == 0 { break }
            hash.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
            progress(Int64(count))
        }
        self = hash.digest()
    }
}
