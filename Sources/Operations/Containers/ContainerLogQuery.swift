package import ContainerRuntime
package import ContentStorage
import Glibc
package import OCISpec

/// Which lines of a container's log are wanted.
package struct ContainerLogQuery: Sendable {
    /// The first moment; nil for the log's beginning.
    package var since: Timestamp?
    /// The last moment; nil for no end.
    package var until: Timestamp?
    /// How many of the last lines; nil for all.
    package var lastCount: Int?
    /// Whether to go on until the container has ended.
    package var follows = false

    /// The whole log, as it is now.
    package init() {}

    /// Hands the wanted lines of the log of `folder` to `show`, in their order, and calls `flush` where more may take a while.
    ///
    /// Both are false where nobody reads any more: then this ends. Returns how many lines cannot be read.
    package func run(
        _ folder: ContainerFolder, show: (LogRecord) throws -> Bool, flush: () throws -> Bool
    ) throws -> Int {
        var reader = try ContainerLogReader(folder)
        var isRead = true
        func showWanted(_ record: LogRecord) throws -> Bool {
            if isWanted(record) { isRead = try show(record) }
            return isRead
        }
        if let lastCount {
            for record in try reader.last(lastCount, since: since, isWanted: isWanted) where isRead { isRead = try show(record) }
        } else {
            if let since { try reader.skip(before: since) }
            try reader.next(showWanted)
        }
        guard try isRead && flush(), follows else { return reader.damagedCount }
        while true {
            // Asked first: what came until the end is read after it.
            let isRunning: Bool
            do throws(ContentError) { isRunning = try folder.isLocked() } catch { isRunning = false }
            if reader.isEmpty { reader = try ContainerLogReader(folder) }
            try reader.next(showWanted)
            guard try isRead && flush(), isRunning else { return reader.damagedCount }
            usleep(50_000)
        }
    }

    private func isWanted(_ record: LogRecord) -> Bool {
        (since.map { record.time >= $0 } ?? true) && (until.map { record.time <= $0 } ?? true)
    }
}
