import TerminalScreen
import TextValues

/// Commands that tell or do the same without a screen, as they can be pasted into a shell: for the same store and platform.
package struct PlainCommand: Sendable {
    /// What names the store, for every command: `--store DIR`, where the environment does not name it.
    package var store: [String] = []
    /// What names the platform, for commands about one image.
    package var platform: [String] = []
    /// What names an engine, for `df`, `images` and `plan`.
    package var engine: [String] = []
    /// What else a plan is made with: how long what goes is kept, and containerd's namespace.
    package var planning: [String] = []

    /// Commands about the store that the environment names.
    package init() {}

    /// A command about an image; words in capitals stand for what somebody has to fill in.
    package func ofImage(_ words: String...) -> String { Self.line(words + platform + store) }

    /// A command about the store.
    package func ofStore(_ words: String...) -> String { Self.line(words + store) }

    /// A command about the store or the engine.
    package func ofHost(_ words: String...) -> String { Self.line(words + engine + store) }

    /// The plan of exactly these, which prints an ID with `-q`.
    package func plan(_ options: [String] = [], only names: [String]) -> String {
        Self.line(["plan"] + options + engine + planning + store + names.flatMap { ["--only", $0] })
    }

    /// What carries out the plan of exactly these.
    package func apply(only names: [String]) -> String { "\(Self.line(["apply"] + store)) $(\(plan(["-q"], only: names)))" }

    private static func line(_ words: [String]) -> String { (["strata"] + words).map(quoted).joined(separator: " ") }

    /// A word as a shell takes it: in quotes where it has what means something to a shell, or what is not seen.
    package static func quoted(_ word: String) -> String {
        guard !word.isEmpty else { return "''" }
        if word.utf8.allSatisfy(isPlain) { return word }
        // A screen shows something else in the place of these.
        if word.unicodeScalars.contains(where: ScreenCells.isWrittenOut) {
            return "$'" + word.utf8.map(escaped).joined() + "'"
        }
        return "'" + word.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "=:/.-_@+,".utf8.contains(byte)
        }
    }

    /// A byte between `$'` and `'`.
    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"), UInt8(ascii: "\\"): "\\" + String(Unicode.Scalar(byte))
        case 0x20..<0x7F: String(Unicode.Scalar(byte))
        // Always of two digits, so that none of the text that follows is taken for a third.
        default: ActingText.escaped(byte)
        }
    }
}
