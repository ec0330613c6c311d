import OCISpec
import StorageIO
import SystemPackage
import TextValues

/// A file in which an engine's settings stand, of which single texts are wanted.
///
/// One that is not there, cannot be read or is not understood says nothing: then the engine's default place is looked at, and what is
/// not there is told by name.
struct EngineSettingsFile: Sendable {
    /// How it is written.
    enum Form: Sendable {
        case json
        /// Of TOML only what such a file has: tables, and keys with a text behind them on one line.
        case toml
        /// Of YAML only a key with a plain text behind it on its line, in whatever table.
        case yaml
    }

    let path: String
    let form: Form

    private static let maxBytes = 1 << 20

    /// Whether there is such a file.
    var isThere: Bool { bytes != nil }

    /// The text under a key; of TOML, in that table, or above all tables.
    func text(_ key: String, table: String? = nil) -> String? {
        guard let bytes else { return nil }
        switch form {
        case .json:
            do throws(DocumentError) {
                guard case .object(let fields) = try decodeDocument(JSONValue.self, from: bytes),
                    case .string(let text)? = fields[ExactText(key)]
                else { return nil }
                return text
            } catch {
                // The daemon itself would not start with such a file.
                return nil
            }
        case .toml: return Self.text(key, table: table, in: bytes)
        case .yaml: return Self.plainText(key, in: bytes)
        }
    }

    /// The text behind `key:`, as a line of its own or within braces.
    private static func plainText(_ key: String, in bytes: [UInt8]) -> String? {
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
            let parts = text.split(separator: "\(key):", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let rest = parts.last else { continue }
            let value = rest.prefix { $0 != "}" && $0 != "," }.withoutBlanks
            let quotes: Set<Character> = ["\"", "'"]
            return String(value.drop { quotes.contains($0) }.prefix { !quotes.contains($0) })
        }
        return nil
    }

    private var bytes: [UInt8]? {
        do throws(StorageError) {
            let file = FilePath(path)
            guard let name = file.lastComponent else { return nil }
            let folder = try Directory.open(file.removingLastComponent())
            return try folder.readFile(name.string, limit: Self.maxBytes)
        } catch {
            // As if it were not there.
            return nil
        }
    }

    /// The text under a key of a table, as such files have it: `key = "text"`.
    static func text(_ key: String, table: String?, in bytes: [UInt8]) -> String? {
        var current: String?
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let text = String(decoding: line, as: UTF8.self).withoutBlanks
            if text.first == "[", let end = text.firstIndex(of: "]") {
                current = String(text[text.index(after: text.startIndex)..<end].withoutBlanks)
                continue
            }
            guard current == table, let equals = text.firstIndex(of: "=") else { continue }
            guard text[..<equals].withoutBlanks == key else { continue }
            let value = text[text.index(after: equals)...].withoutBlanks
            guard let quote = value.first, quote == "\"" || quote == "'" else { return nil }
            let rest = value.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { return nil }
            return rest[..<end].contains("\\") ? nil : String(rest[..<end])
        }
        return nil
    }
}
