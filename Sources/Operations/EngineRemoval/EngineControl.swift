package import Distribution
package import EngineStores
package import OCISpec
package import Reclamation
import StorageIO
package import SystemPackage

/// An engine's own interface: what it has of an image at this moment, and what it removes.
///
/// Nothing is ever forced, and the engine's own prune is never called: that would take what a pull has just brought.
protocol EngineControl: Sendable {
    /// Makes sure that the engine which answers is the one that the plan was made for.
    func requireSame(as engine: EnginePlan.Engine) throws(EngineControlError)

    /// What the engine has of an image now; nil where it has none of it any more.
    func state(of victim: EnginePlan.Victim) throws(EngineControlError) -> EngineVictimState?

    /// Whether a name means some image or other now.
    func isTaken(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool

    /// Takes a name from the victim's image; false where it is another image's by now.
    func removeName(_ name: String, _ victim: EnginePlan.Victim) throws(EngineControlError) -> Bool

    /// Removes the image, which has these names left.
    func removeImage(_ victim: EnginePlan.Victim, named state: EngineVictimState) throws(EngineControlError)

    /// Whether a container runs; nil where the engine has none of it any more.
    func isRunning(_ container: PathPart) throws(EngineControlError) -> Bool?

    /// Removes a container that does not run.
    func removeContainer(_ id: PathPart) throws(EngineControlError)

    /// Removes one record of the build cache; false where the engine leaves it, since it is in use or another was built on it.
    func removeRecord(_ id: String) throws(EngineControlError) -> Bool
}

extension EngineControl {
    func isRunning(_ container: PathPart) throws(EngineControlError) -> Bool? { nil }
    func removeContainer(_ id: PathPart) throws(EngineControlError) { throw .refused("its containers are not known here") }
    func removeRecord(_ id: String) throws(EngineControlError) -> Bool { throw .refused("it keeps no build cache of its own") }
}

/// An image as it is when it is about to go.
struct EngineVictimState: Hashable, Sendable {
    /// Its names with a tag, as the engine writes them here.
    var tags: [String]
    /// Its names with a digest.
    var digests: [String]
    /// What keeps it, in a sentence; nil where nothing does.
    var keeper: String?
}

/// Why an engine does not do what it was told.
package enum EngineControlError: Error, Sendable {
    /// It refuses to remove something, in its own words; what else is to go may go all the same.
    case refused(String)
    /// It fails to remove something, in its own words; what else is to go may go all the same.
    case failed(String)
    /// Nobody answers for the root.
    case notRunning(EngineKind, root: String)
    /// podman does not say where its images are; its words.
    case saysNoRoot(root: String, String)
    /// It has answered for the root, and does not any more.
    case vanished(EngineKind, root: String)
    /// The engine that answers keeps its images elsewhere, or is another one at the same place.
    case otherEngine(EngineKind, root: String, found: String)
    /// That the engine at the socket is the root's cannot be made sure of.
    case unproven(EngineKind, root: String, socket: String)
    /// The engine's own program is not there.
    case noProgram(EngineKind, String)
    /// The engine's own program cannot be started.
    case notStarted(String, Errno)
    /// The engine's own program did not end in time; seconds.
    case tooSlow(String, seconds: Double)
    /// The engine's interface failed.
    case api(EngineAPIError)
    /// The engine's files cannot be read.
    case look(EngineError)
    /// Another run of strata removes from the root.
    case busy(EngineKind, root: String)
    /// The engine runs, and what it does not name may be what it is making.
    case runs(EngineKind, root: String)
    /// The root has no file by whose lock its engine could be kept from running.
    case nothingToLock(EngineKind, root: String)
    /// The registry failed, or the way to it.
    case registry(DistributionError)
    /// The registry's folder cannot be read any more.
    case folder(root: String, EngineStoreError)
    /// Where the registry listens was not said.
    case noAddress(root: String)
    /// No repository has a small blob by which to make sure that the registry is the folder's.
    case noWitness(root: String)
    /// The registry takes no upload, by which to make sure that it is the folder's.
    case noUpload(address: String, root: String, status: Int, [RegistryFault])
    /// Nothing removes from such a root.
    case unsupported(EngineKind)
}

extension EnginePlan.Victim {
    /// Whether a name is one of the image's by the plan, however it is written.
    ///
    /// One with a digest comes with a tag of its repository, which some engines tell and others do not.
    func has(_ name: String) -> Bool {
        if names.contains(where: { EngineName.same($0, name) }) { return true }
        guard EngineName.isByDigest(name) else { return false }
        return names.contains { EngineName.repository($0) == EngineName.repository(name) } || Digest(ifValid: name) == imageID
    }
}
