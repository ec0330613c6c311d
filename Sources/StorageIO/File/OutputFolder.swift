import Glibc
import Synchronization
package import SystemPackage

/// A folder that a command writes for its user: what it holds takes its place when all of it is whole, or never.
///
/// A new folder is written under a hidden name beside it and renamed. One that is there and empty keeps its owner and mode: what it
/// is to hold is written to a hidden folder within it and moved up.
package final class OutputFolder: Sendable {
    /// Where files are written to until `commit`.
    package let staging: Directory
    /// The path that the user named, for messages.
    package let path: String
    /// The folder above `staging`.
    private let parent: Directory
    private let temporary: String
    /// The name that a new folder is to have; nil for one that was there.
    private let name: String?
    private let isDone = Mutex(false)

    private init(_ parent: Directory, path: String, temporary: String, name: String?) throws(StorageError) {
        staging = try OutputFile.named(path) { () throws(StorageError) in
            try parent.makeDirectory(temporary)
            return try parent.directory(temporary)
        }
        self.parent = parent
        self.path = path
        self.temporary = temporary
        self.name = name
    }

    deinit { discard() }

    /// Begins the folder at `path`, which must not be there or be empty (`.directoryNotEmpty`).
    package static func create(at path: FilePath) throws(StorageError) -> OutputFolder {
        do throws(StorageError) {
            let present = try Directory.open(path)
            guard try present.names().isEmpty else { throw StorageError(.makeDirectory, path.string, .directoryNotEmpty) }
            return try OutputFolder(
                present, path: path.string, temporary: TemporaryName.hidden(beside: "layout"), name: nil)
        } catch let error where error.isAbsent {
            let above = path.removingLastComponent()
            guard let name = path.lastComponent?.string else { throw error }
            let parent = try Directory.open(above.isEmpty ? "." : above)
            return try OutputFolder(
                parent, path: path.string, temporary: TemporaryName.hidden(beside: name), name: name)
        }
    }

    /// Puts everything in its place; `names` are the top ones, and the last of them makes the folder what it is.
    ///
    /// The files must have been synced, and the folders below `staging`. After an error before the first rename nothing is there.
    package func commit(_ names: [String]) throws(StorageError) {
        try staging.sync()
        try Failpoint.outputAfterSync.check(.rename, path)
        let outcome: Result<Void, StorageError> = isDone.withLock { isDone in
            guard !isDone else { return .failure(StorageError(.rename, path, .canceled)) }
            do throws(StorageError) {
                try place(names)
                isDone = true
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        try Failpoint.outputAfterRename.check(.sync, path)
        try parent.sync()
        try Failpoint.outputAfterDirectorySync.check(.sync, path)
    }

    /// Removes what was written; after `commit` it does nothing.
    ///
    /// Any thread may call it, also while another one writes.
    package func discard() {
        isDone.withLock { isDone in
            if !isDone { removeStaging() }
            isDone = true
        }
    }

    /// Removes the hidden folder, again while another thread still makes files in it.
    private func removeStaging() {
        for _ in 0..<1000 {
            do {
                return try parent.removeTree(temporary)
            } catch {
                guard error.errno == .directoryNotEmpty else { return }
            }
        }
    }

    private func place(_ names: [String]) throws(StorageError) {
        if let name { return try parent.rename(temporary, to: name) }
        for name in names { try staging.rename(name, to: name, in: parent) }
        try parent.removeDirectory(temporary)
    }
}
