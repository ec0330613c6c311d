import Glibc
package import ImageTransfer
package import LayerAnalysis
package import LayerArchive
import StorageIO
import SystemPackage

/// A regular file as one layer of an image stores it.
package struct FileVersion: Hashable, Sendable {
    /// The layer, and the entry there.
    package var source: EntrySource
    /// Bytes: its logical size.
    package var bytes: Int64
}

/// A file that was taken out of an image.
package struct SavedFile: Hashable, Sendable {
    /// Where it is now, as raw bytes from the root.
    package var path: [UInt8]
    /// Bytes written.
    package var bytes: Int64
}

extension Workspace {
    /// Every content that the image's layers store at a path, from the lowest layer up.
    ///
    /// `shown` is where what shows there is stored, which may be at another path: hard links have several.
    package func versions(
        of path: [UInt8], shown: EntrySource?, in image: ScannedImage
    ) throws(OperationError) -> [FileVersion] {
        var versions: [FileVersion] = []
        for (number, layer) in image.layers.enumerated() {
            let index = try layerIndex(layer)
            for entry in 0..<index.count where index.kinds[entry] == .file {
                let source = EntrySource(layer: number, entry: entry)
                guard source == shown || index.pathBytes[index.pathRange(entry)].elementsEqual(path) else { continue }
                versions.append(FileVersion(source: source, bytes: index.sizes[entry]))
            }
        }
        return versions
    }

    /// The first bytes of a version, at most `limit`.
    package func content(of version: FileVersion, limit: Int, in image: ScannedImage) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let wanted = Int(min(version.bytes, Int64(limit)))
        try extract(version, from: image, bytes: Int64(wanted)) { piece in bytes.append(contentsOf: piece) }
        return bytes
    }

    /// Saves a version in the current directory under its own name, or that name with a number where that is taken.
    package func save(_ version: FileVersion, named name: [UInt8], of image: ScannedImage) throws -> SavedFile {
        let target = Self.freeName(name)
        let output = try OutputFile.create(at: target)
        defer { output.discard() }
        try extract(version, from: image, bytes: version.bytes) { piece throws(StorageError) in try output.write(piece) }
        try output.commit()
        return SavedFile(path: Self.whole(target), bytes: version.bytes)
    }

    /// Reads so many bytes of a version, and no more of its layer than that takes.
    ///
    /// All of them are held against what the layer had when it was read first; a listing has no such hash of them.
    private func extract(
        _ version: FileVersion, from image: ScannedImage, bytes: Int64,
        _ sink: (UnsafeRawBufferPointer) throws(StorageError) -> Void
    ) throws {
        guard bytes > 0 else { return }
        let layer = version.source.layer
        let unavailable = OperationError.contentNotAvailable(layer: layer, image: image.label)
        let read = image.rereading?.extract == nil ? try image.readWhole?() ?? image : image
        guard let extract = read.rereading?.extract else { throw unavailable }
        var left = bytes
        let hashing = bytes == version.bytes ? try ContentHashing() : nil
        do {
            _ = try extract(layer, version.source.entry) { piece throws(LayerArchiveError) in
                let taken = UnsafeRawBufferPointer(rebasing: piece.prefix(Int(min(left, Int64(piece.count)))))
                hashing?.update(taken)
                try lift(try sink(taken), to: LayerArchiveError.tapFailed)
                left -= Int64(taken.count)
                if left == 0 { throw .tapFailed(Enough()) }
            }
        } catch LayerArchiveError.tapFailed(let cause) {
            guard cause is Enough else { throw cause }
        }
        guard left == 0 else { throw unavailable }
        guard let hashing, read.layers[layer].listing == nil else { return }
        let known = try layerIndex(read.layers[layer]).contents[version.source.entry]
        if known != ContentHash(), hashing.finish() != known {
            throw OperationError.contentDiffers(layer: layer, image: image.label)
        }
    }

    /// All that was asked for has been read.
    private struct Enough: Error {}

    private static func freeName(_ name: [UInt8]) -> FilePath {
        var number = 0
        while true {
            let bytes = number == 0 ? name : name + Array(".\(number)".utf8)
            let path = bytes.map { CChar(bitPattern: $0) } + [0]
            var status = stat()
            if lstat(path, &status) != 0 { return FilePath(platformString: path) }
            number += 1
        }
    }

    private static func whole(_ path: FilePath) -> [UInt8] {
        let name = path.withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        guard let raw = getcwd(nil, 0) else { return name }
        defer { free(raw) }
        let folder = Array(UnsafeRawBufferPointer(start: raw, count: strlen(raw)))
        return folder + [UInt8(ascii: "/")] + name
    }
}
