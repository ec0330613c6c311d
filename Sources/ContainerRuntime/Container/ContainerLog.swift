// https://docs.docker.com/engine/logging/drivers/json-file/

package import ContentStorage
import FoundationEssentials
import Glibc
package import OCISpec
import StorageIO
import Synchronization

/// One piece of what a container wrote, a line at most.
package struct LogRecord: Hashable, Sendable, Codable {
    /// With its line break, where it had one.
    package var log: String
    /// `stdout` or `stderr`.
    package var stream: String
    /// When it was read from the container, in UTC.
    package var time: Timestamp

    /// The record as one line of a log.
    ///
    /// Written here byte by byte: a program may write a million lines a second, and none waits for an encoder.
    fileprivate static func write(
        _ line: ArraySlice<UInt8>, _ stream: ConfinedProcess.Stream, time: String, to buffer: inout [UInt8]
    ) {
        buffer += "{\"log\":\"".utf8
        // What is no UTF-8 becomes U+FFFD, as with docker.
        for byte in String(decoding: line, as: UTF8.self).utf8 {
            switch byte {
            case UInt8(ascii: "\n"): buffer += "\\n".utf8
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): buffer += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: buffer += "\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: buffer.append(byte)
            }
        }
        buffer += "\",\"stream\":\"\(stream == .output ? "stdout" : "stderr")\",\"time\":\"\(time)\"}\n".utf8
    }
}

/// Writes what a container says to its log, in the form of docker's json-file: one document a line.
///
/// A line that has not ended yet is kept back until it has, or until it is 16 KiB long, as docker does. Where the log is limited a
/// file that is full gets the name `log.1`, the one of that name `log.2`, and what is beyond the last name goes.
package final class ContainerLogWriter: Sendable {
    private struct State {
        var pending: [ConfinedProcess.Stream: [UInt8]] = [:]
        var file: File
        var length: Int64
        var hasFailed = false
    }

    private let folder: Directory
    private let limit: (bytes: Int64, files: Int)?
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<State>
    private static let longest = 16 << 10

    /// A writer that adds to what the log of a container has.
    ///
    /// A record that a full disk or a lost machine left half written goes. With `limit` it has so many files of so many bytes.
    package init(
        _ folder: ContainerFolder, _ limit: (bytes: Int64, files: Int)? = nil, now: @escaping @Sendable () -> Timestamp
    ) throws(RuntimeError) {
        let name = ContainerFolder.logName
        let (file, length) = try lift(to: RuntimeError.storage) { () throws(StorageError) -> (File, Int64) in
            let known = try folder.directory.openFileForUpdate(name)
            let file = if let known { known } else { try folder.directory.createFile(name) }
            return (file, try Self.wholeLength(of: file))
        }
        self.folder = folder.directory
        self.limit = limit
        state = Mutex(State(file: file, length: length))
        self.now = now
    }

    /// The length up to the last line break; what is behind it is written over.
    private static func wholeLength(of file: File) throws(StorageError) -> Int64 {
        let length = try file.status().sizeBytes
        var end = length
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while end > 0 {
            let start = max(0, end - Int64(buffer.count))
            let count = try file.readSome(into: &buffer, at: start)
            guard count > 0 else { break }
            if let line = buffer[..<min(count, Int(end - start))].lastIndex(of: UInt8(ascii: "\n")) {
                end = start + Int64(line) + 1
                break
            }
            end = start
        }
        if end < length { try check(.write, file.path) { ftruncate(file.fd, off_t(end)) } }
        return end
    }

    /// Adds bytes of a stream.
    func add(_ bytes: UnsafeRawBufferPointer, from stream: ConfinedProcess.Stream) {
        state.withLock { state in
            var pending = state.pending[stream] ?? []
            pending += bytes
            var lines: [UInt8] = []
            let time = now().description
            var start = 0
            while let end = Self.end(of: pending[start...]) {
                LogRecord.write(pending[start..<end], stream, time: time, to: &lines)
                start = end
            }
            pending.removeFirst(start)
            state.pending[stream] = pending
            write(lines, &state)
        }
    }

    /// Writes what has no line break yet.
    func finish() {
        state.withLock { state in
            var lines: [UInt8] = []
            for (stream, rest) in state.pending where !rest.isEmpty {
                LogRecord.write(rest[...], stream, time: now().description, to: &lines)
            }
            state.pending = [:]
            write(lines, &state)
        }
    }

    /// Where the first line ends.
    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        if let line = bytes.prefix(longest).firstIndex(of: UInt8(ascii: "\n")) { return line + 1 }
        return bytes.count >= longest ? bytes.startIndex + longest : nil
    }

    /// A log that cannot be written ends there: the container goes on, as it does with docker.
    private func write(_ lines: [UInt8], _ state: inout State) {
        guard !state.hasFailed, !lines.isEmpty else { return }
        do throws(StorageError) {
            var rest = lines[...]
            while !rest.isEmpty {
                let room = (limit?.bytes ?? .max) - state.length
                let part = Self.records(of: rest, in: room, isEmpty: state.length == 0)
                if part.isEmpty, let limit { try turn(&state, keeping: limit.files) }
                try state.file.write(Array(part), at: state.length)
                state.length += Int64(part.count)
                rest = rest.dropFirst(part.count)
            }
        } catch {
            state.hasFailed = true
        }
    }
}

extension ContainerLogWriter {
    /// The records at the beginning of `lines` for which there is room; in a file that is empty at least one.
    private static func records(of lines: ArraySlice<UInt8>, in room: Int64, isEmpty: Bool) -> ArraySlice<UInt8> {
        if lines.count <= room { return lines }
        let fitting = lines.prefix(Int(max(0, room)))
        if let end = fitting.lastIndex(of: UInt8(ascii: "\n")) { return lines[...end] }
        return isEmpty ? lines[...(lines.firstIndex(of: UInt8(ascii: "\n")) ?? lines.endIndex - 1)] : []
    }

    /// Begins a new file, and gives those before it their next names.
    private func turn(_ state: inout State, keeping count: Int) throws(StorageError) {
        let names = [ContainerFolder.logName] + (1..<max(1, count)).map(ContainerFolder.logName)
        for (name, next) in zip(names, names.dropFirst()).reversed() where try folder.status(name) != nil {
            try folder.rename(name, to: next)
        }
        // Of one file alone a new one takes the place: who reads the old one reads it to its end.
        try folder.removeFile(ContainerFolder.logName)
        state.file = try folder.createFile(ContainerFolder.logName)
        state.length = 0
    }
}
extension ContainerFolder {
    static let logName = "log"
    /// What a file of the log is called that was full: the higher the number, the older.
    static func logName(_ number: Int) -> String { "\(logName).\(number)" }
}
