package import ContentStorage
package import Distribution
package import ImageStorage
package import ImageTransfer
import StorageIO
import Synchronization
import SystemPackage

/// What an operation works with: the store, and a session of its own while it brings something in.
///
/// Several threads may use one. An operation is a method of it or takes it; it prints nothing, asks nobody and has no sentences: what
/// is remarkable goes to the listener, how far it has come to an `OperationProgress`, and what fails is an error of the module
/// that it comes from, or an `OperationError`.
package final class Workspace: Sendable {
    /// Open for as long as the operation runs.
    package let store: ImageStore
    /// How images are brought in.
    package let options: TransferOptions
    private let findEngines: @Sendable () throws -> EngineRoots
    private let listener: @Sendable (Remark) -> Void
    private let registrySettings: RegistrySettings
    private let session = Mutex<IngestSession?>(nil)
    /// The lock of `index.json`, held until the process is gone once a signal ends it.
    private let indexLock = Mutex<FileLock?>(nil)

    /// How registries are spoken to; who waits for one is told of each pause.
    package typealias RegistrySettings = @Sendable (_ onWait: @escaping @Sendable (Wait) -> Void) throws -> Registries

    /// Opens the store at `path`, which is made when it is missing.
    ///
    /// `patience` is how long to wait for others that hold its lock.
    package init(
        storeAt path: String, _ options: TransferOptions, patience: Duration = .seconds(30),
        engines: @escaping @Sendable () throws -> EngineRoots = { EngineRoots(EngineSettings()) },
        registries: @escaping RegistrySettings, listener: @escaping @Sendable (Remark) -> Void
    ) throws(ContentError) {
        self.options = options
        findEngines = engines
        self.listener = listener
        registrySettings = registries
        store = try ImageStore.open(at: FilePath(path), create: true, patience: patience)
        if let closing = store.content.closing { listener(.storeClosed(closing, path: store.content.path)) }
    }

    /// Opens an image layout that need not be a store; what is learned of it is not kept.
    package init(
        layoutAt path: String, _ options: TransferOptions, patience: Duration, registries: @escaping RegistrySettings,
        listener: @escaping @Sendable (Remark) -> Void
    ) throws(ContentError) {
        self.options = options
        findEngines = { EngineRoots(EngineSettings()) }
        self.listener = listener
        registrySettings = registries
        let content = try ContentStore.open(at: FilePath(path), create: false, patience: patience)
        store = ImageStore(content: content, isForeign: content.storeID == nil)
    }

    /// Tells what a person should know and is no failure.
    package func tell(_ remark: Remark) { listener(remark) }

    /// The registries, as the user and his machine say.
    package func registries(_ progress: OperationProgress = .silent) throws -> Registries {
        try registrySettings(progress.waited)
    }

    /// Where the roots of engines are, by what the user and his machine say; asked when one is meant.
    package func engineRoots() throws -> EngineRoots { try findEngines() }

    /// The session of this operation, begun by the first who asks.
    ///
    /// With `keepsPartials` what it could not finish stays for the next command to go on with.
    package func openSession(keepsPartials: Bool = false) throws(ContentError) -> IngestSession {
        let result: Result<IngestSession, ContentError> = session.withLock { session in
            do throws(ContentError) {
                if let session { return .success(session) }
                let permit = try store.content.sessions.permit()
                for failure in permit.left { tell(.sessionLeft(failure)) }
                let open = try Interruption.make { () throws(ContentError) in
                    try permit.begin(keepsPartials: keepsPartials)
                } onInterrupt: { [self] _ in
                    endByASignal()
                }
                session = open
                return .success(open)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Runs `body`, and leaves nothing half-done behind, whether it succeeds or fails.
    package func run<T>(_ body: (Workspace) throws -> T) throws -> T {
        let result: T
        do {
            result = try body(self)
        } catch {
            endQuietly()
            throw error
        }
        try close()
        return result
    }

    /// Ends the session, if there is one, and closes the catalog.
    private func close() throws(ContentError) {
        let ended: Result<Void, ContentError> = session.withLock { session in
            do throws(ContentError) { return .success(try session?.end() ?? ()) } catch { return .failure(error) }
        }
        try ended.get()
        Interruption.clean(with: nil)
        store.catalog.close()
        for problem in store.catalog.problems { listener(.catalogProblem(problem.detail)) }
    }

    /// Ends the session of an operation that failed or was interrupted: what stays is cleared by the next.
    private func endQuietly() {
        let open = session.withLock { $0 }
        do throws(ContentError) {
            if open?.keepsPartials == true { try open?.suspend() } else { try open?.end() }
        } catch {
            // The failure that ended the operation is the one to tell; the next session clears what this one left.
        }
        store.catalog.close()
    }

    /// Ends the session while threads still work in it, just before the process ends.
    ///
    /// None of them may list what the session no longer holds, so the index is closed to them for good. Where that cannot be, the
    /// session stays as it does after a kill: the next command clears it.
    package func endByASignal() {
        guard session.withLock({ $0 != nil }) else { return store.catalog.close() }
        do throws(ContentError) {
            let lock = try store.content.index.lock(patience: .seconds(2))
            indexLock.withLock { $0 = lock }
            endQuietly()
        } catch {
            store.catalog.close()
        }
    }
}
