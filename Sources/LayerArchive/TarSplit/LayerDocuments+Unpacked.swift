package import StorageIO
import SystemPackage

extension TarSplitIndex {
    /// The entries for whoever has the unpacked layer as well: no document is kept, and each is read when it is asked for.
    package var entriesOfUnpacked: LayerIndex {
        var entries = entries
        entries.documents = LayerDocuments()
        return entries
    }
}

extension LayerDocuments {
    /// The contents of some entries of a tar-split's index, from the unpacked layer.
    ///
    /// Files are opened below `folder` without following a symlink, and compared with the sizes and checksums of the index. What
    /// is too large to be kept is left out and told.
    package init(of entries: Set<Int>, in index: LayerIndex, unpackedIn folder: Directory) throws(LayerArchiveError) {
        let tree = TreeReader(folder)
        var documents = LayerDocumentsBuilder()
        for entry in entries.sorted() where entry >= 0 && entry < index.count && index.kinds[entry] == .file {
            guard documents.hasRoom(for: index.sizes[entry]) else {
                documents.omit(entry)
                continue
            }
            documents.append(try Self.content(of: entry, in: index, tree), of: entry)
        }
        self = documents.finish()
    }

    private static func content(
        of entry: Int, in index: LayerIndex, _ tree: TreeReader
    ) throws(LayerArchiveError) -> [UInt8] {
        let name = Array(index.pathBytes[index.pathRange(entry)])
        let bytes: [UInt8]
        let kind: FileStatus.Kind
        do throws(StorageError) {
            let file = try tree.file(at: name)
            kind = try file.status().kind
            bytes = kind == .file ? try file.readAll(limit: LayerDocumentsBuilder.maxBytes) : []
        } catch {
            switch error.errno {
            case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice:
                throw .badTarSplit(.fileMissing(name: name))
            case .fileTooLarge: throw .badTarSplit(.fileChanged(name: name))
            default: throw .io(name: error.path, errno: error.errno.rawValue)
            }
        }
        guard kind == .file else { throw .badTarSplit(.fileMissing(name: name)) }
        var sum = Checksum64()
        bytes.withUnsafeBytes { sum.update($0) }
        guard Int64(bytes.count) == index.sizes[entry], ContentHash(checksum: sum.value) == index.contents[entry] else {
            throw .badTarSplit(.fileChanged(name: name))
        }
        return bytes
    }
}
