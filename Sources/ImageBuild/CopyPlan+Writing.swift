package import LayerArchive
import StorageIO

extension CopyPlan {
    private static let bufferBytes = 1 << 20

    /// The paths of each part whose contents are needed.
    package func neededContents(partCount: Int) -> [[[UInt8]]] {
        var needed: [[[UInt8]]] = Array(repeating: [], count: partCount)
        for entry in entries { if let content = entry.content { needed[content.part].append(content.path) } }
        return needed
    }

    /// Writes the entries, with contents read now; `parts` have the contents of each part, and no time is later than `latest`.
    ///
    /// A file whose length is not the one that was planned with is an error: it changed meanwhile, and what was read of it would be
    /// neither the old nor the new one.
    package func write(to writer: TarWriter, _ parts: [any SourceContents], latest: Int64? = nil) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.bufferBytes, alignment: 4096)
        defer { buffer.deallocate() }
        for entry in entries {
            var header = entry.header
            header.clamp(to: latest)
            guard let place = entry.content else {
                try writer.begin(header)
                continue
            }
            let content = try parts[place.part].open(place.path)
            header.xattrs = content.xattrs
            try writer.begin(header)
            guard header.kind == .file, let file = content.file else { continue }
            if let size = content.size, size != header.size { throw BuildError.changedMeanwhile(path: place.path) }
            var done: Int64 = 0
            // One byte more is asked for than is expected, unless the content ends before the file does.
            while content.size == nil || done < header.size {
                let wanted = content.size == nil ? buffer.count : Int(min(Int64(buffer.count), header.size - done))
                let count = try file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: content.offset + done)
                if count == 0 { break }
                done += Int64(count)
                guard done <= header.size else { throw BuildError.changedMeanwhile(path: place.path) }
                try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                // A short answer is the end: another one would say no more.
                if content.size == nil, count < wanted, done == header.size { break }
            }
            guard done == header.size else { throw BuildError.changedMeanwhile(path: place.path) }
        }
    }
}
