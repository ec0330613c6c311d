import Glibc
import OCISpec
import Reports

/// Results on standard output.
///
/// A reader that has gone, as `head` does, wants no more: that is no failure. A full disk is.
enum Output {
    /// Writes a result as text.
    static func write(_ text: String) throws(CommandError) {
        try write(Array(text.utf8))
    }

    /// Writes a JSON document.
    static func write(_ document: JSONValue) throws(CommandError) {
        try write(JSONReport.text(document))
    }

    /// Writes a result that is bytes already.
    static func write(_ bytes: [UInt8]) throws(CommandError) {
        let reason = Terminal.standardOutput.write(bytes)
        if reason != 0, reason != EPIPE { throw .outputFailed(errno: reason) }
    }
}
