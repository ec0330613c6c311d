import Foundation
import Glibc
import Reports

/// Asks systemd whether a calendar expression is one.
enum SystemdCalendar {
    private static let zones = "/usr/share/zoneinfo"

    /// Whether a timer with this expression will run: by systemd's word, or where it is not there by its manual's.
    static func isValid(_ text: String) throws -> Bool {
        guard let program = program() else { return CalendarText.isValid(text, isZone: isZone) }
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["calendar", "--", text]
        process.environment = ["LC_ALL": "C", "PATH": "/usr/bin:/bin"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { return CalendarText.isValid(text, isZone: isZone) }
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // A moment that is over is an expression, and a timer that never runs.
        return process.terminationStatus == 0 && !answer.contains("Next elapse: never")
    }

    private static func program() -> String? {
        (Environment.bytes("PATH").map { String(decoding: $0, as: UTF8.self) } ?? "/usr/bin:/bin").split(separator: ":").map {
            "\($0)/systemd-analyze"
        }.first {
            access($0, X_OK) == 0
        }
    }

    /// Whether the word is a time zone of this machine.
    private static func isZone(_ word: Substring) -> Bool {
        if word == "UTC" { return true }
        var status = stat()
        return !word.contains("..") && !word.hasPrefix("/") && stat("\(zones)/\(word)", &status) == 0
            && status.st_mode & S_IFMT == S_IFREG
    }
}
