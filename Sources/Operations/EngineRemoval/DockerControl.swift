import Distribution
import EngineStores
import OCISpec
import Reclamation
import StorageIO

/// Docker, over its socket.
///
/// Names go one by one, each looked up just before; the image itself goes by its ID, which Docker refuses where another name has come
/// meanwhile. So a tag that moved in between never takes another image with it.
struct DockerControl: EngineControl {
    private let client: EngineClient
    private let root: Directory

    /// The engine at a socket, on a root.
    init(_ root: Directory, socket: String, userAgent: String) {
        client = EngineClient(socket: socket, userAgent: userAgent)
        self.root = root
    }

    func requireSame(as engine: EnginePlan.Engine) throws(EngineControlError) {
        let info: EngineInfo
        do throws(EngineAPIError) { info = try client.info() } catch {
            if case .network = error { throw .notRunning(engine.kind, root: engine.root) }
            throw .api(error)
        }
        guard let root = info.root.flatMap({ EngineLook.resolved(.docker, $0) }), root == engine.root else {
            throw .otherEngine(engine.kind, root: engine.root, found: info.root ?? client.socket)
        }
        if let id = engine.id, let found = info.id, id != found {
            throw .otherEngine(engine.kind, root: engine.root, found: "\(root) with the ID \(found)")
        }
    }

    func removeRecord(_ id: String) throws(EngineControlError) -> Bool {
        do throws(EngineAPIError) { return try client.removeBuildRecord(id) } catch { throw Self.told(error) }
    }

    func state(of victim: EnginePlan.Victim) throws(EngineControlError) -> EngineVictimState? {
        guard let id = victim.imageID?.description else { return nil }
        let image: EngineImageState
        let user: EngineContainerState?
        do throws(EngineAPIError) {
            guard let found = try client.image(id), found.id == id else { return nil }
            (image, user) = (found, try client.containers().first { $0.image == id })
        } catch {
            throw Self.told(error)
        }
        var keeper: String?
        if let user {
            let name = user.names?.first.map { String($0.drop { $0 == "/" }) } ?? String(user.id.prefix(12))
            keeper = "container \(name) uses it"
        } else if let child = try child(of: victim) {
            keeper = "image \(child) is built on it"
        }
        return EngineVictimState(tags: image.tags ?? [], digests: image.digests ?? [], keeper: keeper)
    }

    func isRunning(_ container: PathPart) throws(EngineControlError) -> Bool? {
        do throws(EngineAPIError) { return try client.containers().first { $0.id == container.text }.map(\.isRunning) } catch {
            throw Self.told(error)
        }
    }

    func removeContainer(_ id: PathPart) throws(EngineControlError) {
        do throws(EngineAPIError) { try client.removeContainer(id.text) } catch { throw Self.told(error) }
    }

    /// An image that was built on the victim, which Docker refuses to remove then, when its names are gone already.
    private func child(of victim: EnginePlan.Victim) throws(EngineControlError) -> String? {
        do throws(EngineStoreError) {
            let child = try EngineStore.classicParents(at: root).first { $0.value == victim.imageID }
            return child.map { String($0.key.hex.prefix(12)) }
        } catch {
            throw .look(.store(.docker, root: root.path, error))
        }
    }

    /// What the engine says to one request is about that one; only where nobody answers any more there is an end.
    ///
    /// What is in use (409), or gone (404), it refuses; everything else is its failure.
    private static func told(_ error: EngineAPIError) -> EngineControlError {
        guard case .refused(_, _, let status, let message) = error else { return .api(error) }
        let words = message.isEmpty ? "it answered with status \(status)" : message
        return [404, 409].contains(status) ? .refused(words) : .failed(words)
    }

    func isTaken(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        do throws(EngineAPIError) { return try client.image(name) != nil } catch { throw Self.told(error) }
    }

    func removeName(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool {
        do throws(EngineAPIError) {
            guard try client.image(name)?.id == victim.imageID?.description else { return false }
        } catch {
            throw Self.told(error)
        }
        try remove(name)
        return true
    }

    func removeImage(_ victim: EnginePlan.Victim, named state: EngineVictimState) throws(EngineControlError) {
        // Docker removes by ID what has one repository left, with a tag or without.
        let last = (state.tags.first ?? state.digests.first).map(EngineName.repository)
        for name in state.digests where EngineName.repository(name) != last { _ = try removeName(name, victim) }
        if let id = victim.imageID { try remove(id.description) }
    }

    private func remove(_ name: String) throws(EngineControlError) {
        do throws(EngineAPIError) { try client.removeImage(name) } catch { throw Self.told(error) }
    }
}
