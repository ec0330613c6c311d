import Glibc
import OCISpec
import Reports

/// Results on standard output.
///
/// A reader that has gone, as `head` does, wants no more: that is no failure. A full disk is.
enum Output {
    /// Writes a result that people read: nothing of it acts on a terminal but colours, and no line is a command in a log.
    ///
    /// A format with rules of its own goes as it is, but to a terminal, where what acts is written out as well.
    static func write(_ text: String, _ use: ScreenText.Use = .reading) throws(CommandError) {
        let isTerminal = Terminal.standardOutput.isTerminal
        let isRaw = use == .format && !isTerminal
        try write(Array((isRaw ? text : ScreenText.safe(text, use, keepsColors: isTerminal)).utf8))
    }

    /// Writes a JSON document, in which nothing acts anywhere.
    static func write(_ document: JSONValue) throws(CommandError) {
        try write(JSONReport.text(document))
    }

    /// Writes a result that is bytes already.
    static func write(_ bytes: [UInt8]) throws(CommandError) {
        let reason = Terminal.standardOutput.write(bytes)
        if reason != 0, reason != EPIPE { throw .outputFailed(errno: reason) }
    }
}
