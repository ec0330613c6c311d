import Foundation
import OCISpec
import TestSupport
import Testing

/// Marks by chance on hosts by chance: the plan takes exactly these, and frees what was said, as the files and du see it.
@Suite(.serialized) struct RandomMarkTests {
    /// The places of the images that go: not what a container uses, and of podman's not what one that stays is built on.
    private func going(_ marked: Set<Int>, used: Set<Int>, _ images: [RandomImages.Image], _ kind: EngineHost.Kind) -> Set<Int> {
        var going = marked.subtracting(used)
        func hasChild(_ place: Int) -> Bool {
            images.indices.contains { other in
                !going.contains(other) && images[other].layers.count > images[place].layers.count
                    && images[other].layers.starts(with: images[place].layers)
            }
        }
        if kind == .podman { while let held = going.first(where: { hasChild($0) }) { going.remove(held) } }
        return going
    }

    private func mark(_ kind: EngineHost.Kind, _ host: EngineHost, seed: Int) throws {
        var numbers = SeededNumbers(seed: seed + 300)
        let images = RandomImages(&numbers, canBeNameless: false).images
        try host.load(images.map(\.built))
        var used: Set<Int> = []
        for place in images.indices where numbers.chance(20) {
            try host.create("m\(seed)-\(place)", from: images[place].names[0])
            used.insert(place)
        }
        let marked = Set(numbers.some(of: Array(images.indices), percent: numbers.one(of: [30, 60, 100])))
        // Where the files tell that a container does not run, it can go with its image.
        let gone = kind == .containerd ? [] : used.filter { _ in numbers.chance(50) }
        var options = marked.sorted().flatMap { ["--only", "image=\(images[$0].names[0])"] }
        options += gone.sorted().flatMap { ["--only", "container=m\(seed)-\($0)"] }
        let left = used.subtracting(gone)
        guard !options.isEmpty else {
            // By chance nothing is marked; the next host begins with nothing.
            return try clear(host, left, seed)
        }
        let label = "\(kind) \(seed) \(marked) \(gone)"
        let plan = try host.document(["plan", "--engine", host.engine] + options)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        let expected = going(marked, used: left, images, kind)
        #expect(
            Set(
                victims.filter { $0["type"] as? String == "image" }.map {
                    Set(($0["names"] as? [String]) ?? []).intersection(images.flatMap(\.names))
                })
                == Set(expected.map { Set(images[$0].names) }), "\(label)")
        #expect((plan["kept"] as? [Any])?.count == marked.count - expected.count, "\(label)")
        let predicted = victims.compactMap { ($0["freesBytes"] as? NSNumber)?.int64Value }.reduce(0, +)
        let before = try du(host.root)
        let outcome = try host.document(["apply", try #require(plan["id"] as? String)])
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(items.allSatisfy { $0["status"] as? String == "removed" }, "\(label): \(items)")
        #expect(try #require(outcome["freedBytes"] as? NSNumber).int64Value == predicted, "\(label)")
        let others = (outcome["othersFreedBytes"] as? NSNumber)?.int64Value ?? 0
        #expect(try before - du(host.root) == predicted + others, "\(label)")
        let names = Set(expected.flatMap { images[$0].names })
        #expect(try host.names() == Set(images.flatMap(\.names)).subtracting(names), "\(label)")
        try clear(host, left, seed)
    }

    private func clear(_ host: EngineHost, _ used: Set<Int>, _ seed: Int) throws {
        for place in used { try host.removeContainer("m\(seed)-\(place)") }
        _ = try host.document(["image", "prune", "-a", "-f", "--engine", host.engine])
        #expect(try host.names().isEmpty)
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func docker() throws {
        let host = try EngineHost(.docker)
        for seed in Chances("marks of docker", usual: 4) { try mark(.docker, host, seed: seed) }
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podman() throws {
        let host = try EngineHost(.podman)
        for seed in Chances("marks of podman", usual: 4) { try mark(.podman, host, seed: seed) }
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerd() throws {
        let host = try EngineHost(.containerd)
        for seed in Chances("marks of containerd", usual: 4) { try mark(.containerd, host, seed: seed) }
    }
}
