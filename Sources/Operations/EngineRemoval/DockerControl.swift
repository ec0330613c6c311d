import Distribution
import EngineStores
import Glibc
import OCISpec
import Reclamation

/// Docker, over its socket.
///
/// Names go one by one, each looked up just before; the image itself goes by its ID, which Docker refuses where another name has come
/// meanwhile. So a tag that moved in between never takes another image with it.
struct DockerControl: EngineControl {
    private let client: EngineClient

    /// The engine at a socket.
    init(socket: String, userAgent: String) { client = EngineClient(socket: socket, userAgent: userAgent) }

    func requireSame(as engine: EnginePlan.Engine) throws(EngineControlError) {
        let info: EngineInfo
        do throws(EngineAPIError) { info = try client.info() } catch {
            if case .network = error { throw .notRunning(engine.kind, root: engine.root) }
            throw .api(error)
        }
        guard let root = info.root.flatMap(Self.resolved), root == engine.root else {
            throw .otherEngine(engine.kind, root: engine.root, found: info.root ?? client.socket)
        }
        if let id = engine.id, let found = info.id, id != found {
            throw .otherEngine(engine.kind, root: engine.root, found: "\(root) with the ID \(found)")
        }
    }

    private static func resolved(_ path: String) -> String? {
        guard let buffer = realpath(path, nil) else { return nil }
        defer { free(buffer) }
        return String(cString: buffer)
    }

    func removeRecord(_ id: String) throws(EngineControlError) -> Bool {
        do throws(EngineAPIError) { return try client.removeBuildRecord(id) } catch { throw .api(error) }
    }

    func state(of victim: EnginePlan.Victim) throws(EngineControlError) -> EngineVictimState? {
        do throws(EngineAPIError) {
            guard let id = victim.imageID?.description, let image = try client.image(id), image.id == id else { return nil }
            let user = try client.containers().first { $0.image == id }
            let name = user.map { $0.names?.first.map { String($0.drop { $0 == "/" }) } ?? String($0.id.prefix(12)) }
            return EngineVictimState(tags: image.tags ?? [], digests: image.digests ?? [], user: name)
        } catch {
            throw .api(error)
        }
    }

    func isTaken(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        do throws(EngineAPIError) { return try client.image(name) != nil } catch { throw .api(error) }
    }

    func removeName(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        do throws(EngineAPIError) {
            guard try client.image(name)?.id == victim.imageID?.description else { return false }
        } catch {
            throw .api(error)
        }
        try remove(name)
        return true
    }

    func removeImage(_ victim: EnginePlan.Victim, named state: EngineVictimState) throws(EngineControlError) {
        // Docker removes by ID what has one repository left, with a tag or without.
        let last = state.tags.first.map(Self.repository)
        for name in state.digests where last != nil && Self.repository(name) != last { _ = try removeName(name, victim) }
        if last == nil {
            let repositories = Set(state.digests.map(Self.repository)).sorted()
            for repository in repositories.dropFirst() {
                for name in state.digests where Self.repository(name) == repository { _ = try removeName(name, victim) }
            }
        }
        if let id = victim.imageID { try remove(id.description) }
    }

    private static func repository(_ name: String) -> String {
        Reference(ifValid: name)?.repository ?? String(name.prefix { $0 != "@" })
    }

    private func remove(_ name: String) throws(EngineControlError) {
        do throws(EngineAPIError) { try client.removeImage(name) } catch .refused(_, _, let status, let message)
            where status == 404 || status == 409
        {
            throw .refused(message)
        } catch {
            throw .api(error)
        }
    }
}
