import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// Eight processes at a time bring in, name, remove, prune, collect and read overlapping images, and some are killed.
///
/// It runs for a few seconds; `STRATA_SOAK` in the environment says for how many.
struct SoakTests {
    private static let workers = 8

    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// Archives of images that share layers.
    private func archives(_ bench: Workbench) throws -> [String] {
        try (0..<6).map { number in
            let layers = [UInt64(1), UInt64(number % 3) + 10, UInt64(number) + 20].map { seed in
                BuiltLayer([.file("f\(seed)", size: 30_000 + Int(seed) * 100, seed: seed)])
            }
            let image = ImageBuilder(layers, named: "localhost/soak:\(number)")
            let tar = number % 2 == 0 ? try image.dockerArchive().tar : try image.layout().tar
            return try bench.file("soak\(number).tar", tar)
        }
    }

    private func command(_ archives: [String], _ random: inout Numbers) -> [String] {
        let image = "localhost/soak:\(Int.random(in: 0..<6, using: &random))"
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3: return ["load", "-q", "-i", archives.randomElement(using: &random) ?? archives[0]]
        case 4: return ["tag", image, "localhost/other:\(Int.random(in: 0..<4, using: &random))"]
        case 5: return ["rmi", "-f", image]
        case 6:
            return ["image", "prune", "-a", "-f", "--keep-last", "2"] + (Bool.random(using: &random) ? ["--trash", "1s"] : [])
        case 7: return ["gc", "--min-age", "0s"]
        case 8: return ["df"]
        default: return ["analyze", image]
        }
    }

    @Test func whatASuccessfulCommandLeftIsWholeAndNothingLeaks() throws {
        let seconds = ProcessInfo.processInfo.environment["STRATA_SOAK"].flatMap(Double.init) ?? 15
        let bench = try Workbench()
        let archives = try archives(bench)
        let failures = Mutex<[String]>([])
        let counts = Mutex<[String: Int]>([:])
        let end = Date().addingTimeInterval(seconds)
        DispatchQueue.concurrentPerform(iterations: Self.workers) { worker in
            var random = Numbers(state: UInt64(worker) &* 7919 &+ 17)
            while Date() < end {
                let arguments = command(archives, &random)
                let isKilled = Int.random(in: 0..<5, using: &random) == 0
                do {
                    let running = try bench.program.start(arguments)
                    if isKilled {
                        usleep(UInt32.random(in: 0..<60_000, using: &random))
                        running.signal(SIGKILL)
                    }
                    let outcome = try running.wait()
                    counts.withLock { $0["\(arguments[0]) \(outcome.status)", default: 0] += 1 }
                    if let problem = Self.problem(arguments, outcome) { failures.withLock { $0.append(problem) } }
                } catch {
                    failures.withLock { $0.append("\(arguments): \(error)") }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
        Thread.sleep(forTimeInterval: 1.1)
        try bench.succeed("gc", "--min-age", "0s")
        let check = try bench.strata("fsck")
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        #expect(!check.output.contains("orphan"), "\(check.output)")
        for name in try bench.imageNames() { try bench.succeed("analyze", name) }
        #expect(bench.problems == [], "\(counts.withLock { $0 })")
    }

    /// What a command must not end with: an image that is gone is normal here, damage is not.
    private static func problem(_ arguments: [String], _ outcome: Program.Outcome) -> String? {
        if outcome.isKilled || outcome.status == 0 { return nil }
        let isAbsence = outcome.errors.contains("no such image") || outcome.errors.contains("no image localhost/")
        if isAbsence, ["tag", "rmi", "analyze"].contains(arguments[0]) { return nil }
        return "\(arguments) ended with \(outcome.status): \(outcome.errors)"
    }
}
