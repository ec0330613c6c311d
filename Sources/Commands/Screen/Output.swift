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

    /// Writes a long result piece by piece, as `body` makes it.
    ///
    /// Text is written as by `write`; without a use it is JSON, in which nothing acts anywhere. When the reader has gone the rest is
    /// not made either.
    static func stream(_ use: ScreenText.Use? = nil, _ body: (ReportStream) throws -> Void) throws {
        let isTerminal = Terminal.standardOutput.isTerminal
        let stream = ReportStream { piece in
            var piece = piece
            if let use, use == .reading || isTerminal {
                piece = Array(ScreenText.safe(String(decoding: piece, as: UTF8.self), use, keepsColors: isTerminal).utf8)
            }
            let reason = Terminal.standardOutput.write(piece)
            if reason == EPIPE { throw ReaderGone() }
            if reason != 0 { throw CommandError.outputFailed(errno: reason) }
        }
        do {
            try body(stream)
            try stream.finish()
        } catch is ReaderGone {}
    }

    /// Why a result ends early.
    private struct ReaderGone: Error {}

    /// Writes a result that is bytes already.
    static func write(_ bytes: [UInt8]) throws(CommandError) {
        let reason = Terminal.standardOutput.write(bytes)
        if reason != 0, reason != EPIPE { throw .outputFailed(errno: reason) }
    }
}
