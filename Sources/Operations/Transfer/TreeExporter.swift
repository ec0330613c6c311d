import ContentStorage
import ImageStorage
import ImageTransfer
import LayerAnalysis
import LayerArchive
import OCISpec
import StorageIO

/// Writes a merged tree as a tar: what each layer stores of it, every layer read once, and the directories last.
///
/// Were they first, GNU tar would set a directory's time and mode before files come into it; it makes missing ones by itself. A layer that stores directories with extended attributes is read once more, since its index has no more than their hash.
struct TreeExporter {
    let workspace: Workspace
    let image: ScannedImage
    let export: TreeExport
    let progress: OperationProgress
    /// For a reader that sets their attributes when all is there, and makes no missing ones.
    var foldersFirst = false

    /// Writes the tar; a layer whose bytes are not those that its digest names is an error once it was read.
    func write(to output: OutputFile) throws {
        let headers = try directoryHeaders()
        let writer = try writing(output) { () throws(LayerArchiveError) in
            try TarWriter { bytes in try output.write(bytes) }
        }
        let layers = export.layers.indices.filter { !export.layers[$0].isEmpty }
        progress.transferred(.began(totalBytes: layers.reduce(0) { $0 + image.layers[$1].descriptor.size }))
        if foldersFirst {
            try writing(output) { () throws(LayerArchiveError) in for header in headers { try writer.begin(header) } }
        }
        for layer in layers { try copy(layer, into: writer) }
        try writing(output) { () throws(LayerArchiveError) in
            if foldersFirst { return try writer.end() }
            // What a directory holds comes before it, so that one that nobody may enter is closed last.
            for header in headers.reversed() { try writer.begin(header) }
            try writer.end()
        }
    }

    private func copy(_ number: Int, into writer: TarWriter) throws {
        let names = Dictionary(export.layers[number].map { ($0.entry, $0.paths) }) { first, _ in first }
        let descriptor = image.layers[number].descriptor
        var reported: Int64 = 0
        let actual = try reading(number) { source throws(LayerArchiveError) in
            try LayerExtraction.copy(names, from: source, limits: workspace.options.limits, into: writer) { bytes in
                progress.transferred(.advanced(bytes: bytes - reported))
                reported = bytes
            }
        }
        guard actual == descriptor.digest else { throw ContentError.blobCorrupt(descriptor.digest, actual: actual) }
    }

    /// The headers of all directories, in the order of the export.
    private func directoryHeaders() throws -> [TarHeader] {
        var headers = export.directories.map { TarHeader(path: $0.path, kind: .directory, mode: 0o755) }
        let places = Dictionary(grouping: headers.indices) { export.directories[$0].source?.layer ?? -1 }
        for (layer, places) in places where layer >= 0 {
            let index = try workspace.layerIndex(image.layers[layer])
            var attributed: [Int: Int] = [:]
            for place in places {
                guard let entry = export.directories[place].source?.entry else { continue }
                headers[place].metadata = index.metadata(entry)
                if index.xattrs[entry] != 0 { attributed[place] = entry }
            }
            guard !attributed.isEmpty else { continue }
            let xattrs = try reading(layer) { source throws(LayerArchiveError) in
                try LayerExtraction.xattrs(of: Set(attributed.values), from: source, limits: workspace.options.limits)
            }
            for (place, entry) in attributed { headers[place].xattrs = xattrs[entry] ?? [] }
        }
        return headers
    }

    /// Runs `body` on the stored bytes of a layer.
    private func reading<T>(_ number: Int, _ body: (FileRangeSource) throws(LayerArchiveError) -> T) throws -> T {
        do {
            return try workspace.store.content.readingLayer(image.layers[number].descriptor.digest, body)
        } catch LayerArchiveError.tapFailed(let cause as StorageError) {
            throw TransferError.output(cause)
        }
    }

    /// Runs a step of the writing that reads no layer.
    private func writing<T>(_ output: OutputFile, _ body: () throws(LayerArchiveError) -> T) throws -> T {
        do {
            return try body()
        } catch {
            if case .tapFailed(let cause) = error, let failure = cause as? StorageError { throw TransferError.output(failure) }
            throw error
        }
    }
}
