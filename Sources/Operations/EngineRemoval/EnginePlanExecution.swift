import ContentStorage
import EngineStores
import OCISpec
import Reclamation
import StorageIO
import SystemPackage

/// Carries out a plan about an engine's root through the engine's own interface: exactly what it names goes, and what changed since is skipped.
///
/// Each victim is looked at once more just before it goes. What an engine does between that look and the removal it decides itself: it
/// refuses what it has in use by then. What remains is a name that moves to another image in that moment, see docs/engines.md.
struct EnginePlanExecution {
    private let control: any EngineControl
    private let plan: EnginePlan
    /// The root as it was before.
    private let look: EngineLook
    private let stop: StopRequest
    private var items: [ReclamationOutcome.Item] = []
    /// The images, records and containers of which something was removed.
    private var touched: [EngineImage] = []
    private var touchedRecords: Set<String> = []
    private var touchedContainers: [EngineContainer] = []
    /// What failed first, and whether it ended the engine's interface for the victims that were left.
    private(set) var failure: EngineControlError?
    private var isOver = false
    private var describe: (EngineControlError) -> String

    /// An execution on a root as `look` has it; `describe` says in words why something failed.
    init(
        _ plan: EnginePlan, _ control: any EngineControl, _ look: EngineLook, _ stop: StopRequest,
        describe: @escaping (EngineControlError) -> String
    ) {
        self.plan = plan
        self.control = control
        self.look = look
        self.stop = stop
        self.describe = describe
    }

    /// Removes the plan's victims one after another, and returns what became of each; `freedBytes` is measured.
    ///
    /// A victim that the engine refuses, or fails to remove, keeps no other from going; an engine that is gone ends it.
    mutating func run() throws -> ReclamationOutcome {
        for victim in plan.victims { items.append(remove(victim)) }
        let freed = try EngineBytes(look).gone(with: touched, touchedRecords, touchedContainers)
        return ReclamationOutcome(
            planID: plan.id.text, items: items, predictedBytes: plan.freesBytes, freedBytes: freed, trashedBytes: 0,
            undoableUntil: nil)
    }

    /// Why what was left when the command was to end stays.
    static let interrupted = "the command was interrupted"
    /// Why what is not there any more was not removed.
    static let gone = "it is gone"

    private mutating func remove(_ victim: EnginePlan.Victim) -> ReclamationOutcome.Item {
        if isOver, let failure { return item(victim, .failed, describe(failure), []) }
        if stop.isStopping { return item(victim, .skipped, Self.interrupted, []) }
        var untagged: [String] = []
        do throws(EngineControlError) {
            let reason: String? =
                switch victim.type {
                case .cache: try removeRecord(victim)
                case .container: try removeContainer(victim)
                case .leak: "it is no image's"
                case .image, .name: try removeNames(victim, &untagged)
                }
            if reason == nil || !untagged.isEmpty { touch(victim) }
            return item(victim, reason == nil ? .removed : .skipped, reason, untagged)
        } catch .refused(let words) {
            if !untagged.isEmpty { touch(victim) }
            return item(victim, .skipped, words, untagged)
        } catch {
            // It may have gone all the same. What else fails is in the items.
            touch(victim)
            failure = failure ?? error
            if case .failed(let words) = error { return item(victim, .failed, words, untagged) }
            (failure, isOver) = (error, true)
            return item(victim, .failed, describe(error), untagged)
        }
    }

    private func image(of victim: EnginePlan.Victim) -> EngineImage? {
        look.inventory.images.first { $0.id == victim.imageID && $0.namespace == victim.namespace }
    }

    private func container(of victim: EnginePlan.Victim) -> EngineContainer? {
        look.inventory.containers.first { $0.id == victim.containerID }
    }

    /// Notes that something of a victim may have gone, so that what is not there any more is counted.
    private mutating func touch(_ victim: EnginePlan.Victim) {
        switch victim.type {
        case .cache: touchedRecords.insert(victim.name)
        case .container: if let container = container(of: victim) { touchedContainers.append(container) }
        case .image, .name: if let image = image(of: victim) { touched.append(image) }
        case .leak: break
        }
    }

