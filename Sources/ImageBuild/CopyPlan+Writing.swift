package import LayerArchive
package import StorageIO

extension CopyPlan {
    private static let bufferBytes = 1 << 20

    /// Writes the entries, with contents read now; `open` gives the regular file of the source at a path.
    ///
    /// A file whose length is not the one that was planned with is an error: it changed meanwhile, and what was read of it would be
    /// neither the old nor the new one.
    package func write(to writer: TarWriter, open: ([UInt8]) throws(BuildError) -> File) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 4096)
        defer { buffer.deallocate() }
        for entry in entries {
            try writer.begin(entry.header)
            guard let path = entry.content else { continue }
            let file = try open(path)
            var offset: Int64 = 0
            while true {
                let count = try file.read(into: buffer, at: offset)
                if count == 0 { break }
                offset += Int64(count)
                guard offset <= entry.header.size else { throw BuildError.changedMeanwhile(path: path) }
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            guard offset == entry.header.size else { throw BuildError.changedMeanwhile(path: path) }
        }
    }
}
