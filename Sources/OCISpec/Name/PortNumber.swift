// https://www.rfc-editor.org/rfc/rfc9293#section-3.1 (a port has 16 bits; nobody listens on 0)

/// A port of an address, as a text has it.
package enum PortNumber {
    /// The number of 1 to 65535 that the text is, in ASCII digits alone; nil for any other text.
    package static func parse(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy(\.isASCIIDigit), let number = Int(text), isValid(number) else { return nil }
        return number
    }

    /// Whether a server can listen there.
    package static func isValid(_ number: Int) -> Bool { (1...65535).contains(number) }
}

extension ReferenceGrammar {
    /// Whether the text is a registry as programs can reach it: a domain, and where it has a port one that there is.
    package static func isRegistry(_ text: some StringProtocol) -> Bool {
        guard isDomain(text) else { return false }
        guard let port = port(of: text) else { return true }
        return PortNumber.parse(port) != nil
    }

    /// What stands behind the last colon of a domain; nil where that is not a port's.
    static func port(of domain: some StringProtocol) -> Substring? {
        let text = Substring(domain)
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), text.utf8.last != UInt8(ascii: "]") else { return nil }
        return text[text.utf8.index(after: colon)...]
    }
}