    /// Removes a record of the build cache; returns why it stays, nil where it has gone.
    private mutating func removeRecord(_ victim: EnginePlan.Victim) throws(EngineControlError) -> String? {
        guard look.inventory.buildRecords.contains(where: { $0.id == victim.name }) else { return Self.gone }
        return try control.removeRecord(victim.name) ? nil : "it is in use, or another record was built on it"
    }

    /// Removes a container; returns why it stays, nil where it has gone.
    private mutating func removeContainer(_ victim: EnginePlan.Victim) throws(EngineControlError) -> String? {
        guard let container = container(of: victim), let isRunning = try control.isRunning(container.id) else {
            return Self.gone
        }
        if isRunning { return "it runs" }
        try control.removeContainer(container.id)
        return nil
    }

    /// Removes an image, or the one name; returns why it stays, nil where it has gone.
    private mutating func removeNames(_ victim: EnginePlan.Victim, _ untagged: inout [String]) throws(EngineControlError)
        -> String?
    {
        guard let image = image(of: victim), let state = try control.state(of: victim) else { return Self.gone }
        // A plan is a file that anybody may have written: what no plan takes is asked once more.
        if let reason = EnginePruning.reasonToLeave(image, plan.engine.kind, nil) { return reason }
        if image.isPinned { return "pinned" }
        if let reason = try changed(victim, state) { return reason }
        guard victim.type == .name else { return try remove(image: victim, state, &untagged) }
        guard try control.removeName(victim.name, victim) else { return "it is another image's name" }
        untagged.append(victim.name)
        return nil
    }

    /// Why the image is not what the plan says any more; nil where it is.
    private func changed(_ victim: EnginePlan.Victim, _ state: EngineVictimState) throws(EngineControlError) -> String? {
        if let name = (state.tags + state.digests).first(where: { !victim.has($0) }) { return "it has the name \(name) now" }
        // One that is nowhere was taken away, perhaps by a run of this plan that was ended; one that is another image's has moved.
        for name in victim.names where !EngineName.isByDigest(name) {
            let isThere = state.tags.contains { EngineName.same($0, name) }
            if !isThere, try control.isTaken(name, victim) { return "\(name) is another image's name now" }
        }
        if victim.type == .name {
            let others = (state.tags + state.digests).filter { !EngineName.same($0, victim.name) }
            guard others.count < state.tags.count + state.digests.count else { return "it has lost the name" }
            // A digest's name goes with the last tag of its repository.
            let repository = EngineName.repository(victim.name)
            let isKept = others.contains { !EngineName.isByDigest($0) || EngineName.repository($0) != repository }
            guard isKept else { return "it is the last name of the image, which is to stay" }
        }
        return state.keeper
    }

    /// Removes an image with its names; returns why it stays, nil where it has gone.
    private func remove(
        image victim: EnginePlan.Victim, _ state: EngineVictimState, _ untagged: inout [String]
    ) throws(EngineControlError) -> String? {
        var left = state
        // The last one goes with the image.
        while left.tags.count > 1 {
            let name = left.tags.removeLast()
            guard try control.removeName(name, victim) else { return "\(name) is another image's name now" }
            untagged.append(name)
        }
        try control.removeImage(victim, named: left)
        untagged += left.tags
        return nil
    }

    private func item(
        _ victim: EnginePlan.Victim, _ status: ReclamationOutcome.Status, _ detail: String?, _ untagged: [String]
    ) -> ReclamationOutcome.Item {
        let isGone = status == .removed && victim.type == .image
        return ReclamationOutcome.Item(
            victim.type.ofStore, victim.name, status, detail: detail, untagged: untagged,
            deleted: isGone ? [victim.imageID].compactMap(\.self) : [])
    }
}

