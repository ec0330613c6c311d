// https://docs.docker.com/engine/logging/drivers/json-file/

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
    package var time: Timestamp
}

/// Writes what a container says to its log, in the form of docker's json-file: one document a line.
///
/// A line that has not ended yet is kept back until it has, or until it is 16 KiB long, as docker does.
package final class ContainerLogWriter: Sendable {
    private struct State {
        var pending: [ConfinedProcess.Stream: [UInt8]] = [:]
        var length: Int64 = 0
        var hasFailed = false
    }

    private let file: File
    private let now: @Sendable () -> Timestamp
    private let state: Mutex<State>
    private static let longest = 16 << 10

    /// A writer that adds to what the log of a container has.
    init(_ folder: ContainerFolder, now: @escaping @Sendable () -> Timestamp) throws(RuntimeError) {
        let name = ContainerFolder.logName
        let (file, length) = try storing { () throws(StorageError) -> (File, Int64) in
            let known = try folder.directory.openFileForUpdate(name)
            let file = if let known { known } else { try folder.directory.createFile(name) }
            return (file, try file.status().sizeBytes)
        }
        self.file = file
        state = Mutex(State(length: length))
        self.now = now
    }

    /// Adds bytes of a stream.
    func add(_ bytes: UnsafeRawBufferPointer, from stream: ConfinedProcess.Stream) {
        state.withLock { state in
            state.pending[stream, default: []] += bytes
            while let pending = state.pending[stream], let end = Self.end(of: pending) {
                write(pending[..<end], stream, &state)
                state.pending[stream] = Array(pending[end...])
            }
        }
    }

    /// Writes what has no line break yet.
    func finish() {
        state.withLock { state in
            for (stream, rest) in state.pending where !rest.isEmpty { write(rest[...], stream, &state) }
            state.pending = [:]
        }
    }

    private static func end(of bytes: [UInt8]) -> Int? {
        if let line = bytes.prefix(longest).firstIndex(of: UInt8(ascii: "\n")) { return line + 1 }
        return bytes.count >= longest ? longest : nil
    }

    /// A log that cannot be written ends there: the container goes on, as it does with docker.
    private func write(_ line: ArraySlice<UInt8>, _ stream: ConfinedProcess.Stream, _ state: inout State) {
        guard !state.hasFailed else { return }
        let record = LogRecord(
            log: String(decoding: line, as: UTF8.self), stream: stream == .output ? "stdout" : "stderr", time: now())
        do {
            let bytes = try encodeDocument(record) + [UInt8(ascii: "\n")]
            try file.write(bytes, at: state.length)
            state.length += Int64(bytes.count)
        } catch {
            state.hasFailed = true
        }
    }
}

/// Reads a container's log, also while it grows.
package struct ContainerLogReader {
    private let file: File?
    /// Whether there is no log yet.
    package var isEmpty: Bool { file == nil }
    private var offset: Int64 = 0
    private var rest: [UInt8] = []

    /// The log of a container; one that was never written is empty.
    package init(_ folder: ContainerFolder) throws(RuntimeError) {
        file = try storing { () throws(StorageError) in try folder.directory.openFile(ContainerFolder.logName) }
    }

    /// The records that came since the last call; a line that is half written waits for its end.
    package mutating func next() throws(RuntimeError) -> [LogRecord] {
        guard let file else { return [] }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var records: [LogRecord] = []
        while true {
            let count = try storing { () throws(StorageError) in try file.readSome(into: &buffer, at: offset) }
            if count == 0 { return records }
            offset += Int64(count)
            rest += buffer[..<count]
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(rest[..<end])
                rest.removeFirst(end + 1)
                do throws(DocumentError) { records.append(try decodeDocument(LogRecord.self, from: line)) } catch {
                    throw .badRecord(path: file.path, error)
                }
            }
        }
    }
}
