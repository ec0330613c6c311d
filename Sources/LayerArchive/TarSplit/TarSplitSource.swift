package import StorageIO
import SystemPackage

/// A layer's tar, bit for bit as the engine got it: headers from the tar-split, contents from the unpacked layer.
///
/// Files are opened below the layer's own directory, by descriptors, and no symlink is followed, so nothing leads out of it. Each content's
/// checksum is compared on the way; whether the whole is the layer that it should be, only its diff ID tells.
package final class TarSplitSource: ByteSource {
    private let lines: TarSplitLines
    private let layer: TreeReader
    private let limits: ScanLimits
    private var raw: [UInt8] = []
    private var rawUsed = 0
    private var content: Content?
    private var total: Int64 = 0

    /// The content that the tar is at.
    private struct Content {
        let file: File
        let name: [UInt8]
        let size: Int64
        let checksum: UInt64
        var sum = Checksum64()
        var done: Int64 = 0
    }

    /// The tar of the tar-split file in `source` and the unpacked layer in `layer`.
    package init(
        _ source: any ByteSource, layer: Directory, limits: ScanLimits = ScanLimits()
    ) throws(LayerArchiveError) {
        lines = try TarSplitLines(source, limits: limits)
        self.layer = TreeReader(layer)
        self.limits = limits
    }

    /// Bytes of the tar of the tar-split file in `source`, by its lines alone.
    package static func tarBytes(of source: any ByteSource, limits: ScanLimits) throws(LayerArchiveError) -> Int64 {
        let lines = try TarSplitLines(source, limits: limits)
        var sum: Int64 = 0
        while let item = try lines.next() {
            let count =
                switch item {
                case .raw(let bytes): Int64(bytes.count)
                case .content(_, let size, _): size
                }
            let (next, isOver) = sum.addingReportingOverflow(count)
            guard !isOver, next <= limits.maxTarBytes else { throw .limitExceeded(.tarBytes, limit: limits.maxTarBytes, nil) }
            sum = next
        }
        return sum
    }

    /// Reads on; a file that is not what it was is told by its name.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        guard !buffer.isEmpty else { return 0 }
        while true {
            if rawUsed < raw.count {
                let count = min(buffer.count, raw.count - rawUsed)
                buffer.copyBytes(from: raw[rawUsed..<rawUsed + count])
                rawUsed += count
                return try counted(count)
            }
            if content != nil { return try counted(try readContent(into: buffer)) }
            guard let item = try lines.next() else { return 0 }
            switch item {
            case .raw(let bytes): (raw, rawUsed) = (bytes, 0)
            case .content(let name, let size, let checksum): content = try open(name, size, checksum)
            }
        }
    }

    private func counted(_ count: Int) throws(LayerArchiveError) -> Int {
        total += Int64(count)
        if total > limits.maxTarBytes { throw .limitExceeded(.tarBytes, limit: limits.maxTarBytes, nil) }
        return count
    }

    private func open(_ name: [UInt8], _ size: Int64, _ checksum: UInt64) throws(LayerArchiveError) -> Content {
        var path: [UInt8] = []
        guard name.withUnsafeBytes({ EntryName.normalize($0, into: &path) }), !path.isEmpty, !path.contains(0) else {
            throw .badTarSplit(.badName(name))
        }
        let file: File
        let status: FileStatus
        do throws(StorageError) {
            file = try layer.file(at: path)
            status = try file.status()
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice:
                throw .badTarSplit(.fileMissing(name: name))
            default: throw .io(name: error.path, errno: error.errno.rawValue)
            }
        }
        guard status.kind == .file else { throw .badTarSplit(.fileMissing(name: name)) }
        guard status.sizeBytes == size else { throw .badTarSplit(.fileChanged(name: name)) }
        return Content(file: file, name: name, size: size, checksum: checksum)
    }

    private func readContent(into buffer: UnsafeMutableRawBufferPointer) throws(LayerArchiveError) -> Int {
        guard var content else { return 0 }
        let wanted = UnsafeMutableRawBufferPointer(
            rebasing: buffer[..<Int(min(Int64(buffer.count), content.size - content.done))])
        let count: Int
        do throws(StorageError) { count = try content.file.read(into: wanted, at: content.done) } catch {
            throw .io(name: error.path, errno: error.errno.rawValue)
        }
        guard count > 0 else { throw .badTarSplit(.fileChanged(name: content.name)) }
        content.sum.update(UnsafeRawBufferPointer(rebasing: wanted[..<count]))
        content.done += Int64(count)
        self.content = content
        if content.done == content.size {
            guard content.sum.value == content.checksum else { throw .badTarSplit(.fileChanged(name: content.name)) }
            self.content = nil
        }
        return count
    }
}
