import Foundation
import Glibc
import TestSupport

/// One of those who work on a soak's store: it has names that nobody else writes, by which it knows what must be there, and uses
/// names that all share, which come and go.
struct SoakWorker {
    private let number: Int
    private let scene: SoakScene
    private var random: SeededNumbers
    /// What the last successful command left under each of the worker's names: an image's ID, or nothing.
    ///
    /// A name that a killed command was about is not in it.
    private var left: [String: String?] = [:]
    /// Plans that moved something into the trash.
    private var plans: [String] = []

    private var a: String { "localhost/own-\(number):a" }
    private var b: String { "localhost/own-\(number):b" }

    init(_ number: Int, _ scene: SoakScene) {
        self.number = number
        self.scene = scene
        random = SeededNumbers(seed: number)
    }

    // Steps

    /// Does something, and looks whether all that must be there is.
    mutating func step() throws {
        switch Int.random(in: 0..<22, using: &random) {
        case 0...3: try loadOwn()
        case 4, 5: try tagOwn()
        case 6: try removeOwn()
        case 7: try share(["load", "-q", "-i", archive("shared")])
        case 8: try share(["tag", shared(), "localhost/other:\(Int.random(in: 0..<4, using: &random))"])
        case 9: try share(["rmi", "-f", shared()])
        case 10: try share(["image", "prune", "-af", "--filter", "ref=localhost/soak:*"] + (flip() ? ["--trash", "1s"] : []))
        case 11: try pruneAndUndo()
        case 12: try share(["image", "prune", "-f"])
        case 13: try look(["gc"])
        case 14: try look(["df"])
        case 15: try look(["analyze", shared()])
        case 16: try build()
        case 17: if let registry = scene.registry { try share(["pull", "-q", "\(registry)/soak:\(image())"]) }
        case 18, 19: try copyIn()
        default: try readOwn()
        }
        check()
    }

