import LayerArchive
package import StorageIO

extension Catalog {
    /// What an earlier look found of the layers' contents below the root of that status, an engine's; empty where nothing is known.
    package func layerSizes(below root: FileStatus) -> [FolderStamp: FolderSize] {
        guard let bytes = findings(under: Self.key(root)) else { return [:] }
        // A record of another version, or a damaged one, is as good as none: it is written anew.
        do throws(RecordDecodeError) { return try LayerSizesCodec.decode(bytes, device: root.device) } catch { return [:] }
    }

    /// Keeps what a look found, in place of what earlier ones did.
    package func record(layerSizes sizes: [FolderStamp: FolderSize], below root: FileStatus) {
        record(findings: LayerSizesCodec.encode(sizes), under: Self.key(root))
    }

    private static func key(_ root: FileStatus) -> String { "layers \(root.device) \(root.inode)" }
}

/// Sizes of folders as bytes, for the catalog: all of them are on one device.
private enum LayerSizesCodec {
    private static let version: UInt8 = 1

    static func encode(_ sizes: [FolderStamp: FolderSize]) -> [UInt8] {
        var out = VarintWriter()
        out.write(UInt64(sizes.count))
        for (stamp, size) in sizes {
            out.write(stamp.inode)
            out.write(UInt64(bitPattern: stamp.changedNanoseconds))
            out.write(UInt64(size.inodeCount))
            out.write(UInt64(size.allocatedBytes))
        }
        return SealedRecord.seal(out.bytes, version: version)
    }

    static func decode(_ bytes: [UInt8], device: UInt64) throws(RecordDecodeError) -> [FolderStamp: FolderSize] {
        let payload = try SealedRecord.open(bytes, version: version)
        let result: Result<[FolderStamp: FolderSize], RecordDecodeError> = payload.withUnsafeBytes { payload in
            do throws(RecordDecodeError) { return .success(try decode(payload, device)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private static func decode(
        _ payload: UnsafeRawBufferPointer, _ device: UInt64
    ) throws(RecordDecodeError) -> [FolderStamp: FolderSize] {
        var reader = VarintReader(payload)
        var sizes: [FolderStamp: FolderSize] = [:]
        // Sums of what is read are no overflow.
        var (inodesLeft, bytesLeft) = (1 << 60, 1 << 60)
        for _ in 0..<(try reader.readCount(upTo: reader.remaining)) {
            let stamp = FolderStamp(
                device: device, inode: try reader.read(), changedNanoseconds: Int64(bitPattern: try reader.read()))
            let size = FolderSize(
                inodeCount: try reader.readCount(upTo: inodesLeft),
                allocatedBytes: Int64(try reader.readCount(upTo: bytesLeft)))
            inodesLeft -= size.inodeCount
            bytesLeft -= Int(size.allocatedBytes)
            sizes[stamp] = size
        }
        try reader.end()
        return sizes
    }
}
