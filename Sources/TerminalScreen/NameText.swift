import TextValues

/// How a name or a path of raw bytes is shown so that two that differ never look alike for what they are written with.
///
/// Bytes that are no UTF-8 are `\x80`, control characters `\x1B`. A backslash of the name's own is doubled where it could be taken
/// for the beginning of such a word.
package enum NameText {
    /// The text of a name; nothing in it acts on a terminal.
    package static func shown(_ bytes: some Sequence<UInt8>) -> String {
        let bytes = Array(bytes)
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var units = pieces(of: bytes)
        for place in units.indices where units[place] == .plain("\\") {
            guard place + 1 < units.count else { break }
            switch units[place + 1] {
            case .plain("x"), .plain("u"), .plain("\\"), .doubled, .written: units[place] = .doubled
            case .plain: break
            }
        }
        return units.map(\.text).joined()
    }

    private enum Piece: Equatable {
        case plain(Unicode.Scalar)
        case doubled
        case written(String)

        var text: String {
            switch self {
            case .plain(let scalar): String(Character(scalar))
            case .doubled: "\\\\"
            case .written(let text): text
            }
        }
    }

    private static func pieces(of bytes: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var rest = bytes[...]
        while let first = rest.first {
            guard let scalar = scalar(at: rest) else {
                pieces.append(.written(ActingText.escaped(first)))
                rest = rest.dropFirst()
                continue
            }
            let written = ActingText.written(scalar) ?? (ScreenCells.looksLikeNothing(scalar) ? ActingText.code(scalar) : nil)
            pieces.append(written.map { .written($0) } ?? .plain(scalar))
            rest = rest.dropFirst(UTF8.width(scalar))
        }
        return pieces
    }

    /// The scalar that the bytes begin with; nil where they are no UTF-8.
    private static func scalar(at bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
        for length in 1...4 where length <= bytes.count {
            if let text = String(validating: bytes.prefix(length), as: UTF8.self) { return text.unicodeScalars.first }
        }
        return nil
    }
}