    /// Brings in, names and reads, while another tool writes back the index that it has read as it likes: names are nobody's then, and
    /// nothing is removed, but every blob must be right.
    mutating func stepWithoutNames(skopeo: NameLock) throws {
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: _ = try run(["load", "-q", "-i", archive("\(number)")])
        case 2: _ = try run(["load", "-q", "-i", archive("shared")])
        case 3: _ = try run(["tag", shared(), "localhost/other:\(Int.random(in: 0..<4, using: &random))"])
        case 4: _ = try run(["df"])
        case 5: _ = try run(["gc"])
        case 6 where scene.hasSkopeo:
            let image = image()
            try skopeo.alone { _ = try copy(image) }
        default: _ = try run(["analyze", shared()])
        }
    }

    private mutating func image() -> Int { Int.random(in: 0..<SoakScene.imageCount, using: &random) }
    private mutating func flip() -> Bool { Bool.random(using: &random) }
    private mutating func shared() -> String { "localhost/soak:\(image())" }
    private mutating func archive(_ whose: String) -> String { scene.bench.folder.path("\(whose)-\(image()).tar") }

    private mutating func loadOwn() throws {
        let image = image()
        try own(a, scene.ids[image], ["load", "-q", "-i", scene.bench.folder.path("\(number)-\(image).tar")])
    }

    private mutating func tagOwn() throws {
        guard case let id?? = left[a] else { return try loadOwn() }
        try own(b, id, ["tag", a, b])
    }

    private mutating func removeOwn() throws {
        guard let name = left.filter({ $0.value != nil }).keys.sorted().randomElement(using: &random) else { return }
        try own(name, nil, ["rmi", "-f", name])
    }

    /// Runs a command that leaves the image `id` under a name of this worker's.
    private mutating func own(_ name: String, _ id: String?, _ arguments: [String]) throws {
        let outcome = try scene.names.shared { try run(arguments) }
        if let outcome, outcome.status == 0 { left.updateValue(id, forKey: name) } else { left.removeValue(forKey: name) }
    }

    private mutating func share(_ arguments: [String]) throws { _ = try scene.names.shared { try run(arguments) } }

    private mutating func look(_ arguments: [String]) throws { _ = try run(arguments) }

    private mutating func pruneAndUndo() throws {
        let arguments = ["image", "prune", "-af", "--filter", "ref=localhost/soak:*", "--trash", "1h", "--format", "json"]
        let outcome = try scene.names.shared { try run(arguments) }
        if let outcome, outcome.status == 0, let plan = try object(outcome.output)["planID"] as? String { plans.append(plan) }
        if flip(), let plan = plans.popLast() { try share(["undo", plan]) }
    }

    private mutating func build() throws {
        guard case _?? = left[a] else { return }
        let context = scene.bench.folder.path("context-\(number)")
        try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
        try Data("FROM \(a)\nCOPY f /f\n".utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
        try Data("\(image())".utf8).write(to: URL(fileURLWithPath: "\(context)/f"))
        try share(["build", "-q", "-t", "localhost/soak:b\(number)", context])
    }

    /// What must be there can be read, by either tool.
    private mutating func readOwn() throws {
        guard let name = left.filter({ $0.value != nil }).keys.sorted().randomElement(using: &random) else { return }
        if scene.hasSkopeo, flip() {
            let target = scene.bench.folder.path("out-\(number)")
            // It may find a manifest that another skopeo is just writing anew.
            let copy = "skopeo copy -q --insecure-policy \"oci:$STRATA_STORE:$1\" \"dir:$2\""
            let outcome = try scene.bench.shell("rm -rf \"$2\"; \(copy) 2> \"$2.err\" || { sleep 0.2; \(copy); }", name, target)
            scene.count("skopeo out", "\(outcome.status)")
            if outcome.status != 0 { scene.fail("skopeo cannot read \(name): \(outcome.errors)") }
        } else {
            let isSaved = flip()
            _ = try run(isSaved ? ["save", "-o", scene.bench.folder.path("out-\(number).tar"), name] : ["analyze", name])
        }
    }

    private mutating func copyIn() throws {
        guard scene.hasSkopeo else { return }
        let image = image()
        try scene.names.alone {
            if try copy(image) { left.updateValue(scene.ids[image], forKey: "localhost/skopeo-\(number):1") }
        }
    }

    private func copy(_ image: Int) throws -> Bool {
        let outcome = try scene.bench.shell(
            "skopeo copy -q --insecure-policy \"oci:$1:$2\" \"oci:$STRATA_STORE:$3\"", scene.bench.folder.path("layout"),
            "localhost/soak:\(image)", "localhost/skopeo-\(number):1")
        scene.count("skopeo in", "\(outcome.status)")
        if outcome.status != 0 { scene.fail("skopeo cannot write: \(outcome.errors)") }
        return outcome.status == 0
    }

    // Commands

    /// Runs strata, and kills or interrupts it now and then; nil where it was.
    private mutating func run(_ arguments: [String]) throws -> Program.Outcome? {
        let running = try scene.bench.program.start(arguments)
        let fate = Int.random(in: 0..<10, using: &random)
        if fate < 2 {
            // At any moment, whatever it does by then.
            usleep(UInt32.random(in: 0..<60_000, using: &random))
            running.signal(fate == 0 ? SIGKILL : SIGTERM)
        }
        let outcome = try running.wait(timeLimit: 300)
        if outcome.status == 128 + SIGKILL || outcome.status == 128 + SIGTERM {
            scene.count(arguments[0], "killed")
            return nil
        }
        scene.count(arguments[0], "\(outcome.status)")
        if let problem = Self.problem(arguments, outcome) { scene.fail(problem) }
        return outcome
    }

    /// What a command must not end with: that a shared image is gone is normal here, damage is not.
    private static func problem(_ arguments: [String], _ outcome: Program.Outcome) -> String? {
        if outcome.status == 0 { return nil }
        let isAbsence = outcome.errors.contains("no such image") || outcome.errors.contains("no image localhost/")
        if isAbsence, ["tag", "rmi", "analyze"].contains(arguments[0]), !arguments.contains(where: { $0.contains("/own-") }) {
            return nil
        }
        let isUndone = ["in the trash", "removed since"].contains(where: outcome.errors.contains)
        if isUndone, arguments[0] == "undo" { return nil }
        return "\(arguments) ended with \(outcome.status): \(outcome.errors)"
    }

    // What must be

    /// Looks whether every name of this worker leads to what was left under it.
    func check() {
        let entries = SoakScene.entries(of: scene.bench.store)
        for (name, expected) in left {
            let found = scene.imageID(of: name, among: entries)
            if found != expected { scene.fail("\(name) should be \(expected ?? "gone") and is \(found ?? "gone")") }
        }
    }
}
