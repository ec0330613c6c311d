import ArgumentParser
import ContentStorage
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import Reclamation
import Reports
import SystemPackage

/// `strata fsck [--repair]`.
struct Fsck: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck", abstract: "Verify the store.",
        discussion: """
            Reads every document, hashes every blob, decompresses every layer, and compares the catalog with the result. \
            Exits with 1 if it finds damage; notes do not count. Writes nothing without `--repair`.
            """)

    @Flag(help: "Repair what can be repaired without losing a byte.")
    var repair = false

    @OptionGroup var limits: LimitOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        let content = try ContentStore.openForCheck(at: FilePath(try globals.storePath()))
        let progress = globals.showing(repair ? "repairing" : "checking")
        let show = progress.transferred
        let words: @Sendable (LayerArchiveError) -> String = { ErrorSentence($0, in: "the layer").message }
        var check = StoreCheck(content, limits: limits.scanLimits, isRepairing: repair, words: words) { event in
            switch event {
            case .began(let totalBytes): show(.began(totalBytes: totalBytes))
            case .advanced(let bytes): show(.advanced(bytes: bytes))
            }
        }
        let report = check.run()
        progress.finish()
        let rendering = CheckRendering(report, words: ErrorSentence.words)
        switch globals.format {
        case .text: try Output.write(rendering.text(globals.style))
        case .json: try Output.write(rendering.json())
        }
        if report.damageCount > 0 { throw BadFinding() }
    }
}

/// The command worked and said what it found, and that is bad: status 1.
struct BadFinding: Error {}

extension ErrorSentence {
    /// What is wrong, for a finding that carries an error.
    static func words(_ value: CheckFinding.Value) -> String? {
        switch value {
        case .document(let error): "what \(words(error))"
        case .container(let damage): "what \(words(damage.reason))"
        case .failure(let error): "what cannot be read: \(ErrorSentence(error).message)"
        case .absent, .present, .bytes, .digest, .layers, .text: nil
        }
    }
}
