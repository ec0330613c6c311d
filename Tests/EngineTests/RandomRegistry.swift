import Foundation
import OCISpec
import TestSupport

/// A policy as options, and as the model reads it.
struct RegistryPolicy {
    var isAll: Bool
    var repository: String?
    var sparesLabel: Bool
    var keep: String?
    var keepLast = 0
    var untilDay: Int?

    init(_ numbers: inout SeededNumbers) {
        isAll = numbers.chance(75)
        if numbers.chance(20) { repository = numbers.one(of: RandomRegistry.repositories) }
        sparesLabel = numbers.chance(20)
        if numbers.chance(20) { keep = numbers.one(of: RandomRegistry.repositories) }
        if numbers.chance(30) { keepLast = numbers.number(1...2) }
        if numbers.chance(20) { untilDay = numbers.number(10...25) }
    }

    var options: [String] {
        ["--min-age", "0s"] + (isAll ? ["-a"] : []) + (repository.map { ["--filter", "ref=\($0)"] } ?? [])
            + (sparesLabel ? ["--filter", "label!=keep=yes"] : []) + (keep.map { ["--keep", "^\($0)[:@]"] } ?? [])
            + (keepLast > 0 ? ["--keep-last", "\(keepLast)"] : [])
            + (untilDay.map { ["--filter", "until=2025-01-\($0)T00:00:00Z"] } ?? [])
    }
}

/// Manifests by chance, in repositories that share layers: images, indexes of depth 2, what is about them, tags that moved, half uploads.
struct RandomRegistry {
    struct Manifest {
        let repository: String
        let digest: Digest
        let size: Int
        var tags: [String] = []
        /// The digests of what it lists.
        var children: [Digest] = []
        var subject: Digest?
        /// Its configuration and layers.
        var blobs: [Digest] = []
        var isImage = false
        /// The day that its configuration says.
        var day = 0
        var isKept = false
        var key: String { "\(repository)@\(digest)" }
    }

    static let repositories = ["a", "b", "team/c"]
    let folder: RegistryFolder
    private(set) var manifests: [String: Manifest] = [:]
    private let pool: [[UInt8]]

    init(_ numbers: inout SeededNumbers) throws {
        folder = try RegistryFolder()
        var layers: [[UInt8]] = []
        for place in 0..<8 {
            var bytes = [UInt8](repeating: UInt8(place), count: numbers.number(1...60_000))
            bytes[0] = UInt8(place)
            layers.append(bytes + Array("layer \(place)".utf8))
        }
        pool = layers
        for repository in Self.repositories { try fill(repository, &numbers) }
        // All pushed at one moment, so that only what images say of themselves tells them apart.
        let moment = Date(timeIntervalSince1970: 1_700_000_000)
        let paths = FileManager.default.enumerator(atPath: folder.top + "/repositories")?.allObjects as? [String] ?? []
        for path in paths where path.hasSuffix("/link") {
            try FileManager.default.setAttributes([.modificationDate: moment], ofItemAtPath: "\(folder.top)/repositories/\(path)")
        }
    }

    private mutating func fill(_ repository: String, _ numbers: inout SeededNumbers) throws {
        var images: [Manifest] = []
        var all: [Manifest] = []
        for number in 0..<numbers.number(1...5) {
            // Some are the same in every repository.
            let mark = numbers.chance(30) ? "shared" : repository
            let image = try image(repository, "\(mark) \(number)", day: 5 + number * 4 % 25, &numbers)
            images.append(image)
            all.append(image)
        }
        for number in 0..<numbers.number(0...3) {
            let children = numbers.some(of: images, percent: 50)
            if !children.isEmpty { all.append(try index(repository, children, "index \(number)")) }
        }
        let indexes = all.filter { !$0.children.isEmpty }
        if let inner = indexes.first, numbers.chance(50) {
            all.append(try index(repository, [inner] + numbers.some(of: images, percent: 20), "outer"))
        }
        for (number, manifest) in all.enumerated() {
            for tag in 0..<numbers.one(of: [0, 0, 1, 1, 1, 2]) { try self.tag(manifest, "t\(number)-\(tag)") }
        }
        for number in 0..<numbers.number(0...3) { try attach(to: numbers.one(of: all), number, &numbers) }
        if numbers.chance(40) { try abandonUpload(repository) }
    }

    private mutating func image(
        _ repository: String, _ note: String, day: Int, _ numbers: inout SeededNumbers
    ) throws -> Manifest {
        let layers = numbers.some(of: pool, percent: 35)
        let isKept = numbers.chance(25)
        let created = "2025-01-\(day < 10 ? "0" : "")\(day)T00:00:00Z"
        let made = try folder.image(
            repository, created: created, labels: "{\"keep\":\"\(isKept ? "yes" : "no")\"}", note: note, layers: layers)
        var manifest = Manifest(repository: repository, digest: made.digest, size: made.size)
        let config = RegistryDocument.config(created: created, labels: "{\"keep\":\"\(isKept ? "yes" : "no")\"}", note: note)
        manifest.blobs = [Digest(hashing: Array(config.utf8))] + layers.map { Digest(hashing: $0) }
        (manifest.isImage, manifest.day, manifest.isKept) = (true, day, isKept)
        manifests[manifest.key] = manifest
        return manifest
    }

    private mutating func index(_ repository: String, _ children: [Manifest], _ note: String) throws -> Manifest {
        let entries = children.map {
            RegistryDocument.descriptor($0.isImage ? MediaType.manifest : MediaType.index, $0.digest, $0.size)
        }
        let text = RegistryDocument.index(entries, note: "\(repository) \(note)")
        var manifest = Manifest(
            repository: repository, digest: try folder.add(manifest: text, repository), size: text.utf8.count)
        manifest.children = children.map(\.digest)
        manifests[manifest.key] = manifest
        return manifest
    }

