package import LayerArchive
import PackageDatabases

/// Reads layers again, for the contents of entries that were not kept: by layer, their places in its index.
///
/// A layer that cannot be read again is left out of the answer.
package typealias RecordReader = (_ wanted: [Int: Set<Int>]) -> [Int: LayerDocuments]

/// The contents of the records of package managers that a tree shows.
struct RecordContents {
    /// Bytes of all records of an image; what goes beyond is left out and told.
    private static let maxBytes = 256 << 20

    /// By path, in the order of the records.
    private(set) var documents: [(path: [UInt8], bytes: [UInt8])] = []
    private(set) var problems: [PackageProblem] = []

    private var contents: [EntrySource: [UInt8]] = [:]
    private var omitted: Set<EntrySource> = []
    private var byteCount = 0

    /// The contents of `records`, from what was kept of the layers; `reader` gives what was not.
    init(_ records: [PackageRecord], of tree: MergedTree, _ indexes: [LayerIndex], _ reader: RecordReader) {
        var wanted: [Int: Set<Int>] = [:]
        for source in records.compactMap({ Self.source(of: $0, in: tree) }) {
            wanted[source.layer, default: []].insert(source.entry)
        }
        for (layer, index) in indexes.enumerated() {
            guard let kept = index.documents else {
                problems.append(PackageProblem(path: [], reason: .unknownLayer(layer)))
                wanted[layer] = nil
                continue
            }
            take(wanted[layer] ?? [], from: kept, ofLayer: layer)
        }
        let lacking = self.lacking(wanted)
        if !lacking.isEmpty {
            for (layer, documents) in reader(lacking).sorted(by: { $0.key < $1.key }) {
                take(lacking[layer] ?? [], from: documents, ofLayer: layer)
            }
        }
        for record in records { add(record, Self.source(of: record, in: tree)) }
    }

    private static func source(of record: PackageRecord, in tree: MergedTree) -> EntrySource? {
        guard PackageFile(record.path)?.isRead == true, let inode = record.inode else { return nil }
        return EntrySource(layer: Int(tree.inodes[Int(inode)].layer), entry: Int(tree.inodes[Int(inode)].entry))
    }

    /// Takes what is wanted of a layer's documents; what cannot be decoded stays wanting.
    private mutating func take(_ entries: Set<Int>, from documents: LayerDocuments, ofLayer layer: Int) {
        guard !entries.isEmpty else { return }
        for entry in documents.omitted where entries.contains(entry) {
            omitted.insert(EntrySource(layer: layer, entry: entry))
        }
        do throws(RecordDecodeError) {
            try documents.visit { entry, bytes in
                guard entries.contains(entry) else { return }
                let source = EntrySource(layer: layer, entry: entry)
                if byteCount + bytes.count > Self.maxBytes {
                    omitted.insert(source)
                } else if contents.updateValue(Array(bytes), forKey: source) == nil {
                    byteCount += bytes.count
                }
            }
        } catch {
            // They are read again, or told as lacking.
        }
    }

    private func lacking(_ wanted: [Int: Set<Int>]) -> [Int: Set<Int>] {
        var lacking: [Int: Set<Int>] = [:]
        for (layer, entries) in wanted {
            let left = entries.filter { entry in
                let source = EntrySource(layer: layer, entry: entry)
                return contents[source] == nil && !omitted.contains(source)
            }
            if !left.isEmpty { lacking[layer] = left }
        }
        return lacking
    }

    private mutating func add(_ record: PackageRecord, _ source: EntrySource?) {
        if PackageFile(record.path)?.isRead == false {
            documents.append((record.path, []))
        } else if let source, let bytes = contents[source] {
            documents.append((record.path, bytes))
        } else if let source, omitted.contains(source) {
            problems.append(PackageProblem(path: record.path, reason: .tooLarge))
        } else if let source {
            // A layer that is not known has a problem of its own.
            if !problems.contains(where: { $0.reason == .unknownLayer(source.layer) }) {
                problems.append(PackageProblem(path: record.path, reason: .notKept))
            }
        } else {
            problems.append(PackageProblem(path: record.path, reason: .damaged))
        }
    }
}
