import Glibc
import OCISpec
import StorageIO
import Synchronization
import TestSupport
import Testing

/// Pulls and pushes beside one another, beside a gc, and cut short.
struct RegistryConcurrencyTests {
    private static let imageCount = 5

    /// A registry with images that share layers with their neighbours.
    private func registry() throws -> (registry: DockerRegistry, names: [String]) {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        let layers = try (0...Self.imageCount).map { number in
            let tar = Tar([.file("f\(number)", size: 2_000_000, seed: UInt64(number + 1))]).bytes
            return BuiltLayer(
                tar, stored: try Compressor.gzip(tar, "-n"), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
        }
        let names = (0..<Self.imageCount).map { "\(registry.name)/i\($0):1" }
        let images = names.enumerated().map { number, name in
            ImageBuilder([layers[number], layers[number + 1], layers[0]], named: name)
        }
        try bench.succeed("load", "-i", try bench.file("in.tar", try ImageBuilder.layout(images).tar))
        for name in names { try bench.succeed("push", name) }
        return (registry, names)
    }

    @Test(.needs("docker-registry")) func tenPullsBesideACollectionFetchEachBlobOnce() throws {
        let (registry, names) = try registry()
        let bench = try Workbench()
        try bench.succeed("images")
        let pulls = try (0..<10).map { try bench.program.start(["pull", names[$0 % names.count]]) }
        while pulls.contains(where: \.isRunning) {
            let outcome = try bench.strata("gc", "--min-age", "0s")
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        for pull in pulls {
            let outcome = try pull.wait()
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(registry.blobDeliveries.filter { $0.value > 1 && !isConfig($0.key, registry) } == [:])
        #expect(try bench.imageNames().sorted() == names)
        #expect(bench.problems == [])
        try bench.succeed("fsck")
    }

    /// A process that was stopped, or whose server gives nothing, is not waited for.
    @Test func whatAnotherProcessDoesNotBringIsFetchedBesideIt() throws {
        let gate = Gate()
        let digest = try #require(try PullScene.makeImage().layers.first?.descriptor.digest.description)
        let scene = try PullScene { request in
            guard PullScene.isForLayer(request, digest) else { return nil }
            if gate.isFirst { while !gate.isOpen { usleep(10_000) } }
            return nil
        }
        defer { gate.isOpen = true }
        let first = try scene.bench.program.start(["pull", "-q", scene.name])
        while first.isRunning, gate.count == 0 { usleep(10_000) }
        first.signal(SIGSTOP)
        defer { first.signal(SIGKILL) }
        let second = try scene.bench.program.start(["pull", "-q", scene.name])
        let outcome = try second.wait(timeLimit: 100)
        #expect(outcome.status == 0, "\(outcome.errors)")
        gate.isOpen = true
        first.signal(SIGCONT)
        let late = try first.wait(timeLimit: 60)
        #expect(late.status == 0, "\(late.errors)")
        #expect(try scene.bench.imageNames() == [scene.name])
        #expect(scene.bench.problems == [])
    }

    /// Holds the first of several requests.
    private final class Gate: Sendable {
        private let state = Mutex((count: 0, isOpen: false))

        var count: Int { state.withLock { $0.count } }

        /// Whether nobody has asked before.
        var isFirst: Bool {
            state.withLock { state in
                state.count += 1
                return state.count == 1
            }
        }

        var isOpen: Bool {
            get { state.withLock { $0.isOpen } }
            set { state.withLock { $0.isOpen = newValue } }
        }
    }

    /// Configs are a few hundred bytes, and asked for before anything is claimed.
    private func isConfig(_ digest: String, _ registry: DockerRegistry) -> Bool {
        registry.requests.contains { $0.path.hasSuffix(digest) && $0.status == 200 && $0.bytes < 1000 && $0.method == "GET" }
    }

    private static let pullPlaces: [String] = Failpoint.allCases.map(\.rawValue).flatMap { name -> [String] in
        if name.hasPrefix("blob.") { return [name, name + ":2", name + ":4"] }
        return ["session.", "index.", "catalog.before", "catalog.after"].contains { name.hasPrefix($0) } ? [name] : []
    }

    @Test(.needs("docker-registry")) func aPullKilledAnywhereIsMadeGoodByTheNext() throws {
        let (registry, names) = try registry()
        for place in Self.pullPlaces {
            let bench = try Workbench()
            try bench.succeed("images")
            let killed = try bench.strata("pull", names[1], environment: ["STRATA_FAILPOINT": place])
            #expect(killed.isKilled || killed.status == 0, "at \(place): \(killed.errors)")
            #expect(try bench.imageNames() == [] || bench.imageNames() == [names[1]], "killed at \(place)")
            #expect(try bench.strata("fsck").status == 0, "killed at \(place)")
            let there = Set(bench.names("blobs/sha256"))
            let before = registry.blobDeliveries
            let again = try bench.strata("pull", names[1])
            #expect(again.status == 0, "after a kill at \(place): \(again.errors)")
            let fetched = registry.blobDeliveries.filter { $0.value > before[$0.key, default: 0] }.keys
            #expect(fetched.allSatisfy { !there.contains(String($0.dropFirst("sha256:".count))) }, "after a kill at \(place)")
            #expect(bench.problems == [], "after a kill at \(place)")
            #expect(bench.ingestNames == [], "after a kill at \(place)")
        }
    }

    @Test(.needs("docker-registry")) func aPushKilledAnywhereIsMadeGoodByTheNext() throws {
        let (registry, names) = try registry()
        let places = Failpoint.allCases.map(\.rawValue).filter { $0.hasPrefix("session.") || $0.hasPrefix("catalog.") }
        for (number, place) in places.enumerated() {
            let bench = try Workbench()
            let tar = Tar([.file("p\(number)", size: 300_000, seed: UInt64(100 + number))]).bytes
            let name = "\(registry.name)/pushed:\(number)"
            let image = ImageBuilder([BuiltLayer(tar)], named: name)
            try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
            let killed = try bench.strata("push", name, environment: ["STRATA_FAILPOINT": place])
            #expect(killed.isKilled || killed.status == 0, "at \(place): \(killed.errors)")
            #expect(try bench.strata("fsck").status == 0, "killed at \(place)")
            try bench.succeed("push", name)
            #expect(bench.problems == [], "after a kill at \(place)")
            try Workbench().succeed("pull", name)
        }
        #expect(names.count == Self.imageCount)
    }

    @Test(.needs("docker-registry"), arguments: 0..<6) func aPushKilledByTimeSendsOnlyTheRest(round: Int) throws {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        let name = "\(registry.name)/a:1"
        let layers = try (0..<6).map { number in
            let tar = Tar([.file("f\(number)", size: 3_000_000, seed: UInt64(number + 1))]).bytes
            return BuiltLayer(
                tar, stored: try Compressor.gzip(tar, "-n"), mediaType: "application/vnd.oci.image.layer.v1.tar+gzip")
        }
        try bench.succeed("load", "-i", try bench.file("in.tar", try ImageBuilder(layers, named: name).layout().tar))
        let push = try bench.program.start(["push", name])
        while push.isRunning, registry.requests.filter({ $0.method == "PUT" && $0.status == 201 }).count < round {}
        push.signal(9)
        _ = try push.wait()
        #expect(try bench.strata("fsck").status == 0)
        let had = registry.requests.filter { $0.method == "PUT" && $0.path.contains("/blobs/uploads/") && $0.status == 201 }.count
        try bench.succeed("push", name)
        let all = registry.requests.filter { $0.method == "PUT" && $0.path.contains("/blobs/uploads/") && $0.status == 201 }.count
        #expect(all == 7, "\(had) blobs were there before the second push")
        #expect(bench.problems == [])
        try Workbench().succeed("pull", name)
    }
}
