import ContentStorage
import Foundation
import Glibc
import ImageStorage
import OCISpec
import Reclamation
import SystemPackage
import TestSupport
import Testing

/// A random store whose images were made, came and were used at random moments, some of them at none, with random policies.
struct PruneBench {
    static let now = Timestamp(seconds: 2_000_000_000)

    let made: RandomStore
    let store: ImageStore
    private(set) var look: StoreLook
    private(set) var storeModel: StoreModel
    var random: SeededNumbers
    private var moments: [String: PruneModel.Moments] = [:]
    /// Allocated bytes of all files when it was made, those outside of the store included.
    private let firstBytes: Int64

    /// Nil where a document cannot be read: then nothing is decided.
    init?(seed: Int) throws {
        made = try RandomStore(seed: seed)
        store = try ImageStore.open(at: FilePath(made.path), create: true, patience: .seconds(5))
        look = try StoreLook(store)
        storeModel = try StoreModel(made.path, liveSessions: made.liveSessions)
        random = SeededNumbers(seed: seed + 4242)
        firstBytes = Self.bytes(made.folder.path)
        guard look.graph.unreadable.isEmpty else { return nil }
        giveMoments()
    }

    /// Every image that is new gets moments, some of them unknown.
    private mutating func learnMoments() {
        for image in storeModel.images.sorted(by: { $0.id < $1.id }) where moments[image.id] == nil {
            var raw = stat()
            #expect(lstat("\(made.path)/blobs/\(image.id.replacing(":", with: "/"))", &raw) == 0)
            moments[image.id] = PruneModel.Moments(
                created: random.chance(70) ? Timestamp(seconds: 1_600_000_000 + Int64(random.number(0...9)) * 86_400) : nil,
                imported: random.chance(70) ? Timestamp(seconds: 1_800_000_000 + Int64(random.number(0...5))) : nil,
                used: random.chance(60) ? Timestamp(seconds: 1_900_000_000 + Int64(random.number(0...5))) : nil,
                written: Timestamp(seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: Int(raw.st_mtim.tv_nsec)))
        }
    }

    /// Lets people use the store for a day, and looks at it.
    mutating func liveADay(_ day: Int) throws {
        try made.liveADay(day)
        try lookAgain()
    }

    /// Looks at the store as it is now.
    mutating func lookAgain() throws {
        look = try StoreLook(store)
        storeModel = try StoreModel(made.path, liveSessions: made.liveSessions)
        giveMoments()
    }

    private mutating func giveMoments() {
        learnMoments()
        for place in look.images.indices {
            let known = moments[look.images[place].digest.description]
            look.images[place].used = known?.used
            look.images[place].imported = known?.imported
            // What is no image was never made.
            for variant in look.images[place].variants.indices {
                look.images[place].variants[variant].created = known?.created?.description
            }
            if look.images[place].variants.isEmpty { moments[look.images[place].digest.description]?.created = nil }
        }
    }

    // What is asked

    /// A prune of random parts.
    mutating func request() throws -> PruneRequest {
        var request = PruneRequest(images: try random.chance(50) ? flags() : rules())
        if random.chance(30) { request.containers = ContainerSelection() }
        if random.chance(40) { request.leftovers = LeftoverSelection(minimumAge: .zero) }
        return request
    }

    private mutating func flags() throws -> PrunePolicy {
        PrunePolicy.flags(
            filter: try conditions(percent: 25), isAll: random.chance(70),
            keepLast: random.chance(40) ? random.number(0...2) : nil,
            keepPatterns: try patterns(), budget: budget(), trash: random.chance(25) ? .seconds(3600) : .zero)
    }

    private mutating func rules() throws -> PrunePolicy {
        var rules: [PrunePolicy.Rule] = []
        for number in 0..<random.number(0...4) {
            let match = try conditions(percent: 30)
            let keepLast = random.chance(30) ? random.number(0...2) : nil
            let action: PrunePolicy.Action = try random.chance(30) ? .keep : .remove(conditions(percent: 15))
            rules.append(
                PrunePolicy.Rule(name: "r\(number)", match: match, action: action, keepLast: action == .keep ? nil : keepLast))
        }
        return PrunePolicy(
            rules: rules, keepPatterns: try patterns(), budget: budget(), trash: random.chance(25) ? .seconds(3600) : .zero)
    }

    private mutating func conditions(percent: Int) throws -> ImageFilter {
        let all = [
            "ref=example.com/a:*", "ref=example.com/*:[0-4]", "ref=**/prod/**|example.com/b:*", "ref=v*", "dangling=true",
            "dangling=false", "until=2020-09-18", "used<1158d", "imported<2314d", "size>9kB",
        ]
        return try ImageFilter(parsing: random.some(of: all, percent: percent / 2))
    }

    private mutating func patterns() throws -> [NamePattern] {
        guard random.chance(20) else { return [] }
        return [try NamePattern(random.one(of: ["[13579]$", "/prod/", "^v[0-5]"]))]
    }

    private mutating func budget() -> PrunePolicy.Budget {
        PrunePolicy.Budget(
            maxStoreBytes: random.chance(40) ? Int64.random(in: 0...look.survey.totalBytes, using: &random) : nil,
            minFreeBytes: random.chance(25) ? 1_000_000 + Int64(random.number(0...60_000)) : nil)
    }

    // What is decided

    /// The decision, in a file system of 10 MB of which so much came back since 1 MB was free.
    func decide(_ request: PruneRequest, now: Timestamp = PruneBench.now, freedBytes: Int64 = 0) -> PruneDecision {
        PruneDecision(
            request, look, now: now,
            space: FileSystemSpace(usedBytes: 9_000_000 - freedBytes, freeBytes: 1_000_000 + freedBytes))
    }

