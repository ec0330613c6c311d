package import ContentStorage
package import OCISpec
import StorageIO

/// Reads a container's log, also while it grows.
package struct ContainerLogReader {
    private let folder: Directory
    private var file: File?
    /// Files that are read after that one, the newest first.
    private var newer: [File] = []
    /// Whether there is no log yet.
    package var isEmpty: Bool { file == nil }
    /// How many lines were no records.
    package private(set) var damagedCount = 0
    private var offset: Int64 = 0
    private var rest: [UInt8] = []

    /// The log of a container; one that was never written is empty.
    package init(_ folder: ContainerFolder) throws(RuntimeError) {
        let directory = folder.directory
        self.folder = directory
        newer = try lift(to: RuntimeError.storage) { () throws(StorageError) -> [File] in
            var older: [File] = []
            while let file = try directory.openFile(ContainerFolder.logName(older.count + 1)) { older.append(file) }
            // A file that was turned meanwhile is among the older ones, and its successor is looked for at its end.
            return [try directory.openFile(ContainerFolder.logName)].compactMap(\.self) + older
        }
        file = newer.popLast()
    }

    /// Goes on to the file that comes after the one that is read; false where that is the newest.
    private mutating func turn() throws(RuntimeError) -> Bool {
        if let next = newer.popLast() {
            file = next
        } else {
            let newest = try lift(try folder.openFile(ContainerFolder.logName), to: RuntimeError.storage)
            guard let newest, let file, try Self.number(of: newest) != Self.number(of: file) else { return false }
            self.file = newest
        }
        offset = 0
        rest = []
        return true
    }

    private static func number(of file: File) throws(RuntimeError) -> UInt64 {
        try lift(try file.status().inode, to: RuntimeError.storage)
    }

    /// Hands over the records that came since the last call, until `body` returns false.
    ///
    /// A line that is half written waits for its end; one that is no record is passed over.
    package mutating func next<E: Error>(_ body: (LogRecord) throws(E) -> Bool) throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while let file {
            let count = try lift(try file.readSome(into: &buffer, at: offset), to: RuntimeError.storage)
            if count == 0 {
                if try turn() { continue }
                return
            }
            offset += Int64(count)
            rest += buffer[..<count]
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = rest[start..<end]
                start = end + 1
                guard let record = Self.record(Array(line)) else {
                    damagedCount += 1
                    continue
                }
                guard try body(record) else { return }
            }
            rest.removeFirst(start)
        }
    }

    /// The files of the log.
    private var newestFirst: [File] { newer + [file].compactMap(\.self) }

    /// The last `count` records that are wanted, in their order; `next` goes on behind all that is there now.
    ///
    /// The log is read from its end. Records come in the order of their times, so nothing before one of before `since` is looked at.
    package mutating func last(
        _ count: Int, since: Timestamp?, isWanted: (LogRecord) -> Bool
    ) throws -> [LogRecord] {
        var found: [LogRecord] = []
        for (place, file) in newestFirst.enumerated() {
            var lines = try LogLinesFromEnd(file)
            if place == 0 { (self.file, newer, offset, rest) = (file, [], lines.end, []) }
            while found.count < count, let line = try lines.next() {
                guard let record = Self.record(line) else {
                    damagedCount += 1
                    continue
                }
                if let since, record.time < since { return found.reversed() }
                if isWanted(record) { found.append(record) }
            }
        }
        return found.reversed()
    }

    /// Goes on at a record before all that are not before `since`, which come in the order of their times.
    package mutating func skip(before since: Timestamp) throws {
        // A file whose successor begins before that has nothing of it.
        while let next = newer.last, let first = try Self.record(behind: 0, before: .max, in: next)?.record,
            first.time < since
        {
            _ = try turn()
        }
        guard let file else { return }
        var low = offset
        var high = try lift(try file.status().sizeBytes, to: RuntimeError.storage)
        // What is nearer than that is read through.
        while high - low > Self.stepBytes {
            let middle = low + (high - low) / 2
            guard let (start, record) = try Self.record(behind: middle, before: high, in: file), record.time < since else {
                high = middle
                continue
            }
            low = start
        }
        offset = low
        rest = []
    }

    /// The first record that begins behind a place, or at the very beginning, and where that is; nil where none does before `end`.
    private static func record(
        behind place: Int64, before end: Int64, in file: File
    ) throws -> (start: Int64, record: LogRecord)? {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var (offset, start): (Int64, Int64?) = (place, place == 0 ? 0 : nil)
        var line: [UInt8] = []
        while offset < end || start != nil {
            let count = try lift(try file.readSome(into: &buffer, at: offset), to: RuntimeError.storage)
            if count == 0 { return nil }
            var bytes = buffer[..<count]
            while let place = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                if let start {
                    line += bytes[..<place]
                    if let record = record(line) { return (start, record) }
                }
                line = []
                start = offset + Int64(place) + 1
                bytes = bytes[(place + 1)...]
            }
            line += bytes
            offset += Int64(count)
        }
        return nil
    }

    private static let stepBytes: Int64 = 1 << 18

    private static func record(_ line: [UInt8]) -> LogRecord? {
        // The reader counts it.
        do throws(DocumentError) { return try decodeDocument(LogRecord.self, from: line) } catch { return nil }
    }
}

/// The whole lines of a file, the last one first.
private struct LogLinesFromEnd {
    /// Behind the last whole line.
    let end: Int64
    private let file: File
    /// Where what was read begins.
    private var start: Int64
    /// What was read and not given yet: each piece is before the one that it follows here.
    private var pieces: [ArraySlice<UInt8>] = []

    private static let newline = UInt8(ascii: "\n")
    private static let stepBytes: Int64 = 1 << 16

    init(_ file: File) throws {
        self.file = file
        start = try lift(try file.status().sizeBytes, to: RuntimeError.storage)
        // What is behind the last line break is no whole line.
        var end: Int64 = 0
        while start > 0 {
            let piece = try Self.piece(of: file, before: start)
            start -= Int64(piece.count)
            guard let last = piece.lastIndex(of: Self.newline) else { continue }
            end = start + Int64(last) + 1
            pieces = [piece[..<last]]
            break
        }
        self.end = end
        isDone = end == 0
    }

    private var isDone: Bool

    /// The line before the one that was given last, without its line break; nil before the first.
    mutating func next() throws -> [UInt8]? {
        guard !isDone else { return nil }
        var line: [ArraySlice<UInt8>] = []
        while true {
            guard let piece = pieces.popLast() else {
                guard start > 0 else {
                    isDone = true
                    break
                }
                let piece = try Self.piece(of: file, before: start)
                start -= Int64(piece.count)
                pieces.append(piece)
                continue
            }
            if let last = piece.lastIndex(of: Self.newline) {
                line.append(piece[(last + 1)...])
                pieces.append(piece[..<last])
                break
            }
            line.append(piece)
        }
        return Array(line.reversed().joined())
    }

    /// Bytes that end at a place.
    private static func piece(of file: File, before end: Int64) throws -> ArraySlice<UInt8> {
        let start = max(0, end - stepBytes)
        var bytes = [UInt8](repeating: 0, count: Int(end - start))
        var count = 0
        while count < bytes.count {
            let got = try lift(try file.readSome(into: &bytes, from: count, at: start + Int64(count)), to: RuntimeError.storage)
            // Somebody cut it meanwhile: what is not there any more reads as nothing.
            if got == 0 { break }
            count += got
        }
        return bytes[...]
    }
}
