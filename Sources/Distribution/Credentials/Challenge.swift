// https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1

/// One way in which a server asks who is there.
package struct Challenge: Hashable, Sendable {
    /// `basic` or `bearer`, in lower case; others are not answered.
    package var scheme: String
    /// Names in lower case.
    package var parameters: [String: String]

    /// The challenges of some `WWW-Authenticate` headers, each of which may hold several.
    package static func parse(_ headers: [String]) -> [Challenge] {
        headers.flatMap { header in
            var parser = ChallengeParser(Array(header.utf8))
            return parser.challenges()
        }
    }
}

/// Reads `Scheme name=value, name="quoted value", Scheme …`; what makes no sense ends the reading.
private struct ChallengeParser {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func challenges() -> [Challenge] {
        var found: [Challenge] = []
        while true {
            skip(" ,\t")
            guard let word = token() else { return found }
            let end = at
            skip(" \t")
            if at < bytes.count, bytes[at] == UInt8(ascii: "="), !found.isEmpty {
                at += 1
                skip(" \t")
                found[found.count - 1].parameters[word.lowercased()] = value()
            } else {
                // A scheme is followed by a space, or stands alone.
                at = max(end, at)
                found.append(Challenge(scheme: word.lowercased(), parameters: [:]))
            }
        }
    }

    private mutating func value() -> String {
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return token() ?? "" }
        at += 1
        var text: [UInt8] = []
        while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
            if bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count { at += 1 }
            text.append(bytes[at])
            at += 1
        }
        at += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func token() -> String? {
        let start = at
        while at < bytes.count, !" \t,=\"".utf8.contains(bytes[at]) { at += 1 }
        return at > start ? String(decoding: bytes[start..<at], as: UTF8.self) : nil
    }

    private mutating func skip(_ set: String) {
        while at < bytes.count, set.utf8.contains(bytes[at]) { at += 1 }
    }
}
