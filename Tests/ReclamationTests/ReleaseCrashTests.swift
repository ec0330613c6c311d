import Dispatch
import Foundation
import OCISpec
import StorageIO
import TestSupport
import Testing

/// `rmi` is killed, or fails, at every step of a release, and many processes import and remove at once.
struct ReleaseCrashTests {
    /// A store of three images, of which two share a layer, and the program that works on it.
    private struct Bench {
        let folder: TemporaryDirectory
        let images: [ImageBuilder]

        init() throws {
            folder = try TemporaryDirectory()
            func layer(_ name: String) -> BuiltLayer { BuiltLayer([.file("\(name)/x", [UInt8](name.utf8))]) }
            images = [
                ImageBuilder([layer("base"), layer("a1"), layer("a2")], named: "localhost/a:1"),
                ImageBuilder([layer("base"), layer("b")], named: "localhost/b:1"),
                ImageBuilder([layer("c")], named: "localhost/c:1"),
            ]
            try ImageBuilder.layout(images).write(to: store)
            let unpacked = "\(store)/layers/sha256-\(images[0].layers[1].diffID.hex)/diff/a1"
            try FileManager.default.createDirectory(atPath: unpacked, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: "\(unpacked)/x"))
            // So that the store is complete before anything is measured.
            _ = try strata("df")
        }

        var store: String { folder.path("store") }

        func strata(_ arguments: String..., failpoint: String? = nil) throws -> Program.Outcome {
            var environment = ["STRATA_STORE": store, "HOME": folder.path]
            environment["STRATA_FAILPOINT"] = failpoint
            return try Program.strata.run(arguments, environment: environment)
        }

