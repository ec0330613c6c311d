import Reports
import TerminalScreen

/// The beginning of a file, as text where it is one.
struct FileText {
    /// The lines; nil for what is no text.
    let text: [String]?
    private let bytes: [UInt8]
    private let size: Int64

    /// The first bytes of a file of that size.
    init(_ bytes: [UInt8], of size: Int64) {
        self.bytes = bytes
        self.size = size
        guard !bytes.prefix(8192).contains(0) else {
            text = nil
            return
        }
        // A line may end as on Windows.
        text = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            Self.withoutTabs(PathText.text(Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)).text)
        }
    }

    /// Tabs as blanks up to the next of every eight columns.
    private static func withoutTabs(_ line: String) -> String {
        guard line.utf8.contains(UInt8(ascii: "\t")) else { return line }
        var text = ""
        for scalar in line.unicodeScalars {
            if scalar == "\t" {
                text += String(repeating: " ", count: 8 - text.unicodeScalars.count % 8)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The lines to show; of what is no text its first bytes.
    var lines: [ScreenLine] {
        if size == 0 { return [ScreenLine("The file is empty.")] }
        if let text { return text.map { ScreenLine($0) } }
        let rows = stride(from: 0, to: min(bytes.count, 4096), by: 16).map { start in
            ScreenLine(Self.row(start, bytes[start..<min(start + 16, bytes.count)]))
        }
        return [ScreenLine("Binary, \(size) bytes; `e` saves it. Its first bytes:"), ScreenLine()] + rows
    }

    private static func row(_ start: Int, _ bytes: ArraySlice<UInt8>) -> String {
        let digits = bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined(separator: " ")
        let place = String(start, radix: 16)
        let letters = bytes.map { $0 >= 0x20 && $0 < 0x7F ? String(Character(Unicode.Scalar($0))) : "." }.joined()
        return String(repeating: "0", count: 6 - place.utf8.count) + place + "  "
            + digits + String(repeating: " ", count: 49 - digits.utf8.count) + letters
    }
}
