import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// Plans of random policies over random stores: what they decide, what they predict, and what carrying them out then frees.
struct PlanTests {
    private static let now = Timestamp(seconds: 2_000_000_000)

    /// A store whose images were made and used at random moments, some of them at none.
    private struct Bench {
        let made: RandomStore
        let store: ImageStore
        let look: StoreLook
        let model: StoreModel
        let images: [ImageSummary]
        var random: SeededNumbers

        init?(seed: Int) throws {
            made = try RandomStore(seed: seed)
            store = try ImageStore.open(at: FilePath(made.path), create: true, patience: .seconds(5))
            look = try StoreLook(store)
            guard look.graph.unreadable.isEmpty else { return nil }
            model = try StoreModel(made.path, liveSessions: made.liveSessions)
            var random = SeededNumbers(seed: seed + 4242)
            images = look.images.map { image in
                var copy = image
                copy.used = random.chance(60) ? Timestamp(seconds: 1_900_000_000 + Int64(random.number(0...5))) : nil
                copy.imported = random.chance(70) ? Timestamp(seconds: 1_800_000_000 + Int64(random.number(0...5))) : nil
                for place in copy.variants.indices {
                    let made = Timestamp(seconds: 1_600_000_000 + Int64(random.number(0...9)) * 86_400)
                    copy.variants[place].created = random.chance(70) ? made.description : nil
                }
                return copy
            }
            self.random = random
        }

        var users: [Digest: [String]] { look.containersByImage.mapValues { $0.map(\.id.text) } }

        /// A policy of random flags.
        mutating func policy() throws -> PrunePolicy {
            var filters: [String] = []
            if random.chance(30) { filters.append("until=2020-09-18") }
            if random.chance(20) { filters.append("used<1d") }
            if random.chance(20) { filters.append("imported<1d") }
            if random.chance(15) { filters.append("size>9kB") }
            let total = look.survey.totalBytes
            return PrunePolicy.flags(
                filter: try ImageFilter(parsing: filters), isAll: random.chance(70),
                keepLast: random.chance(40) ? random.number(0...2) : nil,
                keepPatterns: random.chance(20) ? [try NamePattern("[13579]$")] : [],
                budget: PrunePolicy.Budget(
                    maxStoreBytes: random.chance(40) ? Int64.random(in: 0...total, using: &random) : nil,
                    minFreeBytes: random.chance(20) ? 1_000_000 + Int64(random.number(0...60_000)) : nil))
        }
    }

    private static let fileSystem = PolicySelection.FileSystem(usedBytes: 9_000_000, freeBytes: 1_000_000)

    @Test(arguments: 1...260)
    func whatGoesIsWhatTheRulesSayTakenWordForWord(seed: Int) throws {
        guard var bench = try Bench(seed: seed) else { return }
        let policy = try bench.policy()
        let context = ImageFilter.Context(now: Self.now, uniqueBytes: unique(bench))
        let decisions = PolicySelection(policy, images: bench.images, users: bench.users, context: context)
            .decide(bench.look.graph, storeBytes: bench.look.survey.totalBytes, fileSystem: Self.fileSystem)
        let expected = Reference(bench.images, bench.users, policy, context, bench.model)
            .victims(storeBytes: bench.look.survey.totalBytes, freeBytes: Self.fileSystem.freeBytes)
        #expect(decisions.victims.map(\.imageID) == expected)
        #expect(Set(decisions.kept.map(\.imageID)).isDisjoint(with: expected))
        #expect(decisions.kept.count + expected.count == bench.images.count)
        #expect(decisions.kept.allSatisfy { !$0.reason.isEmpty })
    }

