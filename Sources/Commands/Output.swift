import OCISpec
import Reports

/// Results on standard output.
enum Output {
    /// Writes a JSON document.
    static func write(_ document: JSONValue) throws {
        let text: String
        do { text = try JSONReport.text(document) } catch { throw CommandError.notEncodable(error) }
        Terminal.standardOutput.write(text)
    }
}
