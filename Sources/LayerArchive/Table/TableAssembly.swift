// https://github.com/containerd/stargz-snapshotter/blob/v0.16.3/docs/estargz.md
// https://github.com/containers/storage/blob/v1.57.2/pkg/chunked/internal/compression.go

import OCISpec

/// Packs a tar while it is written so that every file in it can be had by itself, and puts the table of contents at its end.
///
/// What is between contents, headers and padding, is packed by itself, and so is each piece of a content. Pieces are packed on all
/// cores; where each one came to be is known when it is written out, in order.
final class TableAssembly: TarListener {
    /// One piece of the blob.
    private struct Piece: Sendable {
        var bytes: [UInt8]
        /// Which entry's content it is of, and which piece of that; nil for headers.
        var place: (entry: Int, chunk: Int)?
    }

    private struct Packed: Sendable {
        var bytes: [UInt8]
        var place: (entry: Int, chunk: Int)?
        /// Of the piece's own bytes.
        var digest: Digest?
    }

    /// The most of a content in one piece.
    static let chunkBytes = 4 << 20

    var isInContent = false
    private let blob: (UnsafeRawBufferPointer) throws -> Void
    private let blocks: BlockWorkers<Piece, Packed>
    private var entries: [TableRecord] = []
    /// Headers and padding since the last content.
    private var between: [UInt8] = []
    private var content: [UInt8] = []
    /// Bytes of the entry's content that are still to come.
    private var remaining: Int64 = 0
    /// Of a content of several pieces.
    private var hash: StreamHash?
    private var isListing = true
    /// Bytes of the blob so far.
    private var offset: Int64 = 0

    private init(_ blob: @escaping (UnsafeRawBufferPointer) throws -> Void, _ blocks: BlockWorkers<Piece, Packed>) {
        self.blob = blob
        self.blocks = blocks
    }

    /// Runs `body`; returns the annotations of the layer's descriptor.
    ///
    /// `tar` gets the tar as it is, `blob` the layer's bytes.
    static func write(
        _ form: TableOfContents.Form, _ packing: LayerPacking, _ limits: ScanLimits,
        tar: @escaping (UnsafeRawBufferPointer) throws -> Void, blob: @escaping (UnsafeRawBufferPointer) throws -> Void,
        _ body: (TarWriter) throws -> Void
    ) throws -> [ExactText: String] {
        var annotations: [ExactText: String] = [:]
        let level = packing.level ?? LayerPacking(table: form, level: nil).level ?? 0
        @Sendable func pack(_ bytes: [UInt8]) throws(LayerArchiveError) -> [UInt8] {
            switch form {
            case .estargz: try GzipBlocks.member(bytes, level: level)
            case .zstdChunked: try ZstdEncoder.frame(bytes, level: level, limits: limits)
            }
        }
        try BlockWorkers<Piece, Packed>.with(workers: packing.workerCount) { piece throws(LayerArchiveError) in
            Packed(
                bytes: try pack(piece.bytes), place: piece.place, digest: piece.place == nil ? nil : Digest(hashing: piece.bytes))
        } _: { blocks in
            let table = TableAssembly(blob, blocks)
            let writer = try TarWriter(telling: table) { bytes in
                try tar(bytes)
                try table.take(bytes)
            }
            try body(writer)
            switch form {
            case .estargz: annotations = try table.finishStargz(writer)
            case .zstdChunked: annotations = try table.finishChunked(writer, pack)
            }
        }
        return annotations
    }

    // MARK: The tar

    func willBegin(_ header: TarHeader) throws(LayerArchiveError) {
        guard isListing else { return }
        entries.append(TableRecord(header))
        remaining = header.kind == .file ? header.size : 0
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws(LayerArchiveError) {
        guard isInContent, isListing else {
            between += bytes
            if between.count >= Self.chunkBytes { try giveBetween() }
            return
        }
        if content.isEmpty { try giveBetween() }
        var rest = bytes[...]
        while !rest.isEmpty {
            let step = rest.prefix(Self.chunkBytes - content.count)
            content += step
            remaining -= Int64(step.count)
            rest = rest.dropFirst(step.count)
            if content.count == Self.chunkBytes || remaining == 0 { try giveContent() }
        }
    }

    private func giveBetween() throws(LayerArchiveError) {
        guard !between.isEmpty else { return }
        try give(Piece(bytes: between, place: nil))
        between = []
    }

    private func giveContent() throws(LayerArchiveError) {
        let entry = entries.count - 1
        let chunk = entries[entry].chunks.count
        entries[entry].chunks.append(TableRecord.Chunk(bytes: content.count))
        if chunk > 0 || remaining > 0 {
            var running = hash ?? StreamHash()
            content.withUnsafeBytes { running.update($0) }
            hash = remaining > 0 ? running : nil
            if remaining == 0 { entries[entry].digest = running.digest() }
        }
        try give(Piece(bytes: content, place: (entry, chunk)))
        content = []
    }

    private func give(_ piece: Piece) throws(LayerArchiveError) {
        try blocks.give(piece) { packed throws(LayerArchiveError) in try put(packed) }
    }

    // MARK: The blob

    private func put(_ packed: Packed) throws(LayerArchiveError) {
        let start = offset
        try put(packed.bytes)
        guard let (entry, chunk) = packed.place else { return }
        entries[entry].chunks[chunk].range = start..<offset
        entries[entry].chunks[chunk].digest = packed.digest
    }

    private func put(_ bytes: [UInt8]) throws(LayerArchiveError) {
        do { try bytes.withUnsafeBytes { try blob($0) } } catch { throw .tapFailed(error) }
        offset += Int64(bytes.count)
    }

    /// Everything so far is in the blob.
    private func settle() throws(LayerArchiveError) {
        try giveBetween()
        try blocks.drain { packed throws(LayerArchiveError) in try put(packed) }
    }

    // MARK: The table

    /// The table is the tar's last file; the blob ends with its offset.
    private func finishStargz(_ writer: TarWriter) throws -> [ExactText: String] {
        // What fills up the last entry is no part of the table.
        try writer.fillUp()
        try settle()
        isListing = false
        let document = TableDocument.bytes(entries, .estargz)
        let start = offset
        try writer.add(TarHeader.file(TableOfContents.memberName, size: Int64(document.count)), document)
        try writer.end()
        try settle()
        try put(TableOfContents.footer(of: start))
        return [TableOfContents.estargzDigest: Digest(hashing: document).description]
    }

    /// The table is in a frame that those who unpack the tar skip.
    private func finishChunked(
        _ writer: TarWriter, _ pack: ([UInt8]) throws(LayerArchiveError) -> [UInt8]
    ) throws -> [ExactText: String] {
        isListing = false
        try writer.end()
        try settle()
        let document = TableDocument.bytes(entries, .zstdChunked)
        let packed = try pack(document)
        let place = TableOfContents.ChunkedPlace(
            offset: offset + TableOfContents.skippedHeaderBytes, bytes: packed.count, documentBytes: document.count)
        try put(TableOfContents.skippedFrame(packed))
        try put(TableOfContents.skippedFrame(place.footer))
        return place.annotations(checksum: Digest(hashing: packed))
    }
}
