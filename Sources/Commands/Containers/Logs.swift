import ArgumentParser
import ContainerRuntime
import Glibc
import OCISpec

/// `strata logs CONTAINER`.
struct LogsCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a container wrote to standard output and standard error.")

    @Flag(name: .shortAndLong, help: "Go on until the container has ended.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: ArgumentHelp("Only the last lines: a number, or all.", valueName: "lines"))
    var tail = "all"

    @Flag(name: .shortAndLong, help: "Show when each line came.")
    var timestamps = false

    @Option(help: ArgumentHelp("Only since then: a moment, or 10m for ten minutes ago.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only until then.", valueName: "time"))
    var until: String?

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A name, an ID or its beginning.")
    var container: String

    func run() throws {
        let (first, last) = (try moment("--since", since), try moment("--until", until))
        var count: Int?
        if tail != "all" {
            guard let number = Int(tail), number >= 0 else {
                throw CommandError.badOption("--tail", tail, expected: "a number of lines, or all")
            }
            count = number
        }
        let item = try Containers.shelf(globals).find(container)
        var reader = try ContainerLogReader(item.folder)
        func wanted(_ records: [LogRecord]) -> [LogRecord] {
            records.filter { record in (first.map { record.time >= $0 } ?? true) && (last.map { record.time <= $0 } ?? true) }
        }
        var records = wanted(try reader.next())
        if let count { records = records.suffix(count) }
        guard try write(records), follow else { return }
        while true {
            // Asked first: what came until the end is read after it.
            let isRunning: Bool
            do throws(RuntimeError) { isRunning = try item.folder.isLocked() } catch { isRunning = false }
            if reader.isEmpty { reader = try ContainerLogReader(item.folder) }
            guard try write(wanted(try reader.next())), isRunning else { return }
            usleep(50_000)
        }
    }

    /// False where nobody reads any more.
    private func write(_ records: [LogRecord]) throws -> Bool {
        for record in records {
            let terminal = record.stream == "stdout" ? Terminal.standardOutput : Terminal.standardError
            let reason = terminal.write(Array(((timestamps ? "\(record.time) " : "") + record.log).utf8))
            if reason == EPIPE { return false }
            if reason != 0 { throw CommandError.outputFailed(errno: reason) }
        }
        return true
    }

    private func moment(_ option: String, _ text: String?) throws -> Timestamp? {
        guard let text else { return nil }
        if let moment = Timestamp(parsing: text) { return moment }
        if let seconds = Int64(text) { return Timestamp(seconds: seconds) }
        return Timestamp(seconds: Clock.now.seconds - (try SelectionOptions.duration(option, text)).components.seconds)
    }
}