    func model(_ request: PruneRequest, now: Timestamp = PruneBench.now, freedBytes: Int64 = 0) -> PruneModel {
        let trash = storeModel.bytesInTrash
        return PruneModel(
            store: storeModel, moments: moments, now: now, policy: request.images ?? PrunePolicy(rules: []),
            prunesContainers: request.containers != nil, takesLeftovers: request.leftovers != nil,
            storeBytes: look.survey.totalBytes + look.upkeepBytes - trash.directory,
            freeBytes: 1_000_000 + freedBytes + trash.fileSystem - look.upkeepBytes)
    }

    /// Bytes of each folder and file of the store, to say what a failure is about.
    var sizes: String {
        var bytes: [String: Int64] = [:]
        for file in storeModel.files.values {
            bytes[String(file.paths[0].prefix { $0 != "/" }), default: 0] += file.bytes
        }
        return bytes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// Bytes that came back to the file system since this was made.
    func freedBytes() -> Int64 { firstBytes - Self.bytes(made.folder.path) }

    /// Allocated bytes of all files below a folder, each once.
    private static func bytes(_ folder: String) -> Int64 {
        var inodes: [UInt64: Int64] = [:]
        let walk = FileManager.default.enumerator(atPath: folder)
        while let name = walk?.nextObject() as? String {
            var raw = stat()
            if lstat("\(folder)/\(name)", &raw) == 0 { inodes[UInt64(raw.st_ino)] = Int64(raw.st_blocks) * 512 }
        }
        return inodes.values.reduce(0, +)
    }

    /// Compares what was decided with what the model says.
    func compare(_ decision: PruneDecision, _ expected: PruneModel.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        let victims = decision.plan(id: PlanID(), generation: "").victims
        // What is about a container's image goes with the container, and is no image.
        let known = Set(storeModel.images.map(\.id))
        let images = victims.filter { $0.type == .image }.map { $0.entries[0].digest.description }.filter(known.contains)
        #expect(images == expected.images, sourceLocation: sourceLocation)
        let names = victims.filter { $0.type == .name }.map { victim in
            let entry = victim.entries[0]
            let named = look.images.flatMap(\.entries).first { $0.descriptor == entry }
            return [entry.digest.description, named?.reference ?? ""]
        }
        #expect(Set(names) == expected.names, sourceLocation: sourceLocation)
        #expect(Set(victims.filter { $0.type == .container }.map(\.name)) == expected.containers, sourceLocation: sourceLocation)
        #expect(Set(victims.filter { $0.type == .partial }.map(\.name)) == expected.sessions, sourceLocation: sourceLocation)
        #expect(Set(victims.filter { $0.type == .plan }.map(\.name)) == expected.plans, sourceLocation: sourceLocation)
        let items = victims.flatMap { $0.releases.map { "blob \($0)" } + $0.releasedLayers.map { "layer \($0)" } }
        #expect(Set(items) == expected.items, sourceLocation: sourceLocation)
        #expect(items.count == expected.items.count, "each goes with one victim", sourceLocation: sourceLocation)
        let excess = decision.notes.compactMap { note -> Int64? in
            if case .budgetExceeded(let bytes) = note { bytes } else { nil }
        }
        #expect(excess.first ?? 0 == expected.excessBytes, sourceLocation: sourceLocation)
        expectExplained(decision, Set(images), expected.names, sourceLocation)
    }

    /// Compares what is left of a store, which this has looked at again, with what the model says must be.
    func expectLeft(
        of before: StoreModel, _ expected: PruneModel.Outcome, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let after = storeModel
        #expect(
            Set(after.items.keys) == Set(before.items.keys).subtracting(expected.items), sourceLocation: sourceLocation)
        let left = before.images.filter { !expected.images.contains($0.id) }
        #expect(Set(after.images.map(\.id)) == Set(left.map(\.id)), sourceLocation: sourceLocation)
        for image in left {
            let names = Set(image.names).filter { !expected.names.contains([image.id, $0]) }
            #expect(Set(after.images.first { $0.id == image.id }?.names ?? []) == names, sourceLocation: sourceLocation)
        }
        #expect(
            Set(after.containers.map(\.name)) == Set(before.containers.map(\.name)).subtracting(expected.containers),
            sourceLocation: sourceLocation)
        #expect(after.plans == before.plans.subtracting(expected.plans), sourceLocation: sourceLocation)
        #expect(
            after.deadContainers == before.deadContainers.subtracting(expected.containers), sourceLocation: sourceLocation)
        #expect(
            look.survey.totalBytes == after.files.values.reduce(0) { $0 + $1.bytes }, "what was counted is what du counts",
            sourceLocation: sourceLocation)
    }

    /// Every name is told of once, and as going where it goes.
    private func expectExplained(
        _ decision: PruneDecision, _ gone: Set<String>, _ names: Set<[String]>, _ sourceLocation: SourceLocation
    ) {
        let listed = look.images.flatMap { image in
            image.listed.map { entry in
                let id = image.digest.description
                return "\(entry.familiar ?? "-") \(gone.contains(id) || names.contains([id, entry.reference ?? ""]))"
            }
        }
        #expect(decision.explanations().map { "\($0.name ?? "-") \($0.goes)" } == listed, sourceLocation: sourceLocation)
        #expect(decision.explanations().allSatisfy { !$0.reason.isEmpty }, sourceLocation: sourceLocation)
    }
}
