import ArgumentParser
import Distribution
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import Reports
import StorageIO

extension Workspace {
    /// Runs `body` with the store that the options name, and leaves nothing half-done behind.
    ///
    /// Remarks go to `listener`, and else to standard error. Without `registry` registries are spoken to as its defaults say, which are looked for only when one is.
    static func run<T>(
        _ globals: GlobalOptions, platform: String? = nil, limits: ScanLimits = ScanLimits(),
        registry: RegistryOptions? = nil, patience: Duration = .seconds(30), listener: (@Sendable (Remark) -> Void)? = nil,
        _ body: (Workspace) throws -> T
    ) throws -> T {
        var wanted: Platform?
        if let platform {
            guard let parsed = Platform(parsing: platform) else { throw CommandError.badPlatform(platform) }
            wanted = parsed
        }
        let options = TransferOptions(platform: wanted, limits: limits, workerCount: Threads.processorCount)
        let workspace = try Workspace(
            storeAt: try globals.storePath(), options, patience: patience, engines: { try EngineAccess().roots },
            registries: { onWait in try (registry ?? RegistryOptions.parse([])).settings(limits.documents)(onWait) },
            listener: listener ?? globals.tell)
        return try workspace.run(body)
    }

    /// Runs `body` on an image layout that need not be a store, and leaves nothing half-done behind.
    static func run(_ globals: GlobalOptions, layout: String, patience: Duration, _ body: (Workspace) throws -> Void) throws {
        let options = TransferOptions(platform: nil, limits: ScanLimits(), workerCount: 1)
        let workspace = try Workspace(
            layoutAt: layout, options, patience: patience,
            registries: { onWait in try RegistryOptions.parse([]).settings()(onWait) }, listener: globals.tell)
        try workspace.run(body)
    }
}

extension GlobalOptions {
    /// Tells a remark of an operation on standard error, unless it is a detail and nobody asked for those.
    var tell: @Sendable (Remark) -> Void {
        { [self] remark in
            switch remark.weight {
            // What must be known is said even to a timer that wants only the result.
            case .always: Terminal.standardError.write("strata: \(PathText.printable(remark.sentence))\n")
            case .usual: note(remark.sentence)
            case .detail: if verbose { note(remark.sentence) }
            }
        }
    }

    /// Tells of a pause before a registry is asked again.
    var telling: @Sendable (Wait) -> Void { { [self] in note(ErrorSentence.words($0)) } }

    /// Shows how far an operation has come under this title.
    func showing(_ title: String) -> OperationProgress { ProgressDisplay(self, title: title).progress }

    /// The same for the reading of a source.
    func reading(_ source: String) -> OperationProgress { showing("reading \(source)") }
}
