import ContentStorage
import GRDB
import StorageIO
import Synchronization

/// Why the catalog did not answer or keep something; never a reason for a command to fail.
package struct CatalogProblem: Hashable, Sendable {
    /// What did not work.
    package enum Kind: Hashable, Sendable {
        /// The file cannot be used, so what is learned is kept in memory only.
        case unavailable
        /// Something was not written.
        case notRecorded
        /// Something was not read.
        case notRead
    }

    /// What did not work.
    package let kind: Kind
    /// SQLite's or the system's words.
    package let detail: String
}

/// What was learned about layers, blobs and images: `catalog.sqlite`, all of which can be had again from the blobs.
///
/// A file that is missing, broken, of another version or of another store is replaced by an empty one; where the store cannot
/// be written to, or the file not be used, the catalog is in memory. So nothing here throws: what cannot be read is nil, and
/// what went wrong stands in `problems`. The file is opened by the first question. Any number of threads and processes may
/// use one catalog; a reader sees each record whole or not at all.
package final class Catalog: Sendable {
    private struct State {
        var opened: CatalogFile.Opened?
        var problems: [CatalogProblem] = []
    }

    private let file: CatalogFile
    private let isInMemory: Bool
    private let state = Mutex(State())

    /// The catalog of a store; with `inMemory` the file is neither read nor made.
    init(store: ContentStore, inMemory: Bool = false) {
        file = CatalogFile(store: store)
        isInMemory = inMemory
    }

    /// What went wrong so far, each kind of it once.
    package var problems: [CatalogProblem] { state.withLock { $0.problems } }

    /// Closes the file, which folds SQLite's journal into it; the next question opens it again.
    ///
    /// The end of the object closes it as well, but a process that ends by `exit` leaves its objects as they are.
    package func close() {
        let opened = state.withLock { state in
            defer { if state.opened?.inode != nil { state.opened = nil } }
            return state.opened?.inode == nil ? nil : state.opened
        }
        guard let opened else { return }
        do { try file.store.asOwner { try opened.queue.close() } } catch { note(.notRecorded, error) }
    }

    /// Replaces a file that turned out to be broken, in parts that opening it does not look at, by an empty one.
    package func startAnew() {
        state.withLock { state in
            state.opened = nil
            do {
                let inode = try file.store.root.status(CatalogFile.name)?.inode
                state.opened = try orInMemory(&state) { try file.store.asOwner { try file.replace(inode, for: .broken) } }
            } catch {
                Self.add(CatalogProblem(kind: .unavailable, detail: "\(error)"), to: &state)
            }
        }
    }

    /// Asks the database; nil when it has no answer or cannot be asked.
    func read<T>(_ body: (Database) throws -> T?) -> T? {
        do { return try perform(body) } catch {
            note(.notRead, error)
            return nil
        }
    }

    /// Changes the database in one transaction; a failure is a problem, not an error.
    func write(_ body: (Database) throws -> Void) {
        do {
            try Failpoint.catalogBeforeWrite.check(.write, file.store.path)
            try perform { database in
                try database.inTransaction(.immediate) {
                    try body(database)
                    return .commit
                }
            }
            try Failpoint.catalogAfterWrite.check(.write, file.store.path)
        } catch {
            note(.notRecorded, error)
        }
    }

    /// Runs `body` on the open database; a broken one is replaced, and `body` run once more.
    ///
    /// SQLite opens its files by path, and follows symlinks.
    private func perform<T>(_ body: (Database) throws -> T) throws -> T {
        try file.store.asOwner {
            let opened = try open()
            do {
                return try opened.queue.inDatabase(body)
            } catch {
                guard let fault = CatalogFile.fault(error) else { throw error }
                return try reopened(insteadOf: opened, for: fault).queue.inDatabase(body)
            }
        }
    }

    private func open() throws -> CatalogFile.Opened {
        try state.withLock { state in
            if let opened = state.opened { return opened }
            let opened = isInMemory ? try file.inMemory() : try orInMemory(&state) { try file.open() }
            state.opened = opened
            return opened
        }
    }

    private func reopened(
        insteadOf broken: CatalogFile.Opened, for fault: CatalogFile.Fault
    ) throws -> CatalogFile.Opened {
        try state.withLock { state in
            // Another thread may have met the same damage and be done with it.
            if let opened = state.opened, opened.queue !== broken.queue { return opened }
            state.opened = nil
            let opened = try orInMemory(&state) { try file.replace(broken.inode, for: fault) }
            state.opened = opened
            return opened
        }
    }

    private func orInMemory(
        _ state: inout State, _ open: () throws -> CatalogFile.Opened
    ) throws -> CatalogFile.Opened {
        do { return try open() } catch {
            Self.add(CatalogProblem(kind: .unavailable, detail: "\(error)"), to: &state)
            return try file.inMemoryWithHistory()
        }
    }

    private func note(_ kind: CatalogProblem.Kind, _ error: any Error) {
        state.withLock { Self.add(CatalogProblem(kind: kind, detail: "\(error)"), to: &$0) }
    }

    private static func add(_ problem: CatalogProblem, to state: inout State) {
        if !state.problems.contains(where: { $0.kind == problem.kind }) { state.problems.append(problem) }
    }
}