    private mutating func tag(_ manifest: Manifest, _ tag: String) throws {
        try folder.tag(manifest.digest, as: tag, manifest.repository)
        for key in manifests.keys where key.hasPrefix("\(manifest.repository)@") { manifests[key]?.tags.removeAll { $0 == tag } }
        manifests[manifest.key]?.tags.append(tag)
    }

    /// Adds something that is about a manifest, known by its subject, by cosign's tag, or by the specification's fallback tag.
    private mutating func attach(to target: Manifest, _ number: Int, _ numbers: inout SeededNumbers) throws {
        let repository = target.repository
        let way = numbers.number(0...3)
        let subject = way == 0 || way == 2 ? RegistryFolder.subject((target.digest, target.size)) : nil
        let note = "\(repository) \(number) \(target.digest.hex.prefix(12)) \(way)"
        let made = try folder.referrer(repository, note: note, subject: subject)
        var manifest = Manifest(repository: repository, digest: made.digest, size: made.size)
        manifest.subject = subject == nil ? nil : target.digest
        manifest.blobs = [Digest(hashing: Array("{}".utf8)), Digest(hashing: Array("statement \(note)".utf8))]
        manifests[manifest.key] = manifest
        let machine = "sha256-\(target.digest.hex)"
        switch way {
        case 1: try tag(manifest, machine + [".sig", ".att", ".sbom"][number % 3])
        case 2: try tag(index(repository, [manifest], "list \(number)"), machine)
        // With a tag of people's it stands for itself.
        case 3: try tag(manifest, "statement\(number)")
        default: break
        }
    }

    private func abandonUpload(_ repository: String) throws {
        let place = "\(folder.top)/repositories/\(repository)/_uploads/0b8a1f6e-0000-4000-8000-000000000000"
        try RegistryFolder.write(Array("2025-01-01T00:00:00Z".utf8), place + "/startedat")
        try RegistryFolder.write([UInt8](repeating: 1, count: 20_000), place + "/data")
    }
}

/// What goes by a policy, by plain sets and with no thought for cost.
struct RegistryModel {
    /// The manifests that the plan names, as it calls them.
    private(set) var victims: Set<String> = []
    /// All that is deleted.
    private(set) var gone: Set<String> = []

    private let registry: RandomRegistry
    private let policy: RegistryPolicy

    init(_ registry: RandomRegistry, _ policy: RegistryPolicy) {
        self.registry = registry
        self.policy = policy
        for repository in RandomRegistry.repositories { decide(registry.manifests.values.filter { $0.repository == repository }) }
    }

    private mutating func decide(_ all: [RandomRegistry.Manifest]) {
        func manifest(_ digest: Digest) -> RandomRegistry.Manifest? { all.first { $0.digest == digest } }
        func machine(_ tag: String) -> Digest? {
            guard tag.hasPrefix("sha256-") else { return nil }
            return Digest(ifValid: "sha256:\(tag.dropFirst(7).prefix(64))")
        }
        func subjects(_ manifest: RandomRegistry.Manifest) -> Set<Digest> {
            Set(manifest.tags.compactMap(machine) + [manifest.subject].compactMap(\.self))
        }
        func isNamed(_ manifest: RandomRegistry.Manifest) -> Bool { manifest.tags.contains { machine($0) == nil } }
        func closure(_ top: RandomRegistry.Manifest) -> Set<Digest> {
            var found: Set<Digest> = [top.digest]
            var count = 0
            while count != found.count {
                count = found.count
                for digest in found { found.formUnion(manifest(digest)?.children ?? []) }
                for other in all where !isNamed(other) && !subjects(other).isDisjoint(with: found) { found.insert(other.digest) }
            }
            return found
        }
        let listed = Set(all.flatMap(\.children))
        let tops = all.filter { isNamed($0) || ($0.tags.isEmpty && !listed.contains($0.digest) && subjects($0).isEmpty) }
        /// The images of a top, through indexes of any depth.
        func images(_ top: RandomRegistry.Manifest) -> [RandomRegistry.Manifest] {
            top.isImage ? [top] : top.children.compactMap(manifest).flatMap(images)
        }
        // When the image for this machine was made: of an index the first one. Of one day all are among the newest, or none; what is no
        // image says no day, and is counted among its like.
        let named = tops.filter { isNamed($0) && !images($0).isEmpty }
        let kept = tops.filter { top in
            guard isNamed(top), policy.keepLast > 0 else { return false }
            guard let day = images(top).first?.day else { return true }
            return named.count { images($0)[0].day > day } < policy.keepLast
        }.map(\.digest)
        func goes(_ top: RandomRegistry.Manifest) -> Bool {
            if let wanted = policy.repository, top.repository != wanted { return false }
            if let held = policy.keep, top.repository == held { return false }
            if kept.contains(top.digest) { return false }
            let parts = images(top)
            if policy.sparesLabel, parts.isEmpty || parts.contains(where: \.isKept) { return false }
            if let day = policy.untilDay, parts.isEmpty || parts.contains(where: { $0.day >= day }) { return false }
            return policy.isAll || top.tags.isEmpty
        }
        var left = tops
        func isHeld(_ top: RandomRegistry.Manifest) -> Bool {
            let needs = subjects(top).union([top.digest])
            return left.contains { $0.digest != top.digest && !closure($0).isDisjoint(with: needs) }
        }
        while let next = left.first(where: { goes($0) && !isHeld($0) }) {
            left.removeAll { $0.digest == next.digest }
            victims.insert(next.key)
        }
        let stays = left.reduce(into: Set<Digest>()) { $0.formUnion(closure($1)) }
        gone.formUnion(all.filter { !stays.contains($0.digest) }.map(\.key))
    }
}
