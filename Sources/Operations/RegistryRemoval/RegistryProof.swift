import Distribution
import EngineStores
import Glibc
import OCISpec
import Reclamation
import StorageIO

/// Makes sure that the registry at an address keeps what it has in the folder that a plan is about.
///
/// Tags and manifests prove nothing: a copy of the folder, or the registry that it is a copy of, has the same. So an upload is begun over the
/// network, which the registry gives a name that nobody can know before; where that name appears in the folder, the folder is the
/// registry's own. The upload is ended with a blob that the repository has already, so that nothing is left of it.
struct RegistryProof {
    private let door: RegistryDoor
    private let now: RegistryNow
    /// How long a folder on a network's file system may take to show what is in it, in tries.
    private static let tries = 20
    private static let pauseMicroseconds: UInt32 = 100_000

    init(_ door: RegistryDoor, _ now: RegistryNow) {
        self.door = door
        self.now = now
    }

    /// Throws unless the registry is the folder's, as shown in one of the repositories.
    func require(_ engine: EnginePlan.Engine, by repositories: [String]) throws(EngineControlError) {
        guard let (repository, blob) = try witness(repositories) else { throw .noWitness(root: engine.root) }
        // Another registry seldom has the very blob, and then it is not even asked to take one.
        guard try asking(engine, { () throws(DistributionError) in try door.has(blob.digest, in: repository) }) else {
            throw other(engine)
        }
        let upload = try asking(engine) { () throws(DistributionError) in try door.beginUpload(to: repository) }
        let isShown = try shows(upload, repository)
        try asking(engine) { () throws(DistributionError) in try door.end(upload, to: repository, blob.bytes, blob.digest) }
        guard isShown else { throw other(engine) }
    }

    /// Asks the registry; that it lets nobody do so is an error of its own.
    private func asking<T>(
        _ engine: EnginePlan.Engine, _ body: () throws(DistributionError) -> T
    ) throws(EngineControlError) -> T {
        do throws(DistributionError) { return try body() } catch {
            if case .refused(_, let status, let faults) = error, (400...499).contains(status) {
                throw .noUpload(address: door.address, root: engine.root, status: status, faults)
            }
            throw .registry(error)
        }
    }

    private func other(_ engine: EnginePlan.Engine) -> EngineControlError {
        .otherEngine(.registry, root: engine.root, found: "the registry at \(door.address)")
    }

    private func witness(_ repositories: [String]) throws(EngineControlError) -> (String, (digest: Digest, bytes: [UInt8]))? {
        do throws(EngineStoreError) {
            for repository in repositories { if let blob = try now.smallBlob(of: repository) { return (repository, blob) } }
            return nil
        } catch {
            throw .folder(root: now.root, error)
        }
    }

    private func shows(_ upload: RegistryDoor.Upload, _ repository: String) throws(EngineControlError) -> Bool {
        guard let id = PathPart(upload.id) else { return false }
        do throws(EngineStoreError) {
            for _ in 0..<Self.tries {
                if try now.hasUpload(id, to: repository) { return true }
                usleep(Self.pauseMicroseconds)
            }
            return false
        } catch {
            throw .folder(root: now.root, error)
        }
    }
}
