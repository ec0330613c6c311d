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

    /// Parses the text as it stands: nothing is added to it.
    package init(_ text: String) throws(ReferenceError) {
        guard !text.isEmpty else { throw .empty }
        let (named, digestText) = Self.cut(text, atFirst: "@")
        digest = try Self.digest(digestText, of: text)
        let (name, tagText) = Self.cutTag(named)
        if let tagText, !Self.isTag(tagText) { throw .malformed(text) }
        tag = tagText.map(String.init)
        (domain, path) = try Self.split(name, of: text)
        guard path.utf8.count <= Self.longestName else { throw .tooLong(text, limit: Self.longestName) }
    }

    /// Whether the text is a domain: dotted host names or an IPv6 address in brackets, with a port or not.
    package static func isDomain(_ text: some StringProtocol) -> Bool {
        var host = Substring(text).utf8[...]
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
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isHostLabel)
    }

    /// Whether the text is a path: parts of lower-case letters and digits, with separators only between them.
    package static func isPath(_ text: some StringProtocol) -> Bool {
        Substring(text).utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy(isPathPart)
    }

    /// Whether the text is a tag: at most 128 letters, digits, `_`, `.` and `-`, the last two not in front.
    package static func isTag(_ text: some StringProtocol) -> Bool {
        let bytes = Substring(text).utf8
        guard let first = bytes.first, bytes.count <= 128 else { return false }
        guard first.isASCIIAlphanumeric || first == UInt8(ascii: "_") else { return false }
        return bytes.allSatisfy { $0.isASCIIAlphanumeric || "_.-".utf8.contains($0) }
    }

    /// Whether the text is an image ID as it stands alone: 64 lower-case hexadecimal digits.
    package static func isIdentifier(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { $0.isASCIIHexDigit && !$0.isASCIIUppercase }
    }

    private static func cut(_ text: String, atFirst mark: Character) -> (Substring, Substring?) {
        guard let place = text.firstIndex(of: mark) else { return (text[...], nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    /// A colon before the last slash belongs to a port.
    private static func cutTag(_ text: Substring) -> (Substring, Substring?) {
        let start = text.lastIndex(of: "/") ?? text.startIndex
        guard let colon = text[start...].lastIndex(of: ":") else { return (text, nil) }
        return (text[..<colon], text[text.index(after: colon)...])
    }

    private static func digest(_ part: Substring?, of text: String) throws(ReferenceError) -> Digest? {
        guard let part else { return nil }
        do throws(Digest.ParseError) {
            return try Digest(part)
        } catch {
            throw .badDigest(text, error)
        }
    }

    private static func split(_ name: Substring, of text: String) throws(ReferenceError) -> (String, String) {
        if let slash = name.firstIndex(of: "/") {
            let (first, rest) = (name[..<slash], name[name.index(after: slash)...])
            if isDomain(first), isPath(rest) { return (String(first), String(rest)) }
        }
        if isPath(name) { return ("", String(name)) }
        let lowered = name.lowercased()
        if lowered != name, isPath(lowered) || lowered.split(separator: "/").dropFirst().allSatisfy(isPath) {
            throw .upperCase(text)
        }
        throw .malformed(text)
    }

    private static func isHostLabel(_ label: Substring.UTF8View.SubSequence) -> Bool {
        guard let first = label.first, let last = label.last else { return false }
        return first.isASCIIAlphanumeric && last.isASCIIAlphanumeric
            && label.allSatisfy { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-") }
    }

    /// Between letters and digits stands one `.`, one or two `_`, or any number of `-`.
    private static func isPathPart(_ part: Substring.UTF8View.SubSequence) -> Bool {
        var separator: [UInt8] = []
        var wordLength = 0
        for byte in part {
            if byte.isASCIILowercase || byte.isASCIIDigit {
                guard isSeparator(separator) else { return false }
                separator = []
                wordLength += 1
            } else {
                guard wordLength > 0 else { return false }
                separator.append(byte)
            }
        }
        return wordLength > 0 && separator.isEmpty
    }

    private static func isSeparator(_ bytes: [UInt8]) -> Bool {
        bytes.isEmpty || bytes == Array(".".utf8) || bytes == Array("_".utf8) || bytes == Array("__".utf8)
            || bytes.allSatisfy { $0 == UInt8(ascii: "-") }
    }
}
