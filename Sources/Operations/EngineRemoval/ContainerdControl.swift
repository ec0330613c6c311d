import EngineStores
import Glibc
import OCISpec
import Reclamation
import StorageIO
import SystemPackage

/// containerd, by the program that comes with it.
///
/// It removes by name alone, so each name is looked up just before; the last one of an image starts a collection and waits for it.
struct ContainerdControl: EngineControl {
    private let program: String
    private let socket: String
    private let environment: [String: String]
    private let root: Directory
    private static let seconds = 300.0

    /// The containerd at a socket, on a root.
    init(_ root: Directory, socket: String, _ environment: [String: String]) throws(EngineControlError) {
        guard let program = ProgramRun.find("ctr", environment) else { throw .noProgram(.containerd, "ctr") }
        self.program = program
        self.socket = socket
        self.root = root
        self.environment = environment
    }

    /// Makes sure by two things that the kernel tells, since containerd does not say where its root is.
    ///
    /// The process that listens at the socket must be the one that has locked the root's database, which containerd does for as long as it
    /// runs.
    func requireSame(as engine: EnginePlan.Engine) throws(EngineControlError) {
        guard EngineProbe.somebodyListens(at: socket) == true else { throw .notRunning(.containerd, root: engine.root) }
        let database = try databaseStatus()
        guard let listener = EngineProbe.listener(at: socket), let holders = database?.lockHolders() else {
            throw .unproven(.containerd, root: engine.root, socket: socket)
        }
        guard holders.contains(listener) else { throw .otherEngine(.containerd, root: engine.root, found: "another root") }
    }

    private func databaseStatus() throws(EngineControlError) -> FileStatus? {
        do throws(StorageError) {
            let parts = EngineStore.containerdDatabase
            return try ifPresent(try root.directory(parts.folder).status(parts.name)) ?? nil
        } catch {
            throw .look(.storage(.containerd, error))
        }
    }

    func state(of victim: EnginePlan.Victim) throws(EngineControlError) -> EngineVictimState? {
        try EngineVictimState(of: victim, in: root, .containerd)
    }

    func isTaken(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        try EngineVictimState.isTaken(name, victim, in: root, .containerd)
    }

    func removeName(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        guard let state = try state(of: victim), (state.tags + state.digests).contains(name) else { return false }
        try remove([name], victim)
        return true
    }

    func removeImage(_ victim: EnginePlan.Victim, named state: EngineVictimState) throws(EngineControlError) {
        try remove(state.tags + state.digests, victim)
    }

    private func remove(_ names: [String], _ victim: EnginePlan.Victim) throws(EngineControlError) {
        let words =
            ["--address", socket, "--namespace", victim.namespace ?? "default", "images", "rm", "--sync", "--"] + names
        let answer: ProgramRun.Answer
        do throws(Errno) {
            answer = try ProgramRun.run(program, words, [], environment, seconds: Self.seconds, withErrors: true, outlives: true)
        } catch {
            throw .notStarted(program, error)
        }
        // With nobody at the socket every call would wait for one in vain.
        guard answer.status == 0 || EngineProbe.somebodyListens(at: socket) == true else {
            throw .vanished(.containerd, root: root.path)
        }
        // It has nothing that it refuses: what is gone it passes over.
        try answer.requireSuccess(of: program, seconds: Self.seconds, refusals: [])
    }
}