    @Test(arguments: 1...260)
    func whatAPlanPredictsIsWhatCarryingItOutFrees(seed: Int) throws {
        guard var bench = try Bench(seed: seed) else { return }
        let context = ImageFilter.Context(now: Self.now, uniqueBytes: unique(bench))
        let decisions = PolicySelection(try bench.policy(), images: bench.images, users: bench.users, context: context)
            .decide(bench.look.graph, storeBytes: bench.look.survey.totalBytes, fileSystem: Self.fileSystem)
        var builder = PlanBuilder(bench.look)
        for victim in decisions.victims { builder.remove(victim.imageID, reason: victim.reason) }
        let isDeep = bench.random.chance(50)
        if isDeep {
            builder.add(Orphans(bench.look, minimumAge: .zero, now: Self.now))
        }
        let plan = builder.plan(id: try #require(PlanID("0123456789ab")), generation: "", trash: .zero)
        let ids = Set(decisions.victims.map(\.imageID.description))
        var gone = bench.model.released(ids)
        if isDeep { gone.formUnion(Set(bench.model.items.keys).subtracting(bench.model.reached())) }

        let before = Self.occupied(bench.made.folder.path)
        let outcome = try PlanExecution(bench.store, now: Self.now).run(plan)
        #expect(outcome.predictedBytes == outcome.freedBytes)
        #expect(outcome.freedBytes == before - Self.occupied(bench.made.folder.path))
        #expect(outcome.items.filter { $0.type == .image }.allSatisfy { $0.status == .removed })
        let after = try StoreModel(bench.made.path, liveSessions: bench.made.liveSessions)
        #expect(Set(after.items.keys) == Set(bench.model.items.keys).subtracting(gone))
        #expect(Set(after.images.map(\.id)) == Set(bench.model.images.map(\.id)).subtracting(ids))
        #expect(try StoreLook(bench.store).graph.unreadable == [])
    }

    @Test(arguments: 1...60)
    func whatWentToTheTrashComesBackAsItWas(seed: Int) throws {
        guard let bench = try Bench(seed: seed) else { return }
        var builder = PlanBuilder(bench.look)
        for image in bench.images where bench.users[image.imageID] == nil { builder.remove(image.imageID, reason: "test") }
        let plan = builder.plan(id: try #require(PlanID("0123456789ab")), generation: "", trash: .seconds(3600))
        func entries() throws -> Set<[String]> {
            Set(try bench.store.names().map { [$0.reference ?? "", $0.descriptor.digest.description] })
        }
        let before = try entries()
        let outcome = try PlanExecution(bench.store, now: Self.now).run(plan)
        #expect(outcome.freedBytes == 0)
        let restored = try Undo(bench.store).run(plan: plan.id.text) ?? []
        // Of two entries with one name the earlier one never had it.
        #expect(restored.allSatisfy { $0.outcome == .restored || $0.outcome == .nameTaken })
        let after = try StoreModel(bench.made.path, liveSessions: bench.made.liveSessions)
        #expect(Set(after.items.keys) == Set(bench.model.items.keys))
        #expect(try entries() == before)
    }

    /// A plan as a document is read back as it was.
    @Test(arguments: 1...40) func aPlanIsReadBackAsItWas(seed: Int) throws {
        guard let bench = try Bench(seed: seed) else { return }
        var builder = PlanBuilder(bench.look)
        for image in bench.images { builder.remove(image.imageID, reason: "test") }
        builder.add(Orphans(bench.look, minimumAge: .zero, now: Self.now))
        builder.keep("x", reason: "y")
        let plan = builder.plan(id: try #require(PlanID("0123456789ab")), generation: "g", trash: .seconds(60))
        #expect(try decodeDocument(ReclamationPlan.self, from: try encodeDocument(plan)) == plan)
    }

    private func unique(_ bench: Bench) -> [Digest: Int64] {
        Dictionary(uniqueKeysWithValues: bench.images.map { ($0.imageID, bench.look.graph.uniqueBytes(of: .image($0.imageID))) })
    }

    private static func occupied(_ folder: String) -> Int64 {
        var inodes: [UInt64: Int64] = [:]
        let walk = FileManager.default.enumerator(atPath: folder)
        while let name = walk?.nextObject() as? String {
            let own = ["store/index.json", "store/catalog", "store/trash", "store/locks"]
            if own.contains(where: name.hasPrefix) { continue }
            var raw = stat()
            if lstat("\(folder)/\(name)", &raw) == 0 { inodes[UInt64(raw.st_ino)] = Int64(raw.st_blocks) * 512 }
        }
        return inodes.values.reduce(0, +)
    }
}

/// The rules of section 4 of the semantics, one image after another, with no thought for cost.
private struct Reference {
    private let images: [ImageSummary]
    private let users: [Digest: [String]]
    private let policy: PrunePolicy
    private let context: ImageFilter.Context
    private let model: StoreModel

    init(
        _ images: [ImageSummary], _ users: [Digest: [String]], _ policy: PrunePolicy, _ context: ImageFilter.Context,
        _ model: StoreModel
    ) {
        (self.images, self.users, self.policy, self.context, self.model) = (images, users, policy, context, model)
    }

    func victims(storeBytes: Int64, freeBytes: Int64) -> [Digest] {
        let unprotected = images.filter { !isProtected($0) }
        let remove: ImageFilter
        if case .remove(let conditions) = policy.rules[0].action { remove = conditions } else { remove = ImageFilter() }
        let ruled = unprotected.filter { remove.matches($0, context) }
        var victims = leaving(ruled, after: []) { _ in false }
        let spare = unprotected.filter { image in
            !ruled.contains { $0.imageID == image.imageID } && (image.used != nil || image.imported != nil)
        }
        victims += leaving(spare, after: victims) { gone in
            let freed = model.freedBytes(model.released(Set(gone.map(\.description))))
            let isSmall = policy.budget.maxStoreBytes.map { storeBytes - freed <= $0 } ?? true
            let isFree = policy.budget.minFreeBytes.map { freeBytes + freed >= $0 } ?? true
            return isSmall && isFree
        }
        return victims
    }

    /// Takes one after another, the least recently used first, then the one that frees most then, until enough have gone.
    private func leaving(_ images: [ImageSummary], after earlier: [Digest], _ isEnough: ([Digest]) -> Bool) -> [Digest] {
        var left = images
        var gone: [Digest] = []
        while !left.isEmpty, !isEnough(earlier + gone) {
            let base = Set((earlier + gone).map(\.description))
            let freedBefore = model.freedBytes(model.released(base))
            let bids = left.map { image in
                (
                    image.imageID, (image.used ?? image.imported)?.seconds ?? .min,
                    model.freedBytes(model.released(base.union([image.imageID.description]))) - freedBefore
                )
            }
            let first = bids.min { $0.1 != $1.1 ? $0.1 < $1.1 : $0.2 != $1.2 ? $0.2 > $1.2 : $0.0 < $1.0 }
            guard let first else { break }
            gone.append(first.0)
            left.removeAll { $0.imageID == first.0 }
        }
        return gone
    }

    private func isProtected(_ image: ImageSummary) -> Bool {
        if image.entries.contains(where: { $0.descriptor.annotations?["io.strata.pinned"] == "true" }) { return true }
        if users[image.imageID] != nil { return true }
        if policy.keepPatterns.contains(where: { pattern in image.names.contains { pattern.matches($0.text) } }) { return true }
        if !policy.rules[0].match.matches(image, context) { return true }
        guard let count = policy.rules[0].keepLast else { return false }
        return image.names.contains { name in
            guard case .reference(let reference) = name else { return false }
            return newer(than: image, in: reference.repository) < count
        }
    }

    /// How many other images of the repository come before this one.
    private func newer(than image: ImageSummary, in repository: String) -> Int {
        func name(_ image: ImageSummary) -> String? {
            let names = image.names.compactMap { name -> String? in
                if case .reference(let reference) = name, reference.repository == repository { reference.full } else { nil }
            }
            return names.first
        }
        func moment(_ image: ImageSummary) -> Int64 { (image.created ?? image.imported)?.seconds ?? .min }
        guard let own = name(image) else { return .max }
        return images.count { other in
            guard other.imageID != image.imageID, let theirs = name(other) else { return false }
            return moment(other) != moment(image) ? moment(other) > moment(image) : theirs < own
        }
    }
}
