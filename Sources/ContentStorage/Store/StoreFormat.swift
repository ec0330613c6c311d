import OCISpec
import StorageIO

/// The content of `strata.json`: which format the store has, and which store it is.
package struct StoreFormat: Hashable, Sendable, Codable {
    /// The format's number; raised only when an older program would misread the store.
    package var format: Int
    /// A random name of this store, which the catalog repeats; absent in stores that others wrote.
    package var id: String?
    /// `as-found` in a layout that another tool made: its modes are kept.
    package var access: String?

    /// The format that this program writes.
    package static let current = 1

    static let fileName = "strata.json"
    /// Far more than the file ever needs.
    static let maxBytes = 64 << 10

    private static let asFound = "as-found"

    /// The format of a new store, or of a layout that another tool made.
    package init(format: Int = StoreFormat.current, id: String?, keepsModes: Bool = false) {
        self.format = format
        self.id = id
        access = keepsModes ? Self.asFound : nil
    }

    /// Whether another tool made the directory, so that it stays as open as that left it.
    package var keepsModes: Bool { access == Self.asFound }

    /// `strata.json` of a directory, or nil where there is none; one from the future is refused.
    static func read(in root: Directory) throws(ContentError) -> StoreFormat? {
        guard let bytes = try lift(try root.readFile(fileName, limit: maxBytes), to: ContentError.init) else { return nil }
        let format: StoreFormat
        do { format = try decodeDocument(StoreFormat.self, from: bytes) } catch {
            throw .damaged(.format, path: root.path, error)
        }
        guard format.format <= current else {
            throw .newerFormat(path: root.path, found: format.format, supported: current)
        }
        guard format.format >= 1 else {
            throw .damaged(.format, path: root.path, .malformed(detail: "format: \(format.format) was never one"))
        }
        return format
    }
}

/// A random UUID, version 4, in lower case.
func randomUUID() -> String {
    var generator = SystemRandomNumberGenerator()
    let high = generator.next() & 0xffff_ffff_ffff_0fff | 0x4000
    let low = generator.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    let digits = [high, low].map { word in
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    let cuts = [0, 8, 12, 16, 20, 32]
    return zip(cuts, cuts.dropFirst()).map { start, end in
        String(digits.dropFirst(start).prefix(end - start))
    }.joined(separator: "-")
}
