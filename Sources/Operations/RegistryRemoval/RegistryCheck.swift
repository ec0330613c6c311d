import Distribution
import EngineStores
import OCISpec
import Reclamation
import StorageIO

/// Looks at a manifest once more just before it is deleted, in the folder and at the registry.
struct RegistryCheck {
    /// What a look found.
    enum Answer: Hashable {
        /// It may go.
        case goes
        /// It is not there any more.
        case gone
        /// It stays, for this reason.
        case stays(String)
    }

    private let door: RegistryDoor
    private let now: RegistryNow

    init(_ door: RegistryDoor, _ now: RegistryNow) {
        self.door = door
        self.now = now
    }

    /// Whether a manifest of a victim may go now.
    func answer(_ manifest: EngineManifest, of victim: EnginePlan.Victim) throws(EngineControlError) -> Answer {
        let name = victim.namespace ?? ""
        let repository: RegistryNow.Repository
        do throws(EngineStoreError) { repository = try now.repository(name) } catch { throw .folder(root: now.root, error) }
        let digest = manifest.digest
        if let reason = moved(victim, manifest, repository) { return .stays(reason) }
        guard repository.has(digest) else { return .gone }
        if let doubt = repository.doubt { return .stays(Self.words(doubt)) }
        let own = Set(victim.manifests.map(\.digest))
        let planned = Set(victim.names)
        for tag in repository.tags(of: digest) {
            let isOwn = RegistryNow.Repository.subject(ofTag: tag).map { own.contains($0) } ?? false
            guard planned.contains("\(name):\(tag)") || isOwn else { return .stays("it has the tag \(tag) now") }
        }
        if let lister = repository.listers(of: digest).subtracting(own).min() {
            return .stays("\(name)@\(lister) lists it")
        }
        // What is deleted first is not there any more: one that is refused keeps what it lists and what is about it.
        if let lister = repository.listers(of: digest).filter({ repository.has($0) && precedes($0, digest, victim) }).min() {
            return .stays("\(name)@\(lister) stays and lists it")
        }
        if let subject = repository.subjects(of: digest).filter({ repository.has($0) && precedes($0, digest, victim) }).min() {
            return .stays("\(name)@\(subject), which it is about, stays")
        }
        let foreign = repository.tags(of: digest).filter { tag in
            RegistryNow.Repository.subject(ofTag: tag).map { !own.contains($0) && !repository.has($0) } ?? false
        }
        if let keeper = try distantKeeper(foreign, name) { return .stays(keeper) }
        if isChanged(digest, since: victim, repository) { return .stays("it was pushed again") }
        return try atRegistry(digest, repository.tags(of: digest), name)
    }

    /// Whether a manifest or one of its tags was written since the plan was made.
    private func isChanged(_ digest: Digest, since victim: EnginePlan.Victim, _ repository: RegistryNow.Repository) -> Bool {
        guard let planned = victim.changed, let found = repository.changed(of: digest) else { return true }
        return found > planned
    }

    /// Whether a manifest is none of the victim's, or is to go before another one.
    private func precedes(_ first: Digest, _ second: Digest, _ victim: EnginePlan.Victim) -> Bool {
        let order = victim.manifests.map(\.digest)
        guard let left = order.firstIndex(of: first), let right = order.firstIndex(of: second) else { return true }
        return left < right
    }

    /// Why the victim as a whole is not what it was; nil where a tag is only gone.
    private func moved(_ victim: EnginePlan.Victim, _ manifest: EngineManifest, _ repository: RegistryNow.Repository) -> String? {
        guard manifest.role == .image, let id = victim.imageID else { return nil }
        for name in victim.names {
            guard let tag = RegistryStore.tag(of: name, in: victim.namespace ?? "") else { continue }
            if let found = repository.digest(of: tag), found != id { return "the tag \(tag) means another image now" }
        }
        return nil
    }

    /// Why a single tag does not go; nil where it may.
    func reasonToKeep(tag: String, of victim: EnginePlan.Victim) throws(EngineControlError) -> String? {
        let name = victim.namespace ?? ""
        let repository: RegistryNow.Repository
        do throws(EngineStoreError) { repository = try now.repository(name) } catch { throw .folder(root: now.root, error) }
        guard let found = repository.digest(of: tag) else { return "it is gone" }
        guard found == victim.imageID else { return "it means another image now" }
        if isChanged(found, since: victim, repository) { return "it was pushed again" }
        if repository.tags(of: found).count < 2 { return "it is the last tag of the image, which is to stay" }
        do throws(DistributionError) {
            return try door.digest(of: tag, in: name) == found ? nil : "it means another image now"
        } catch {
            throw .registry(error)
        }
    }

    /// What it is about in another repository by its tags, and that is still there.
    private func distantKeeper(_ tags: [String], _ name: String) throws(EngineControlError) -> String? {
        for subject in tags.compactMap({ RegistryNow.Repository.subject(ofTag: $0) }) {
            do throws(EngineStoreError) {
                for other in try now.repositories() where other != name {
                    if try now.has(subject, in: other) { return "\(other)@\(subject), which it is about, is there" }
                }
            } catch {
                throw .folder(root: now.root, error)
            }
        }
        return nil
    }

    /// What the registry itself says of it.
    private func atRegistry(_ digest: Digest, _ tags: [String], _ name: String) throws(EngineControlError) -> Answer {
        do throws(DistributionError) {
            for tag in tags {
                let found = try door.digest(of: tag, in: name)
                guard found == digest else { return .stays("the tag \(tag) means another image now") }
            }
            guard try door.digest(of: digest.description, in: name) == digest else { return .gone }
            return .goes
        } catch {
            throw .registry(error)
        }
    }

    static func words(_ doubt: EngineProblem) -> String { "what may hold it cannot be read: \(doubt.path)" }
}