        func names(_ path: String) -> [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: "\(store)/\(path)")) ?? []).sorted()
        }

        var imageNames: [String] {
            get throws {
                try strata("images").lines.dropFirst().map { line in
                    line.split(separator: " ").prefix(2).joined(separator: ":")
                }.sorted()
            }
        }

        /// The blobs of images, by what their documents say.
        func blobs(of images: [ImageBuilder]) throws -> [String] {
            var names: Set<String> = []
            for image in images {
                names.formUnion(image.layers.map(\.descriptor.digest.hex))
                names.insert(sha256(try image.config()).hex)
                names.insert(sha256(try image.manifest()).hex)
            }
            return names.sorted()
        }
    }

    /// A kept bin has points of its own.
    private static let points = Failpoint.allCases.map(\.rawValue).filter {
        ($0.hasPrefix("release.") && !$0.hasSuffix("-complete")) || $0.hasPrefix("index.")
    }
    private static let places = points + ["release.before-move:2", "release.after-move:4", "release.after-remove:2"]

    @Test(arguments: places, ["nosuch", "localhost/c:1", "localhost/a:1"])
    func aKilledRemovalIsFinishedByTheNext(place: String, next: String) throws {
        let bench = try Bench()
        let killed = try bench.strata("rmi", "localhost/a:1", failpoint: place)
        #expect(killed.isKilled, "\(place) is not reached: \(killed.errors)")
        try expectRecovery(bench, next)
    }

    @Test(arguments: points, ["ENOSPC", "EIO"])
    func aRemovalThatFailedIsFinishedByTheNext(point: String, error: String) throws {
        let bench = try Bench()
        let failed = try bench.strata("rmi", "localhost/a:1", failpoint: "\(point)=\(error)")
        #expect(failed.status == 3 || failed.status == 0, "\(point): \(failed.status) \(failed.errors)")
        if failed.status == 3 {
            #expect(failed.errors.contains(bench.store), "\(failed.errors)")
            // Once its names have gone that is told; of an index that was not synced it is not known.
            let isGone = try !bench.imageNames.contains("localhost/a:1")
            #expect(failed.output.isEmpty == !(isGone && point.hasPrefix("release.")))
        }
        try expectRecovery(bench, "nosuch")
    }

    /// Whatever happened, the other images are whole, and after the next removal so is the store.
    private func expectRecovery(_ bench: Bench, _ next: String) throws {
        let wasReleased = try !bench.imageNames.contains("localhost/a:1")
        let check = try bench.strata("fsck")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let others = try bench.blobs(of: Array(bench.images[1...]))
        #expect(Set(bench.names("blobs/sha256")).isSuperset(of: others))

        let outcome = try bench.strata("rmi", next)
        let isFound = next == "localhost/c:1" || (next == "localhost/a:1" && !wasReleased)
        #expect(outcome.status == (isFound ? 0 : 3), "\(outcome.errors)")
        let left = bench.images.enumerated().filter { number, image in
            image.names[0] != next && (number != 0 || !wasReleased)
        }.map(\.element)
        #expect(try bench.imageNames == left.flatMap(\.names))
        #expect(bench.names("trash") == [])
        #expect(try bench.names("blobs/sha256") == bench.blobs(of: left))
        #expect(bench.names("layers").isEmpty == !left.contains { $0.names == ["localhost/a:1"] })
        #expect(StoreChecker.problems(at: bench.store).filter { $0 != "left over: locks/index.json.new" } == [])
        #expect(try bench.strata("fsck").status == 0)
    }

    /// Six processes at a time import and remove images that share their layers; at the end each has what its last command left.
    @Test func importsAndRemovalsAtTheSameTimeLoseNothing() throws {
        let folder = try TemporaryDirectory()
        let store = folder.path("store")
        let layers = (0..<5).map { number in
            BuiltLayer([.file("f\(number)", [UInt8](repeating: UInt8(number), count: 40_000))])
        }
        let stacks = [[0, 1], [0, 1, 2], [0, 2, 3], [1, 4]]
        let results = Results()
        let end = Date().addingTimeInterval(6)
        DispatchQueue.concurrentPerform(iterations: 6) { worker in
            do {
                var random = SeededNumbers(seed: worker)
                var left: Set<String> = []
                var archives: [String] = []
                for (number, stack) in stacks.enumerated() {
                    let image = ImageBuilder(stack.map { layers[$0] }, named: "localhost/w\(worker):\(number)")
                    archives.append(folder.path("\(worker)-\(number).tar"))
                    try Data(try image.layout().tar).write(to: URL(fileURLWithPath: archives[number]))
                }
                while Date() < end {
                    let number = random.number(0...3)
                    let name = "localhost/w\(worker):\(number)"
                    let isGone = left.contains(name)
                    let arguments = isGone ? ["rmi", name] : ["load", "-q", "-i", archives[number]]
                    let outcome = try Program.strata.run(arguments, environment: ["STRATA_STORE": store, "HOME": folder.path])
                    guard outcome.status == 0 else {
                        results.add(problem: "\(arguments): \(outcome.status) \(outcome.errors)")
                        continue
                    }
                    if isGone { left.remove(name) } else { left.insert(name) }
                }
                results.add(names: left)
            } catch {
                results.add(problem: "\(error)")
            }
        }
        #expect(results.problems == [])
        let listed = try Program.strata.run(["images"], environment: ["STRATA_STORE": store, "HOME": folder.path]).lines
        let names = listed.dropFirst().map { $0.split(separator: " ").prefix(2).joined(separator: ":") }
        #expect(Set(names) == results.names)
        #expect(StoreChecker.problems(at: store) == [])
        #expect(try Program.strata.run(["fsck"], environment: ["STRATA_STORE": store]).status == 0)
    }

    /// What the workers found.
    private final class Results: @unchecked Sendable {
        private let lock = NSLock()
        private(set) var problems: [String] = []
        private(set) var names: Set<String> = []

        func add(problem: String) { lock.withLock { problems.append(problem) } }
        func add(names: Set<String>) { lock.withLock { self.names.formUnion(names) } }
    }
}
