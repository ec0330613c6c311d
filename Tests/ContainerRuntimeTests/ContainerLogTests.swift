import ContainerRuntime
import ContentStorage
import Foundation
import OCISpec
import TestSupport
import Testing

/// Logs in the form of docker's json-file, also half-written ones.
@Suite struct ContainerLogTests {
    private static let time = "2026-01-02T03:04:05.678901234Z"

    private func line(_ log: String, _ stream: String = "stdout") -> String {
        #"{"log":"\#(log)","stream":"\#(stream)","time":"\#(Self.time)"}"# + "\n"
    }

    private func texts(_ reader: inout ContainerLogReader) throws -> [String] {
        var found: [String] = []
        try reader.next { (record: LogRecord) in
            found.append("\(record.stream): \(record.log)")
            return true
        }
        return found
    }

    @Test func aLogThatWasNeverWrittenIsEmpty() throws {
        var reader = try ContainerLogReader(try Folder().container)
        #expect(reader.isEmpty)
        #expect(try texts(&reader) == [])
    }

    @Test func linesComeInTheirOrder() throws {
        let folder = try Folder()
        try folder.write(line(#"a\n"#) + line(#"b \"c\"\n"#, "stderr"), to: "log")
        var reader = try ContainerLogReader(folder.container)
        #expect(try texts(&reader) == ["stdout: a\n", "stderr: b \"c\"\n"])
        #expect(try texts(&reader) == [] && reader.damagedCount == 0)
    }

    @Test func aLineThatIsHalfWrittenWaitsForItsEnd() throws {
        let folder = try Folder()
        let (first, second) = (line("a"), line("b"))
        try folder.write(first + second.prefix(20), to: "log")
        var reader = try ContainerLogReader(folder.container)
        #expect(try texts(&reader) == ["stdout: a"])
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.scratch.path("c0ffee/log")))
        try file.seekToEnd()
        try file.write(contentsOf: Data(second.dropFirst(20).utf8))
        try file.close()
        #expect(try texts(&reader) == ["stdout: b"])
    }

    @Test func whatIsNoRecordIsCounted() throws {
        let folder = try Folder()
        try folder.write("no record\n" + line("a") + "{}\n", to: "log")
        var reader = try ContainerLogReader(folder.container)
        #expect(try texts(&reader) == ["stdout: a"])
        #expect(reader.damagedCount == 2)
    }

    @Test func whoHasEnoughSeesTheRestLater() throws {
        let folder = try Folder()
        try folder.write(line("a") + line("b"), to: "log")
        var reader = try ContainerLogReader(folder.container)
        var first: [String] = []
        try reader.next { (record: LogRecord) in
            first.append(record.log)
            return false
        }
        #expect(first == ["a"])
    }

    /// A log of many lines, each a second after the one before it, and its container.
    private func long(_ count: Int, in folder: Folder) throws {
        let lines = (0..<count).map { number in
            let time = Timestamp(seconds: Int64(number))
            return #"{"log":"\#(number)\n","stream":"stdout","time":"\#(time)"}"# + "\n"
        }
        try folder.write(lines.joined() + lines[0].prefix(20), to: "log")
    }

    private func last(_ count: Int, _ folder: Folder, since: Int64? = nil, until: Int64 = .max) throws -> [String] {
        var reader = try ContainerLogReader(folder.container)
        let records = try reader.last(count, since: since.map { Timestamp(seconds: $0) }) { record in
            record.time.seconds >= since ?? 0 && record.time.seconds <= until
        }
        #expect(try texts(&reader) == [], "what comes later begins behind all of them")
        return records.map { String($0.log.dropLast()) }
    }

    @Test func theLastLinesAreReadFromTheEnd() throws {
        let folder = try Folder()
        try long(10_000, in: folder)
        #expect(try last(0, folder) == [] && last(1, folder) == ["9999"])
        #expect(try last(3000, folder) == (7000..<10_000).map(String.init))
        #expect(try last(20_000, folder).count == 10_000)
        #expect(try last(2, folder, until: 50) == ["49", "50"])
        #expect(try last(1000, folder, since: 9_998) == ["9998", "9999"])
        #expect(try last(1, folder, since: 20_000) == [])
        // What is before them is not looked at.
        var reader = try ContainerLogReader(folder.container)
        try folder.write(String(repeating: "no record\n", count: 100_000) + line("a") + "no record\n" + line("b"), to: "log")
        #expect(try reader.last(2, since: nil) { _ in true }.map(\.log) == ["a", "b"] && reader.damagedCount == 1)
        for text in ["", "\n", "x", "\n\n", line("a").dropLast().description] {
            try folder.write(text, to: "log")
            reader = try ContainerLogReader(folder.container)
            #expect(try reader.last(5, since: nil) { _ in true } == [])
        }
    }

    @Test(arguments: [0, 1, 4_321, 9_999, 10_000]) func whatIsBeforeAMomentIsPassedOver(second: Int) throws {
        let folder = try Folder()
        try long(10_000, in: folder)
        var reader = try ContainerLogReader(folder.container)
        try reader.skip(before: Timestamp(seconds: Int64(second)))
        var read: [Int] = []
        try reader.next { (record: LogRecord) in
            read.append(Int(record.time.seconds))
            return true
        }
        #expect(read.filter { $0 >= second } == Array(second..<10_000))
        #expect(second < 4_000 || read.first ?? 0 > 0, "most of it is not read")
    }
}
