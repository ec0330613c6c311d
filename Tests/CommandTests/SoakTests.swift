import Dispatch
import Foundation
import TestSupport
import Testing

/// Eight processes at a time bring in, name, remove, prune, undo, build, pull, collect and read overlapping images, some are
/// killed or interrupted, and skopeo copies into the store and out of it.
///
/// It runs for a few seconds; `STRATA_SOAK` in the environment says for how many.
struct SoakTests {
    private static let workers = 8
    private static var seconds: Double {
        ProcessInfo.processInfo.environment["STRATA_SOAK"].flatMap(Double.init) ?? 18
    }

    /// All that a successful command left is there, whichever tool's it was, and every blob is right.
    ///
    /// Skopeo writes back the index that it has read, so while it writes nobody else changes names. Then, for a sixth of the time, it
    /// writes when it likes: names may be lost to it, and no blob.
    @Test func whatASuccessfulCommandLeftIsWholeAndNothingLeaks() throws {
        let registry = DockerRegistry.isInstalled && Program.isInstalled("skopeo") ? try DockerRegistry() : nil
        defer { withExtendedLifetime(registry) {} }
        let scene = try SoakScene(workers: Self.workers, registry: registry?.name)
        let bench = scene.bench
        try work(scene, seconds: Self.seconds * 5 / 6) { worker in try worker.step() }
        #expect(scene.problems == [])
        try expectWhole(bench)

        let skopeo = NameLock()
        try work(scene, seconds: Self.seconds / 6) { worker in try worker.stepWithoutNames(skopeo: skopeo) }
        #expect(scene.problems == [])
        try expectWhole(bench)

        // Skopeo leaves an entry without a name for each that it takes the name of.
        try bench.succeed("image", "prune", "-f")
        try bench.succeed("builder", "prune", "-af")
        try bench.succeed("gc", "--min-age", "0s", "--empty-trash")
        let check = try bench.strata("fsck")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(!["orphan", "leftover", "stray"].contains(where: check.output.contains), "\(check.output)")
        #expect(bench.problems == [])
        #expect(bench.names("layers/l") == [])
        if ProcessInfo.processInfo.environment["STRATA_SOAK"] != nil { print("soak: \(scene.summary)") }
    }

    private func work(_ scene: SoakScene, seconds: Double, _ body: @escaping @Sendable (inout SoakWorker) throws -> Void) throws {
        let end = Date().addingTimeInterval(seconds)
        // Threads of their own: a queue runs no more at a time than there are processors.
        let group = DispatchGroup()
        for number in 0..<Self.workers {
            group.enter()
            Thread {
                var worker = SoakWorker(number, scene)
                do {
                    while Date() < end { try body(&worker) }
                    worker.check()
                } catch {
                    scene.fail("\(error)")
                }
                group.leave()
            }.start()
        }
        group.wait()
    }

    /// Nothing that is listed is damaged, whatever else lies about.
    private func expectWhole(_ bench: Workbench) throws {
        let check = try bench.strata("fsck")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        for name in try bench.imageNames() { try bench.succeed("analyze", name) }
    }
}
