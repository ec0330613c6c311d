// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
// https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md#combined-image-json--filesystem-changeset-format

import LayerArchive
import OCISpec
package import StorageIO

extension OutgoingImages {
    private static let indexName = "index.json"
    private static let manifestName = "manifest.json"

    /// Writes the images as one uncompressed tar: the documents that list them first, so that a reader need not search for them.
    ///
    /// Equal images give equal bytes: everything is root's and of 1970, blobs are in the order of their digests. Blobs are copied
    /// byte for byte, and one whose bytes do not have its digest is an error. The caller commits or discards `output`.
    package func write(
        to output: OutputFile, progress: (Int64) -> Void = { _ in }
    ) throws(TransferError) {
        let documents = try documents()
        let writer = try inTar(output.path) { () throws(LayerArchiveError) in
            let writer = try TarWriter { bytes in try output.write(bytes) }
            for (name, bytes) in documents { try writer.add(.file(name, size: Int64(bytes.count)), bytes) }
            return writer
        }
        try write(blobs, to: writer, output, progress)
        try inTar(output.path) { () throws(LayerArchiveError) in try writer.end() }
    }

    /// Writes the images as a layout into `folder`, whose caller commits it with `topNames` or discards it.
    ///
    /// On return every file is on the disk.
    package func write(
        to folder: OutputFolder, progress: (Int64) -> Void = { _ in }
    ) throws(TransferError) {
        let sha256 = try lift(try folder.staging.ensureDirectory("blobs").ensureDirectory("sha256"), to: TransferError.output)
        for blob in blobs {
            let file = try lift(to: TransferError.output) { () throws(StorageError) in
                try Failpoint.outputBeforeWrite.check(.write, folder.path)
                return try sha256.createFile(blob.descriptor.digest.hex)
            }
            var offset: Int64 = 0
            try copy(blob, progress) { bytes throws(TransferError) in
                try lift(try file.write(bytes, at: offset), to: TransferError.output)
                offset += Int64(bytes.count)
            }
            try lift(try file.sync(), to: TransferError.output)
        }
        let documents = try documents()
        try lift(to: TransferError.output) { () throws(StorageError) in
            try sha256.sync()
            for (name, bytes) in documents {
                let file = try folder.staging.createFile(name)
                try file.write(bytes)
                try file.sync()
            }
            try Failpoint.outputAfterWrite.check(.sync, folder.path)
        }
    }

    /// The top names of a layout, the one that lists the images last.
    package static let topNames = ["blobs", ImageLayoutMarker.fileName, indexName]

    /// The JSON files beside the blobs.
    private func documents() throws(TransferError) -> [(name: String, bytes: [UInt8])] {
        do {
            var documents = [
                (ImageLayoutMarker.fileName, try encodeDocument(ImageLayoutMarker())),
                (Self.indexName, try encodeDocument(index)),
            ]
            if !items.isEmpty { documents.append((Self.manifestName, try encodeDocument(items))) }
            return documents
        } catch {
            throw .badDocument(path: "", member: Self.indexName, error)
        }
    }

    private func write(
        _ blobs: [SourceBlob], to writer: TarWriter, _ output: OutputFile, _ progress: (Int64) -> Void
    ) throws(TransferError) {
        for name in ["blobs", BlobPath.folder] {
            try inTar(output.path) { () throws(LayerArchiveError) in try writer.begin(.directory(name)) }
        }
        for blob in blobs {
            try inTar(output.path) { () throws(LayerArchiveError) in
                try writer.begin(.file(BlobPath.of(blob.descriptor.digest), size: blob.descriptor.size))
            }
            try copy(blob, progress) { bytes throws(TransferError) in
                try inTar(output.path) { () throws(LayerArchiveError) in try writer.write(bytes) }
            }
        }
    }

    private func copy(
        _ blob: SourceBlob, _ progress: (Int64) -> Void,
        to sink: (UnsafeRawBufferPointer) throws(TransferError) -> Void
    ) throws(TransferError) {
        try inStoreWords { () throws(TransferError) in
            _ = try container.copy(blob) { bytes throws(TransferError) in
                try sink(bytes)
                progress(Int64(bytes.count))
            }
        }
    }
}

/// Runs a step of a tar's writing, and tells a failure of the output from one of the tar.
func inTar<T>(_ path: String, _ body: () throws(LayerArchiveError) -> T) throws(TransferError) -> T {
    do {
        return try body()
    } catch {
        if case .tapFailed(let cause) = error, let failure = cause as? StorageError { throw .output(failure) }
        throw .badLayer(path: path, layer: "", error)
    }
}
