// https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
// https://ecma-international.org/publications-and-standards/standards/ecma-48/

import OCISpec

/// What may stand on a terminal and in a log: the last look at every text before it is written.
///
/// Reports and sentences write out what they quote where they quote it, so that a line break in a name breaks no line. This is what
/// holds where one of them does not, whatever the text is and wherever it came from.
package enum ScreenText {
    /// What a text is to whoever reads it.
    package enum Use: Sendable {
        /// Sentences and tables: what GitHub's runner would take for a command is written so that it does not.
        case reading
        /// A format with rules of its own, of which only what acts on a terminal is changed.
        case format
    }

    /// `text` without control characters but line breaks, tabs and, with `keepsColors`, the colours of `TextStyle`.
    ///
    /// A line break may be CR LF, as in CSV; its CR is dropped.
    package static func safe(_ text: String, _ use: Use = .reading, keepsColors: Bool = false) -> String {
        var text = text
        guard text.withUTF8({ needsCare($0, use) }) else { return text }
        var screen = Screen(use: use, keepsColors: keepsColors)
        screen.add(Array(text.unicodeScalars))
        return String(screen.written)
    }

    /// Whether a line of GitHub's log that begins so is a command: `::name`, blanks in front aside.
    static func isCommand(_ line: String) -> Bool {
        line.unicodeScalars.drop { $0.properties.isWhitespace }.starts(with: "::".unicodeScalars)
    }

    /// Whether anything in a text may have to be written otherwise: a quick look, since nearly no text has it.
    private static func needsCare(_ bytes: UnsafeBufferPointer<UInt8>, _ use: Use) -> Bool {
        var last: (UInt8, UInt8) = (0, 0)
        var at = PlainText.length(bytes, from: 0)
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            switch byte {
            // Of what a line begins with, most is plain.
            case UInt8(ascii: "\n"): at += PlainText.length(bytes, from: at)
            case UInt8(ascii: "\t"): break
            case 0..<0x20, 0x7F: return true
            case UInt8(ascii: ":"), UInt8(ascii: "#"): if last.1 == byte, use == .reading { return true }
            case 0x80...: if PathText.ends(last.0, last.1, byte) { return true }
            default: break
            }
            last = (last.1, byte)
        }
        return false
    }

    private struct Screen {
        let use: Use
        let keepsColors: Bool
        var written = String.UnicodeScalarView()

        mutating func add(_ text: [Unicode.Scalar]) {
            var at = 0
            // Whether nothing but blanks stands in the line so far.
            var isAtStart = true
            while at < text.count {
                let scalar = text[at]
                let next = at + 1 < text.count ? text[at + 1] : nil
                var taken = 1
                switch scalar {
                case "\n", "\t": written.append(scalar)
                case "\r" where next == "\n": break
                case "\u{1B}" where keepsColors && colorLength(text[at...]) > 0:
                    taken = colorLength(text[at...])
                    written.append(contentsOf: text[at..<at + taken])
                case ":" where isAtStart && next == ":" && use == .reading: written.append(contentsOf: "\\x3A".unicodeScalars)
                // The runner's older form of a command, which it takes anywhere in a line.
                case "#" where next == "#" && at + 2 < text.count && text[at + 2] == "[" && use == .reading:
                    written.append(contentsOf: "#\\x23".unicodeScalars)
                    taken = 2
                default:
                    if let other = PathText.written(scalar) {
                        written.append(contentsOf: other.unicodeScalars)
                    } else {
                        written.append(scalar)
                    }
                }
                if scalar == "\n" {
                    isAtStart = true
                } else if scalar != "\u{1B}", !scalar.properties.isWhitespace {
                    isAtStart = false
                }
                at += taken
            }
        }

        /// How many scalars are one of the sequences that `TextStyle` paints with; 0 for none.
        private func colorLength(_ text: ArraySlice<Unicode.Scalar>) -> Int {
            TextStyle.sequences.first { text.starts(with: $0.unicodeScalars) }?.unicodeScalars.count ?? 0
        }
    }
}
