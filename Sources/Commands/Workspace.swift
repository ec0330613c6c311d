import ContentStorage
import Glibc
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import Reports
import StorageIO
import Synchronization
import SystemPackage

/// What a command works with: the store, and a session of its own while it brings something in.
final class Workspace: Sendable {
    let store: ImageStore
    let options: TransferOptions
    /// How registries are spoken to; nil for a command that names none.
    let registry: RegistryOptions?
    let globals: GlobalOptions
    private let session = Mutex<IngestSession?>(nil)
    /// The lock of `index.json`, held until the process is gone once a signal ends it.
    private let indexLock = Mutex<FileLock?>(nil)

    /// Opens the store, which is made when it is missing.
    init(
        _ globals: GlobalOptions, platform: Platform? = nil, limits: ScanLimits = ScanLimits(),
        registry: RegistryOptions? = nil, patience: Duration = .seconds(30)
    ) throws {
        self.globals = globals
        self.registry = registry
        store = try ImageStore.open(at: FilePath(try globals.storePath()), create: true, patience: patience)
        if let closing = store.content.closing { Self.tell(closing, of: store.content.path) }
        options = TransferOptions(
            platform: platform, limits: limits, workerCount: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    }

    /// Opens an image layout that need not be a store; what is learned of it is not kept.
    init(_ globals: GlobalOptions, layout: String, patience: Duration) throws {
        self.globals = globals
        registry = nil
        let content = try ContentStore.open(at: FilePath(layout), create: false, patience: patience)
        store = ImageStore(content: content, isForeign: content.storeID == nil)
        options = TransferOptions(platform: nil, limits: ScanLimits(), workerCount: 1)
    }

    /// Says that a store was closed, whatever `--quiet` says: it is done once, and whoever relied on the open one should know.
    private static func tell(_ closing: StoreClosing, of path: String) {
        let modes = [closing.before, closing.after].map { "0" + String($0, radix: 8) }
        Terminal.standardError.write(
            "strata: closed the store \(PathText.printable(path)) to other users: its mode was \(modes[0]) and is \(modes[1]) now\n"
        )
    }

    /// A remark on standard error.
    func note(_ text: String) { globals.note(text) }

    /// The session of this command, begun by the first who asks.
    ///
    /// With `keepsPartials` what it could not finish stays for the next command to go on with.
    func openSession(keepsPartials: Bool = false) throws(ContentError) -> IngestSession {
        let result: Result<IngestSession, ContentError> = session.withLock { session in
            do throws(ContentError) {
                if let session { return .success(session) }
                let permit = try store.content.permitToIngest()
                let open = try Process.make { () throws(ContentError) in
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

    /// Ends the session, if there is one, and closes the catalog.
    func close() throws {
        try session.withLock { try $0?.end() }
        Process.onInterrupt(nil)
        store.catalog.close()
        for problem in store.catalog.problems where globals.verbose { globals.note("catalog: \(problem.detail)") }
    }

    /// Ends the session of a command that failed or was interrupted: what stays is cleared by the next.
    func endQuietly() {
        let open = session.withLock { $0 }
        do throws(ContentError) { if open?.keepsPartials == true { try open?.suspend() } else { try open?.end() } } catch {}
        store.catalog.close()
    }

    /// Ends the session while threads still work in it, just before the process ends.
    ///
    /// None of them may list what the session no longer holds, so the index is closed to them for good. Where that cannot be, the
    /// session stays as it does after a kill: the next command clears it.
    func endByASignal() {
        guard session.withLock({ $0 != nil }) else { return store.catalog.close() }
        do throws(ContentError) {
            let lock = try store.content.closeIndex(patience: .seconds(2))
            indexLock.withLock { $0 = lock }
            endQuietly()
        } catch {
            store.catalog.close()
        }
    }

    /// Runs `body` with a workspace, and leaves nothing half-done behind.
    static func run<T>(
        _ globals: GlobalOptions, platform: String? = nil, limits: ScanLimits = ScanLimits(),
        registry: RegistryOptions? = nil, patience: Duration = .seconds(30), _ body: (Workspace) throws -> T
    ) throws -> T {
        var wanted: Platform?
        if let platform {
            guard let parsed = Platform(parsing: platform) else { throw CommandError.badPlatform(platform) }
            wanted = parsed
        }
        return try run(try Workspace(globals, platform: wanted, limits: limits, registry: registry, patience: patience), body)
    }

    /// Runs `body` on an image layout, and leaves nothing half-done behind.
    static func run(_ globals: GlobalOptions, layout: String, patience: Duration, _ body: (Workspace) throws -> Void) throws {
        try run(try Workspace(globals, layout: layout, patience: patience), body)
    }

    private static func run<T>(_ workspace: Workspace, _ body: (Workspace) throws -> T) throws -> T {
        let result: T
        do {
            result = try body(workspace)
        } catch {
            workspace.endQuietly()
            throw error
        }
        try workspace.close()
        return result
    }
}
