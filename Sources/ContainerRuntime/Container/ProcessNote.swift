// https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html

import FoundationEssentials
import Glibc

/// A process as a file names it: by its number, and by when it began, since numbers come again.
enum ProcessNote {
    /// The note on a process that is there, looked up in the `/proc` that is open as `folder`.
    static func text(on process: Int32, in folder: Int32) -> String {
        let fd = openat(folder, "\(process)/stat", O_RDONLY | O_CLOEXEC)
        defer { close(fd) }
        var text = [UInt8](repeating: 0, count: 4096)
        let count = max(0, Glibc.read(fd, &text, text.count))
        return "\(process) \(start(in: text[..<count]) ?? "-")\n"
    }

    /// The process that a note names; nil where it has gone, or there is no note.
    static func process(at path: String) -> Int32? {
        guard let text = read(path) else { return nil }
        let words = text.split { $0 == 32 || $0 == 10 }
        guard words.count == 2, let process = Int32(String(decoding: words[0], as: UTF8.self)) else { return nil }
        return start(of: process) == String(decoding: words[1], as: UTF8.self) ? process : nil
    }

    /// When it began, in ticks since the boot.
    private static func start(of process: Int32) -> String? {
        read("/proc/\(process)/stat").flatMap { start(in: $0[...]) }
    }

    private static func start(in text: ArraySlice<UInt8>) -> String? {
        // The name before the other fields is in parentheses, and may hold any byte.
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "))
        return fields.count > 19 ? String(decoding: fields[19], as: UTF8.self) : nil
    }

    private static func read(_ path: String) -> [UInt8]? {
        // A process that has ended has no file, and a note that cannot be read names none.
        do { return Array(try Data(contentsOf: URL(filePath: path))) } catch { return nil }
    }
}
