package import ContentStorage
import EngineStores
import OCISpec
package import Reclamation
import StorageIO
import SystemPackage

/// Plans about registries that are being carried out, in the store.
///
/// What a run that was killed leaves has no tag any more, so that a filter would never find it again: the plan says what it was about to remove.
package struct BegunPlans: Sendable {
    private let path: String

    /// Those of the store at `path`.
    package init(storeAt path: String) { self.path = path }

    /// The plans about a root that were begun and have not ended; none where there is no store.
    package func all() throws -> [EnginePlan] {
        let store: ContentStore
        do throws(ContentError) { store = try ContentStore.open(at: FilePath(path), create: false, patience: .zero) } catch {
            // Where there is no store that can be read, nothing was noted.
            return []
        }
        return try store.plans.ids().compactMap { id in
            guard let bytes = try store.plans.read(id: id) else { return nil }
            do {
                guard try decodeDocument(EnginePlan.Subject.self, from: bytes, limits: StoredPlans.limits).isEngine else {
                    return nil
                }
                let plan = try decodeDocument(EnginePlan.self, from: bytes, limits: StoredPlans.limits)
                return plan.isBegun ? plan : nil
            } catch {
                // Whoever applies it is told what is wrong with it.
                return nil
            }
        }
    }

    /// Notes that a plan is begun; on return that is on the disk.
    package func begin(_ plan: EnginePlan) throws {
        var plan = plan
        plan.isBegun = true
        let bytes = try PlanFile.encode(plan)
        try ContentStore.open(at: FilePath(path), create: true, patience: .zero).plans.write(bytes, id: plan.id)
    }

    /// Forgets the plans of which nothing is left at a root as it is now.
    package func forgetEnded(_ look: EngineLook) throws {
        for plan in try all() where plan.engine.root == look.root && look.leftovers(of: plan).isEmpty {
            try ContentStore.open(at: FilePath(path), create: false, patience: .zero).plans.remove(id: plan.id)
        }
    }
}

extension EngineLook {
    /// The images, by their marks, that a plan about this root was about to remove when it had removed what they were part of.
    func leftovers(of plan: EnginePlan) -> Set<Digest> {
        guard plan.engine.kind == kind, plan.engine.root == root else { return [] }
        var there: Set<String> = []
        for image in inventory.images {
            for manifest in image.manifests { there.insert(RegistryStore.key(image.namespace ?? "", manifest.digest)) }
        }
        var parts: Set<String> = []
        for victim in plan.victims where victim.type == .image {
            let repository = victim.namespace ?? ""
            guard let top = victim.manifests.first(where: { $0.role == .image }) else { continue }
            if there.contains(RegistryStore.key(repository, top.digest)) { continue }
            for manifest in victim.manifests { parts.insert(RegistryStore.key(repository, manifest.digest)) }
        }
        let left = inventory.images.filter {
            $0.names.isEmpty && parts.contains(RegistryStore.key($0.namespace ?? "", $0.id))
        }
        return Set(left.map(\.mark))
    }
}
