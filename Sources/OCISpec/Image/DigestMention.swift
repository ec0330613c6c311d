// https://www.rfc-editor.org/rfc/rfc8259
// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md

/// A digest that a document names, whatever the document is.
///
/// A document of a type that is not known still says by digests what it needs, and so does a field that came later than this
/// program. So every text that is a digest counts, but those in annotations, which are notes.
package struct DigestMention: Hashable, Sendable {
    /// The bytes that are meant, whether or not anybody has them.
    package var digest: Digest
    /// The media type that stands beside it; nil where none does.
    package var mediaType: String?
    /// The field of the document that it stands in, in lower case, such as `layers`.
    package var field: String

    /// The mentions in the text of a JSON object, in its order; of what is no JSON whatever is found on the way.
    ///
    /// One pass, in time linear in the text: it must be within the limits that `checkDocument` knows.
    package static func all(in bytes: [UInt8]) -> [DigestMention] {
        bytes.withUnsafeBufferPointer { text in
            var search = MentionSearch(text)
            search.run()
            return search.found
        }
    }

    /// Whether some bytes may be the beginning of a JSON object.
    package static func mayBeObject(_ bytes: some Sequence<UInt8>) -> Bool {
        let text = bytes.lazy.filter { $0 > UInt8(ascii: " ") }.prefix(2)
        let start = Array(text)
        return start == [UInt8(ascii: "{"), UInt8(ascii: "\"")] || start == [UInt8(ascii: "{"), UInt8(ascii: "}")]
    }
}

/// Looks through the text of a document.
private struct MentionSearch {
    /// An object or an array that is open.
    private struct Level {
        let isObject: Bool
        /// Whether it is within annotations.
        let isNote: Bool
        /// The name whose value comes next.
        var name: String?
        var mediaType: String?
        /// Where the mentions of its own begin and which they are.
        var own: [Int] = []
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var levels: [Level] = []
    private(set) var found: [DigestMention] = []

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    mutating func run() {
        while place < text.count {
            switch text[place] {
            case UInt8(ascii: "{"): open(isObject: true)
            case UInt8(ascii: "["): open(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): close()
            case UInt8(ascii: "\""): string()
            default: break
            }
            place += 1
        }
        while !levels.isEmpty { close() }
    }

    private mutating func open(isObject: Bool) {
        let isNote = levels.last.map { $0.isNote || $0.name == "annotations" } ?? false
        // What stands in an array stands under the array's name.
        levels.append(Level(isObject: isObject, isNote: isNote, name: isObject ? nil : levels.last?.name))
    }

    private mutating func close() {
        guard let level = levels.popLast(), let type = level.mediaType else { return }
        for number in level.own { found[number].mediaType = type }
    }

    /// From an opening quote to the closing one: a name, or a value.
    private mutating func string() {
        let start = place + 1
        place = start
        while place < text.count, text[place] != UInt8(ascii: "\"") {
            place += text[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard let last = levels.indices.last else { return }
        let content = text[start..<min(place, text.count)]
        if levels[last].isObject, isFollowedByColon {
            levels[last].name = Self.text(content, atMost: 64)?.lowercased()
        } else if levels[last].isObject, levels[last].name == "mediatype" {
            levels[last].mediaType = Self.text(content, atMost: 300)
            return
        }
        guard !levels[last].isNote, let digest = Self.digest(content) else { return }
        levels[last].own.append(found.count)
        let field = levels.first?.name ?? ""
        found.append(DigestMention(digest: digest, mediaType: nil, field: field))
    }

    private var isFollowedByColon: Bool {
        var next = place + 1
        while next < text.count, text[next] <= UInt8(ascii: " ") { next += 1 }
        return next < text.count && text[next] == UInt8(ascii: ":")
    }

    private static func digest(_ content: Slice<UnsafeBufferPointer<UInt8>>) -> Digest? {
        // Almost no text of a document is as long as a digest.
        do throws(Digest.ParseError) {
            if digestLengths.contains(content.count) { return try Digest(utf8: UnsafeBufferPointer(rebasing: content)) }
            guard content.contains(UInt8(ascii: "\\")), let plain = text(content, atMost: 1000) else { return nil }
            return try Digest(plain)
        } catch {
            // Any other text, of which a document may have as many as it likes.
            return nil
        }
    }

    private static let digestLengths = Digest.Algorithm.allCases.map { $0.rawValue.utf8.count + 1 + $0.hexLength }

    /// The characters of a string; nil for one of more bytes than any that matters.
    private static func text(_ content: Slice<UnsafeBufferPointer<UInt8>>, atMost limit: Int) -> String? {
        guard content.count <= limit else { return nil }
        guard content.contains(UInt8(ascii: "\\")) else { return String(decoding: content, as: UTF8.self) }
        let quoted = [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
        // A string that no reader takes has made the whole document a broken one before.
        do throws(DocumentError) { return try decodeDocument(String.self, from: quoted) } catch { return nil }
    }
}
