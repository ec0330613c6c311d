import Foundation
import OCISpec
import TestSupport
import Testing

/// Hosts by chance, pruned by policies by chance: what goes is what a model says, and what that frees is what was said and what du sees.
///
/// Some hosts of each engine are tried here; `Chances` says how to have more, and others.
@Suite(.serialized) struct RandomHostTests {
    /// A policy as options, and as the model reads it.
    private struct Policy {
        var isAll = true
        var repository: String?
        var sparesLabel = false
        var keep: String?
        var keepLast = 0
        /// Whether containers that do not run go first.
        var withContainers = false

        init(_ numbers: inout SeededNumbers, _ kind: EngineHost.Kind) {
            isAll = numbers.chance(85)
            if isAll, numbers.chance(25) { repository = numbers.one(of: RandomImages.repositories) }
            sparesLabel = numbers.chance(25)
            if numbers.chance(20) { keep = numbers.one(of: RandomImages.repositories) }
            if numbers.chance(30) { keepLast = numbers.number(1...2) }
            // containerd's files do not tell which of its containers run.
            withContainers = kind != .containerd && numbers.chance(40)
        }

        var options: [String] {
            var options = isAll ? ["-a"] : []
            if let repository { options += ["--filter", "ref=localhost/\(repository)"] }
            if sparesLabel { options += ["--filter", "label!=keep=yes"] }
            if let keep { options += ["--keep", "^localhost/\(keep):"] }
            if keepLast > 0 { options += ["--keep-last", "\(keepLast)"] }
            return options + (withContainers ? ["--containers"] : [])
        }

        /// Whether a container goes that was made of an image, whose labels it has.
        func takesContainer(of image: RandomImages.Image) -> Bool {
            withContainers && repository == nil && !(sparesLabel && image.isKept)
        }
    }

    /// What goes: whole images by their places, and of others these names.
    private func model(
        _ images: [RandomImages.Image], used: Set<Int>, _ policy: Policy, _ kind: EngineHost.Kind
    ) -> (whole: Set<Int>, names: Set<String>) {
        func repository(_ name: String) -> String { String(name.dropFirst("localhost/".count).prefix { $0 != ":" }) }
        var newest: Set<Int> = []
        for repository in RandomImages.repositories {
            let members = images.indices.filter { images[$0].names.contains { $0.hasPrefix("localhost/\(repository):") } }
            newest.formUnion(members.sorted { images[$0].created > images[$1].created }.prefix(policy.keepLast))
        }
        func isProtected(_ place: Int) -> Bool {
            used.contains(place) || policy.keep.map { keep in images[place].names.contains { repository($0) == keep } } == true
        }
        /// Whether each name goes.
        func goes(_ name: String?, _ place: Int) -> Bool {
            if let wanted = policy.repository, name.map(repository) != wanted { return false }
            if policy.sparesLabel, images[place].isKept { return false }
            if newest.contains(place) { return false }
            return policy.isAll || name == nil
        }
        var whole = Set(
            images.indices.filter { place in
                guard !isProtected(place) else { return false }
                let names = images[place].names
                return names.isEmpty ? goes(nil, place) : names.allSatisfy { goes($0, place) }
            })
        func hasChild(_ place: Int) -> Bool {
            images.indices.contains { other in
                !whole.contains(other) && images[other].layers.count > images[place].layers.count
                    && images[other].layers.starts(with: images[place].layers)
            }
        }
        if kind == .podman { while let held = whole.first(where: { hasChild($0) }) { whole.remove(held) } }
        var names: Set<String> = []
        for place in images.indices where !whole.contains(place) && !isProtected(place) && !newest.contains(place) {
            if kind == .podman, hasChild(place) { continue }
            names.formUnion(images[place].names.filter { goes($0, place) })
        }
        return (whole, names)
    }

    private func prune(_ kind: EngineHost.Kind, _ host: EngineHost, seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let images = RandomImages(&numbers, canBeNameless: kind == .docker).images
        try host.load(images.map(\.built))
        var used: Set<Int> = []
        for place in images.indices where !images[place].names.isEmpty && numbers.chance(20) {
            try host.create("c\(seed)-\(place)", from: images[place].names[0])
            used.insert(place)
        }
        let policy = Policy(&numbers, kind)
        let plan = try host.document(["plan", "--engine", host.engine] + policy.options)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        let freeing = used.filter { policy.takesContainer(of: images[$0]) }
        let expected = model(images, used: used.subtracting(freeing), policy, kind)
        let label = "\(kind) \(seed) \(policy.options)"
        #expect(
            Set(victims.filter { $0["type"] as? String == "container" }.compactMap { $0["name"] as? String })
                == Set(freeing.map { "c\(seed)-\($0)" }), "\(label)")
        let whole = victims.filter { $0["type"] as? String == "image" }
        #expect(
            Set(whole.map { Set(($0["names"] as? [String]) ?? []) }.filter { !$0.isEmpty })
                == Set(expected.whole.map { Set(images[$0].names) }.filter { !$0.isEmpty }), "\(label)")
        #expect(whole.count == expected.whole.count, "\(label)")
        #expect(
            Set(victims.filter { $0["type"] as? String == "name" }.compactMap { $0["name"] as? String }) == expected.names,
            "\(label)")
        let predicted = victims.compactMap { ($0["freesBytes"] as? NSNumber)?.int64Value }.reduce(0, +)
        let before = try du(host.root)
        let outcome = try host.document(["apply", try #require(plan["id"] as? String)])
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(items.allSatisfy { $0["status"] as? String == "removed" }, "\(label): \(items)")
        let freed = try #require(outcome["freedBytes"] as? NSNumber).int64Value
        #expect(freed == predicted, "\(label)")
        // What only shrinks, or grows by the removal, are a few blocks of the engine's own lists.
        let others = try #require((outcome["othersFreedBytes"] as? NSNumber)?.int64Value ?? (items.isEmpty ? 0 : nil))
        #expect(try before - du(host.root) == freed + others, "\(label)")
        #expect(abs(others) <= 200_000, "\(label)")
        let gone = Set(expected.whole.flatMap { images[$0].names }).union(expected.names)
        #expect(try host.names() == Set(images.flatMap(\.names)).subtracting(gone), "\(label)")
        let again = try host.document(["plan", "--engine", host.engine] + policy.options)
        #expect((again["victims"] as? [Any])?.isEmpty == true, "\(label)")
        // The next host begins with nothing.
        if kind == .containerd {
            for place in used { try host.removeContainer("c\(seed)-\(place)") }
        } else {
            let containers = try host.document(["container", "prune", "-f", "--engine", host.engine])
            #expect(containers["freedBytes"] as? NSNumber == containers["predictedBytes"] as? NSNumber, "\(label)")
        }
        let rest = try host.document(["image", "prune", "-a", "-f", "--engine", host.engine])
        #expect(rest["freedBytes"] as? NSNumber == rest["predictedBytes"] as? NSNumber, "\(label)")
        #expect(try host.names().isEmpty, "\(label)")
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func docker() throws {
        let host = try EngineHost(.docker)
        for seed in Chances("docker", usual: 6) { try prune(.docker, host, seed: seed) }
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podman() throws {
        let host = try EngineHost(.podman)
        for seed in Chances("podman", usual: 6) { try prune(.podman, host, seed: seed) }
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerd() throws {
        let host = try EngineHost(.containerd)
        for seed in Chances("containerd", usual: 6) { try prune(.containerd, host, seed: seed) }
    }
}