/// What of a root's bytes is gone since a look at it, by the paths that it saw.
struct EngineBytes {
    private let look: EngineLook

    init(_ look: EngineLook) { self.look = look }

    /// Allocated bytes of all that these images, build records and containers reach and that is not there any more; files that only shrink do not count.
    func gone(
        with images: [EngineImage], _ records: Set<String>, _ containers: [EngineContainer]
    ) throws(EngineError) -> Int64 {
        var owners: Set<PlaceOwner> = []
        let reach = EngineReach(look.inventory)
        for record in look.inventory.buildRecords where records.contains(record.id) {
            owners.formUnion(reach.layers(of: record).map(PlaceOwner.layer))
            owners.formUnion(record.folders.map { PlaceOwner.buildFolder($0.text) })
        }
        for image in images {
            owners.insert(.image(image.id.hex))
            owners.formUnion(image.layers.map(PlaceOwner.layer))
            owners.formUnion(image.blobs.map(PlaceOwner.blob))
        }
        for container in containers {
            owners.formUnion(container.owners)
            owners.formUnion(reach.layers(under: container).map(PlaceOwner.layer))
        }
        guard !owners.isEmpty else { return 0 }
        // Only what these alone reach is likely to be gone; the rest is measured where it is there in part.
        let expected = Set(reach.owners(goingWith: images, ignoringBuildCache: true))
        return try gone(of: owners) { expected.contains($0) }
    }

    /// Allocated bytes of the links and tags of a registry's that the items' manifests had and that are not there any more.
    func goneLinks(of plan: EnginePlan, _ items: [ReclamationOutcome.Item]) throws(EngineError) -> Int64 {
        var known: [String: [PlaceOwner]] = [:]
        for image in look.inventory.images {
            for manifest in image.manifests {
                known[RegistryStore.key(image.namespace ?? "", manifest.digest)] = image.owners(of: manifest)
            }
        }
        var owners: Set<PlaceOwner> = []
        for (victim, item) in zip(plan.victims, items) where item.status != .skipped || !item.deleted.isEmpty {
            if victim.type == .name { owners.insert(.registryLink(victim.name)) }
            for manifest in victim.manifests {
                owners.formUnion(known[RegistryStore.key(victim.namespace ?? "", manifest.digest)] ?? [])
            }
        }
        return try gone(of: owners) { _ in true }
    }

    /// Allocated bytes of what these owned and that is not there any more; of one that is all there only where it `isMeasured`.
    private func gone(
        of owners: Set<PlaceOwner>, where isMeasured: (PlaceOwner) -> Bool
    ) throws(EngineError) -> Int64 {
        do throws(StorageError) {
            let root = try Directory.open(FilePath(look.root))
            var sum: Int64 = 0
            for (owner, paths) in look.inventory.places.paths(of: owners) {
                var left: Int64 = 0
                var isAllThere = true
                for path in paths {
                    guard let place = try Place(path, below: root) else {
                        isAllThere = false
                        continue
                    }
                    if isMeasured(owner) { left += try place.allocatedBytes() }
                }
                if isAllThere, !isMeasured(owner) { continue }
                sum += max(0, look.disk.bytes(of: owner) - left)
            }
            return sum
        } catch {
            throw .storage(look.kind, error)
        }
    }

    /// A path that is still there.
    private struct Place {
        private let folder: Directory
        private let name: String
        private let status: FileStatus

        init?(_ path: String, below root: Directory) throws(StorageError) {
            let parts = path.split(separator: "/")
            guard let last = parts.last, let folder = try root.directory(below: parts.dropLast()),
                let status = try folder.status(String(last))
            else { return nil }
            (self.folder, name, self.status) = (folder, String(last), status)
        }

        func allocatedBytes() throws(StorageError) -> Int64 {
            guard status.kind == .directory else { return status.allocatedBytes }
            do throws(StorageError) { return try StoreWalk.allocatedBytes(of: folder.directory(name)) } catch {
                if error.isAbsent { return 0 }
                throw error
            }
        }
    }
}
