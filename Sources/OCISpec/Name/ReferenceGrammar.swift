// https://github.com/distribution/reference/blob/v0.6.0/reference.go (the grammar at its head)

/// The strict grammar of names: `[domain/]path[:tag][@digest]`.
package struct ReferenceGrammar: Hashable, Sendable {
    /// The registry's host and port; empty where the first part cannot be one or there is just one part.
    package let domain: String
    /// The repository's path in the registry.
    package let path: String
    /// The part after `:`.
    package let tag: String?
    /// The part after `@`.
    package let digest: Digest?

    /// The longest name, in bytes, without tag and digest.
    package static let longestName = 255

    /// Bytes of a text.
    private typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    /// Parses the text as it stands: nothing is added to it.
    package init(_ text: String) throws(ReferenceError) {
        guard !text.isEmpty else { throw .empty }
        var copy = text
        let result = copy.withUTF8 { bytes -> Result<ReferenceGrammar, ReferenceError> in
            do throws(ReferenceError) { return .success(try ReferenceGrammar(bytes[...], of: text)) } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init(_ bytes: Bytes, of text: String) throws(ReferenceError) {
        let (named, digestText) = Self.cut(bytes, atFirst: UInt8(ascii: "@"))
        digest = try Self.digest(digestText, of: text)
        let (name, tagText) = Self.cutTag(named)
        if let tagText, !Self.isTag(bytes: tagText) { throw .malformed(text) }
        tag = tagText.map(Self.string)
        (domain, path) = try Self.split(name, of: text)
        guard path.utf8.count <= Self.longestName else { throw .tooLong(text, limit: Self.longestName) }
    }

    /// Whether the text is a domain: dotted host names or an IPv6 address in brackets, with a port or not.
    package static func isDomain(_ text: some StringProtocol) -> Bool { isDomain(bytes: Substring(text).utf8[...]) }

    private static func isDomain<Text: BidirectionalCollection<UInt8>>(bytes text: Text) -> Bool where Text.SubSequence == Text {
        var host = text
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") {
            let port = host[host.index(after: colon)...]
            guard !port.isEmpty, port.allSatisfy(\.isASCIIDigit) else { return false }
            host = host[..<colon]
        }
        if host.first == UInt8(ascii: "[") {
            let address = host.dropFirst().dropLast()
            return host.count > 2 && host.last == UInt8(ascii: "]")
                && address.allSatisfy { $0.isASCIIHexDigit || $0 == UInt8(ascii: ":") }
        }
        return areHostLabels(host)
    }

    /// Whether the text is a path: parts of lower-case letters and digits, with separators only between them.
    package static func isPath(_ text: some StringProtocol) -> Bool { isPath(bytes: Substring(text).utf8) }

    private static func isPath(bytes text: some Sequence<UInt8>) -> Bool {
        // Between letters and digits stands one `.`, one or two `_`, or any number of `-`; between parts a `/`.
        let slash = UInt8(ascii: "/")
        var last = slash
        var separatorLength = 0
        for byte in text {
            if byte.isASCIILowercase || byte.isASCIIDigit {
                last = byte
                separatorLength = 0
                continue
            }
            guard last != slash, separatorLength == 0 || last == byte else { return false }
            separatorLength += 1
            switch byte {
            case UInt8(ascii: "-"): break
            case UInt8(ascii: "_"): guard separatorLength <= 2 else { return false }
            case UInt8(ascii: "."), slash: guard separatorLength == 1 else { return false }
            default: return false
            }
            last = byte
        }
        return last != slash && separatorLength == 0
    }

    /// Whether the text is a tag: at most 128 letters, digits, `_`, `.` and `-`, the last two not in front.
    package static func isTag(_ text: some StringProtocol) -> Bool { isTag(bytes: Substring(text).utf8) }

    private static func isTag(bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, bytes.count <= 128 else { return false }
        guard first.isASCIIAlphanumeric || first == UInt8(ascii: "_") else { return false }
        return bytes.allSatisfy { $0.isASCIIAlphanumeric || "_.-".utf8.contains($0) }
    }

    /// Whether the text is an image ID as it stands alone: 64 lower-case hexadecimal digits.
    package static func isIdentifier(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { $0.isASCIIHexDigit && !$0.isASCIIUppercase }
    }

    private static func cut(_ text: Bytes, atFirst mark: UInt8) -> (Bytes, Bytes?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<place], text[(place + 1)...])
    }

    /// A colon before the last slash belongs to a port.
    private static func cutTag(_ text: Bytes) -> (Bytes, Bytes?) {
        let start = text.lastIndex(of: UInt8(ascii: "/")) ?? text.startIndex
        guard let colon = text[start...].lastIndex(of: UInt8(ascii: ":")) else { return (text, nil) }
        return (text[..<colon], text[(colon + 1)...])
    }

    private static func digest(_ part: Bytes?, of text: String) throws(ReferenceError) -> Digest? {
        guard let part else { return nil }
        do {
            return try Digest(utf8: UnsafeBufferPointer(rebasing: part))
        } catch {
            throw .badDigest(text, error)
        }
    }

    private static func split(_ name: Bytes, of text: String) throws(ReferenceError) -> (String, String) {
        if let slash = name.firstIndex(of: UInt8(ascii: "/")) {
            let (first, rest) = (name[..<slash], name[(slash + 1)...])
            if isDomain(bytes: first), isPath(bytes: rest) { return (string(first), string(rest)) }
        }
        if isPath(bytes: name) { return ("", string(name)) }
        let lowered = string(name).lowercased()
        if lowered != string(name), isPath(lowered) || lowered.split(separator: "/").dropFirst().allSatisfy(isPath) {
            throw .upperCase(text)
        }
        throw .malformed(text)
    }

    private static func string(_ bytes: Bytes) -> String { String(decoding: bytes, as: UTF8.self) }

    /// Whether a dot stands only between labels of letters, digits and, between those, `-`.
    private static func areHostLabels(_ host: some Sequence<UInt8>) -> Bool {
        var last = UInt8(ascii: ".")
        for byte in host {
            let isInLabel = last != UInt8(ascii: ".")
            switch byte {
            case UInt8(ascii: "-"): guard isInLabel else { return false }
            case UInt8(ascii: "."): guard isInLabel, last != UInt8(ascii: "-") else { return false }
            default: guard byte.isASCIIAlphanumeric else { return false }
            }
            last = byte
        }
        return last.isASCIIAlphanumeric
    }
}
