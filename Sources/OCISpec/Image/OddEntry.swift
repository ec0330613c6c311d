// https://github.com/opencontainers/image-spec/blob/v1.1.1/descriptor.md#digests

/// An entry of an index that is no descriptor that this program can use, most often since its digest is of an algorithm that is not
/// known: implementations should let such a one pass.
///
/// It stays as it is, in its place, whatever becomes of the others.
package struct OddEntry: Hashable, Sendable {
    /// The digest as it stands there; nil where there is no text in its place.
    package let digest: String?
    /// Its annotations, as far as they are texts.
    package let annotations: [ExactText: String]
    /// What it is called among odd entries: `odd-` and twelve hexadecimal digits that all of it, and no place, decides.
    package let id: String
    /// What is wrong with it.
    package let detail: String
    /// All of it.
    let value: JSONValue
    /// Where it stands among all entries, from 0.
    var place = 0

    /// The name that other tools give it.
    package var name: String? { annotations["org.opencontainers.image.ref.name"] }

    /// The entry that `decoder` stands at, for which decoding a descriptor has failed with `error`; nil for what must not pass.
    init?(_ decoder: any Decoder, failed error: any Error) throws {
        value = try JSONValue(from: decoder)
        guard case .object(let fields) = value else { return nil }
        digest = fields.name(of: "digest").flatMap { fields[$0]?.text }
        let isOfOtherAlgorithm = digest.map(Self.isOfOtherAlgorithm) ?? false
        guard isOfOtherAlgorithm || Self.passesAll.flatMap({ decoder.userInfo[$0] }) as? Bool == true else { return nil }
        detail = isOfOtherAlgorithm ? "the algorithm of its digest is not known" : Self.detail(error)
        if let key = fields.name(of: "annotations"), case .object(let notes) = fields[key] {
            annotations = notes.compactMapValues(\.text)
        } else {
            annotations = [:]
        }
        id = "odd-\(Digest(hashing: try encodeDocument(value)).hex.prefix(12))"
    }

    /// Under which a decoder is told that every object passes, whatever is wrong with it: one that a person's other images stand
    /// beside.
    static let passesAll = CodingUserInfoKey(rawValue: "passesOddEntries")

    /// Whether the text has the form of a digest, but of no algorithm that `Digest` knows.
    private static func isOfOtherAlgorithm(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[1].isEmpty, parts[1].allSatisfy({ $0.isASCIIAlphanumeric || "=_-".utf8.contains($0) })
        else {
            return false
        }
        let components = parts[0].split(omittingEmptySubsequences: false) { "+._-".utf8.contains($0) }
        guard components.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isASCIILowercase || $0.isASCIIDigit } }) else {
            return false
        }
        return !Digest.Algorithm.allCases.contains { $0.rawValue.utf8.elementsEqual(parts[0]) }
    }

    private static func detail(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): String("it has no \(key.stringValue)".prefix(200))
        case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            String(context.debugDescription.prefix(200))
        default: "it is no descriptor"
        }
    }
}

extension JSONValue {
    /// The text that it is; nil for any other value.
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
}

/// What an index lists at one place.
enum ListedEntry {
    case known(Descriptor)
    case odd(OddEntry)
}

extension ListedEntry: Decodable {
    init(from decoder: any Decoder) throws {
        do {
            self = .known(try Descriptor(from: decoder))
        } catch {
            guard let odd = try OddEntry(decoder, failed: error) else { throw error }
            self = .odd(odd)
        }
    }

    /// What is written for it.
    var json: JSONValue {
        switch self {
        case .known(let descriptor): descriptor.json
        case .odd(let entry): entry.value
        }
    }

    /// The entries of an index, and those beside them.
    static func separated(_ listed: [ListedEntry]) -> (known: [Descriptor], odd: [OddEntry]) {
        var (known, odd): ([Descriptor], [OddEntry]) = ([], [])
        known.reserveCapacity(listed.count)
        for (place, entry) in listed.enumerated() {
            switch entry {
            case .known(let descriptor): known.append(descriptor)
            case .odd(var entry):
                entry.place = place
                odd.append(entry)
            }
        }
        return (known, odd)
    }

    /// All entries in one list again, the odd ones where they stood, or last where there are fewer now.
    static func together(_ known: [Descriptor], _ odd: [OddEntry]) -> [ListedEntry] {
        var listed = known.map(ListedEntry.known)
        for entry in odd { listed.insert(.odd(entry), at: min(entry.place, listed.count)) }
        return listed
    }
}
