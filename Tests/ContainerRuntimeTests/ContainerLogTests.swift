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
}
