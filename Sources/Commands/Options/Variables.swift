import StorageIO
import TextValues

/// Variables of a container as `--env` and `--env-file` name them.
enum Variables {
    private static let limitBytes = 16 << 20

    /// Those of files first, so that single ones win; a name alone takes the environment's value, and without one is none.
    static func all(files: [String], _ words: [String]) throws -> [String] {
        try (files.flatMap(lines) + words).compactMap { text -> String? in
            let variable = NameValue(text)
            guard !variable.name.isEmpty else { throw CommandError.badOption("--env", text, expected: "NAME=value") }
            if variable.value != nil { return text }
            return try Environment.value(text).map { "\(text)=\($0)" }
        }
    }

    /// The lines of a file that are variables.
    private static func lines(_ path: String) throws -> [String] {
        let bytes: [UInt8]
        do throws(StorageError) { bytes = try File.readStream(path, limit: limitBytes) } catch {
            throw CommandError.unreadableFile("--env-file", path, error)
        }
        // As bytes: for Swift a carriage return and a line feed are one character.
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let text = String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
            let variable = text.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            return variable.isEmpty || variable.first == "#" ? nil : String(variable)
        }
    }
}
