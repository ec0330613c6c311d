/// One name in a directory, from the moment that it is read out of a document, an argument or a listing.
///
/// It is never empty, `.` or `..`, has no slash and no zero in it and at most 255 bytes, which is as long as a name can be. So the
/// path of a folder with it behind is in that folder and nowhere else. A symlink may be there all the same: what opens or removes
/// it follows none.
package struct PathPart: Hashable, Sendable {
    /// The name.
    package let text: String

    /// Source: `NAME_MAX` of limits.h(0).
    private static let longest = 255

    /// The name that `text` is; nil for anything that is not one name.
    package init?(_ text: String) {
        var text = text
        guard text.withUTF8(Self.isName) else { return nil }
        self.text = text
    }

    /// The same of a part of a text.
    package init?(_ text: Substring) { self.init(String(text)) }

    private static func isName(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let dot = UInt8(ascii: ".")
        guard (1...longest).contains(bytes.count), !(bytes.count <= 2 && bytes.allSatisfy { $0 == dot }) else { return false }
        return !bytes.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    /// The name `word.number`.
    package init(_ word: StaticString, number: Int) { text = "\(word).\(number)" }

    /// A name that nobody else has: 64 hexadecimal digits by chance.
    package static func random() -> PathPart {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<4).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return PathPart(checked: digits.joined())
    }

    private init(checked text: String) { self.text = text }
}

extension PathPart: CustomStringConvertible {
    /// The name itself.
    package var description: String { text }
}

extension PathPart: Comparable {
    /// Orders by text.
    package static func < (left: PathPart, right: PathPart) -> Bool { left.text < right.text }
}
