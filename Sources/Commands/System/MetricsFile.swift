import ContentStorage
import ImageStorage
import OCISpec
import Operations
import Reclamation
import Reports
import StorageIO
import SystemPackage

/// The file that `--metrics` names: begun before anything is removed, written when it is known what was.
///
/// It takes its name when it is whole, and whoever collects the figures may read it, whatever the process's mask.
struct MetricsFile {
    private let file: OutputFile
    private static let mode: UInt16 = 0o644

    /// Begins the file; an error where that is impossible.
    init(_ path: String, _ workspace: Workspace? = nil) throws {
        file = try Interruption.make { () throws(StorageError) in
            try OutputFile.create(at: FilePath(path), mode: Self.mode, ignoresMask: true)
        } onInterrupt: { file in
            file.discard()
            workspace?.endByASignal()
        }
    }

    /// Writes what the run did, and what the store occupies now, where that can be told.
    func write(_ outcome: ReclamationOutcome, _ workspace: Workspace) throws {
        var usage: DiskUsage?
        var failure: (any Error)?
        do { usage = DiskUsage(try StoreLook(workspace.store), now: Clock.now) } catch { failure = error }
        let store = try CalledPath.text(of: workspace.store.content.root.path)
        try write(MetricsReport(usage, outcome, store: store, now: Clock.now))
        if let failure { throw failure }
    }

    /// Writes a report.
    func write(_ report: MetricsReport) throws {
        try file.write(contentsOf: Array(report.text.utf8))
        try file.commit()
    }

    /// Leaves no trace of a file that was not written.
    func discard() { file.discard() }
}
