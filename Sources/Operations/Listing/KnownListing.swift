package import LayerArchive
import OCISpec

/// What earlier listings say of images: none of them is asked for again.
///
/// A listing that was cut off is good for what it has whole.
package struct KnownListing: Sendable {
    private struct Entry {
        var lines: [ImageLine] = []
        /// How many images and artifacts an index has; nil for a manifest that stands alone.
        var count: (images: Int64, artifacts: Int64)?
        var seen: Set<Digest> = []
    }

    private var entries: [Digest: Entry] = [:]

    /// Nothing is known.
    package init() {}

    /// Adds the lines of an earlier listing; what is no line of an image is passed over.
    package mutating func read(_ input: LineInput) throws {
        while let line = try input.next() {
            guard case .bytes(let bytes) = line, let reading = KnownLine(bytes) else { continue }
            add(reading)
        }
    }

    private mutating func add(_ line: KnownLine) {
        let root = line.index ?? line.digest
        guard entries[root, default: Entry()].seen.insert(line.digest).inserted else { return }
        entries[root]?.lines.append(
            ImageLine(
                line.digest, fields: line.fields, platform: line.platform.flatMap(Platform.init(parsing:)),
                isArtifact: line.isArtifact))
        if line.index != nil { entries[root]?.count = (line.imageCount, line.artifactCount) }
    }

    /// All lines of a manifest or index; nil where some may be missing.
    func lines(of root: Digest, withArtifacts: Bool) -> [ImageLine]? {
        guard let entry = entries[root] else { return nil }
        if let count = entry.count {
            let artifacts = Int64(entry.lines.count { $0.isArtifact })
            guard Int64(entry.lines.count) - artifacts == count.images, !withArtifacts || artifacts == count.artifacts else {
                return nil
            }
        }
        return entry.lines
    }
}

/// A line of an earlier listing.
private struct KnownLine {
    private(set) var digest: Digest
    private(set) var index: Digest?
    private(set) var imageCount: Int64 = -1
    private(set) var artifactCount: Int64 = -1
    private(set) var platform: String?
    private(set) var isArtifact = false
    private(set) var fields: [UInt8] = []

    init?(_ line: [UInt8]) {
        var fields: [UInt8] = []
        var values: [String: [UInt8]] = [:]
        let result = line.withUnsafeBufferPointer { bytes in
            ListingLine.read(bytes) { name, reader throws(ListingLineError) in
                let value = try ListingLine.raw(&reader)
                guard ImageLine.imageFields.contains(name) || name == "error" else { return }
                values[name] = value
                fields += ListingLine.field(name, value)
            }
        }
        guard case .success = result, values["error"] == nil, values["layers"] != nil, let text = values["digest"],
            let digest = ListingLine.string(text).flatMap({ Digest(ifValid: $0) })
        else { return nil }
        func number(_ name: String) -> Int64 { values[name].flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? -1 }
        self.digest = digest
        index = values["index"].flatMap { ListingLine.string($0) }.flatMap { Digest(ifValid: $0) }
        (imageCount, artifactCount) = (number("images"), number("artifacts"))
        platform = values["platform"].flatMap { ListingLine.string($0) }
        isArtifact = values["artifactType"] != nil
        // The comma before the first field.
        self.fields = Array(fields.dropFirst())
    }
}
