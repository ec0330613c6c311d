import ArgumentParser
import ContainerRuntime
import Glibc
import ImageStorage
import OCISpec
import Operations

/// `strata logs CONTAINER`.
struct LogsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show the logs of a container.")

    @Flag(name: .shortAndLong, help: "Follow the log until the container stops.")
    var follow = false

    @Option(
        name: [.customShort("n"), .long], help: ArgumentHelp("Number of lines to show from the end, or all.", valueName: "lines"))
    var tail = "all"

    @Flag(name: .shortAndLong, help: "Show the time of each line.")
    var timestamps = false

    @Option(help: ArgumentHelp("Show only lines since a time, or since 10m ago.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Show only lines before a time.", valueName: "time"))
    var until: String?

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    func run() throws {
        var query = ContainerLogQuery()
        query.since = try moment("--since", since)
        query.until = try moment("--until", until)
        query.follows = follow
        if tail != "all" {
            guard let number = Int(tail), number >= 0 else {
                throw CommandError.badOption("--tail", tail, expected: "a number of lines, or all")
            }
            query.lastCount = number
        }
        let item = try Containers.open(globals).find(container)
        var output = LogOutput()
        let damagedCount = try query.run(item.folder) { record in
            try output.write((timestamps ? "\(record.time) " : "") + record.log, to: record.stream)
        } flush: {
            try output.flush()
        }
        if damagedCount > 0 { globals.note("\(damagedCount) lines of the log cannot be read") }
    }

    private func moment(_ option: String, _ text: String?) throws -> Timestamp? {
        guard let text else { return nil }
        guard let bound = TimeBound(parsing: text) else {
            throw CommandError.badOption(option, text, expected: "a time such as 10m, 2024-05-06T07:08:09Z or 1714979289")
        }
        return bound.moment(now: Clock.now)
    }
}

/// What is to be shown, written in pieces that are not too small; the streams keep their order.
private struct LogOutput {
    private var stream = ""
    private var bytes: [UInt8] = []

    /// False where nobody reads any more.
    mutating func write(_ text: String, to stream: String) throws(CommandError) -> Bool {
        if stream != self.stream || bytes.count > 1 << 16 {
            guard try flush() else { return false }
            self.stream = stream
        }
        bytes += text.utf8
        return true
    }

    /// Writes what is left; false where nobody reads any more.
    mutating func flush() throws(CommandError) -> Bool {
        let reason = (stream == "stderr" ? Terminal.standardError : Terminal.standardOutput).write(bytes)
        bytes.removeAll(keepingCapacity: true)
        if reason != 0, reason != EPIPE { throw .outputFailed(errno: reason) }
        return reason == 0
    }
}
