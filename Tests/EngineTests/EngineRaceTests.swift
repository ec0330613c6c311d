import Foundation
import TestSupport
import Testing

/// What others do to an engine's images between a plan and its end: what they use stays, what stays says why, and the engine is sound.
///
/// With `STRATA_HOSTS` it goes on for that many races; see `Chances`.
@Suite(.serialized) struct EngineRaceTests {
    /// Everything is done before the plan is carried out, so each victim's end is known.
    private func before(_ host: EngineHost, _ seed: Int) throws {
        let race = try EngineRace(host, EngineRace.Act.allCases, seed: seed)
        let result = try race.run(after: nil)
        let label = "\(host.kind) before, seed \(seed)"
        for act in race.acts {
            #expect(result.did(act), "\(label) \(act): \(result.acts[act]?.errors ?? "")")
            let item = try #require(result.items[race.victim(act)], "\(label) \(act)")
            let reason: String? =
                switch act {
                // An image of containerd's has gone with its last name.
                case .move: host.kind == .containerd ? "it is gone" : "\(race.victim(act)) is another image's name now"
                case .use: "container user-\(seed) uses it"
                case .name: "it has the name \(race.made(act)) now"
                case .remove: "it is gone"
                // A layer that others have stays; podman keeps an image on which others stand.
                case .load: host.kind == .podman ? "\(race.made(act)) is built on it" : nil
                case .build, .rebuild:
                    if host.kind == .podman {
                        "\(race.made(act)) is built on it"
                    } else {
                        race.withBuildKit ? nil : "is built on it"
                    }
                }
            #expect(item.status == (reason == nil ? "removed" : "skipped"), "\(label) \(act): \(item)")
            if let reason { #expect(item.detail.hasSuffix(reason), "\(label) \(act): \(item)") }
        }
        try require(race, result, label)
    }

    /// Everything is done while the plan is carried out, each at a moment by chance.
    private func during(_ host: EngineHost, _ seed: Int) throws -> String {
        var numbers = SeededNumbers(seed: seed)
        let acts = numbers.some(of: EngineRace.Act.allCases, percent: 75)
        // About as long as the removal takes.
        let span = host.kind == .podman ? 2500 : 700
        let delays = Dictionary(uniqueKeysWithValues: acts.map { ($0, numbers.number(0...span)) })
        let race = try EngineRace(host, acts, seed: seed)
        let result = try race.run(after: delays)
        try require(race, result, "\(host.kind) during, seed \(seed), \(delays.map { "\($0) after \($1) ms" })")
        return race.acts.map { "\($0) \(result.did($0) ? "+" : "-") \(result.items[race.victim($0)]?.status ?? "?")" }
            .joined(separator: ", ")
    }

    /// What holds after every race.
    private func require(_ race: EngineRace, _ result: EngineRace.Result, _ label: String) throws {
        let host = race.host
        let names = try host.names()
        #expect(names.contains(EngineRace.base), "\(label)")
        for (name, item) in result.items {
            switch item.status {
            case "removed": #expect(!names.contains(name) || name == race.victim(.move), "\(label): \(name)")
            case "skipped":
                #expect(!item.detail.isEmpty, "\(label): \(name)")
                // Steps of a build have no names.
                let isNamed = name.hasPrefix("localhost/")
                let isToStay = isNamed && name != race.victim(.remove) && name != race.victim(.move)
                #expect(!isToStay || names.contains(name), "\(label): \(name) \(item)")
            default: Issue.record("\(label): \(name) \(item)")
            }
        }
        for act in race.acts {
            let item = try #require(result.items[race.victim(act)], "\(label) \(act)")
            // What could not be done came too late.
            guard result.did(act) else {
                #expect(item.status == "removed" && act != .load, "\(label) \(act): \(item) \(result.acts[act]?.errors ?? "")")
                continue
            }
            switch act {
            case .use:
                // A container keeps what it stands on. The image goes all the same with containerd, and with Docker in the moment
                // in which it is about to note the container.
                #expect(try host.runs(race.made(act)), "\(label): \(item)")
                #expect(host.kind != .podman || item.status == "skipped", "\(label): \(item)")
            case .build, .rebuild, .load, .name: #expect(names.contains(race.made(act)), "\(label) \(act): \(item)")
            case .remove: #expect(!names.contains(race.victim(act)), "\(label): \(item)")
            case .move: break
            }
        }
        for name in EngineRace.untouched(race.seed) { #expect(result.items[name]?.status == "removed", "\(label)") }
        try requireBytes(race, result, label)
        try host.requireSound(label)
        try requireRest(race, isUsed: result.did(.use), label)
    }

    /// What was removed freed what was said, but for layers that others have by now, or had at that moment.
    private func requireBytes(_ race: EngineRace, _ result: EngineRace.Result, _ label: String) throws {
        var keepers: [EngineRace.Act] = [.use, .build, .rebuild, .load]
        // Of containerd's only the name goes, whatever came between the look and that.
        if race.host.kind == .containerd { keepers.append(.name) }
        let shared = Set(keepers.map { race.victim($0) })
        let removed = result.items.filter { $0.value.status == "removed" }
        let most = removed.values.reduce(0) { $0 + $1.predicted }
        let least = removed.filter { !shared.contains($0.key) }.values.reduce(0) { $0 + $1.predicted }
        #expect((least...most).contains(result.freed), "\(label): \(result.freed) of \(least)...\(most), \(result.items)")
    }

    /// Once the others are done a prune frees what it says, takes all that nothing uses, and leaves the container running.
    private func requireRest(_ race: EngineRace, isUsed: Bool, _ label: String) throws {
        let host = race.host
        let prune = ["image", "prune", "-a", "-f", "--keep", "^localhost/base:", "--engine", host.engine]
        for isLast in [false, true] {
            let outcome = try host.document(prune)
            let items = try #require(outcome["items"] as? [[String: Any]])
            #expect(items.allSatisfy { $0["status"] as? String == "removed" }, "\(label): \(items)")
            #expect(outcome["freedBytes"] as? NSNumber == outcome["predictedBytes"] as? NSNumber, "\(label): \(outcome)")
            let usage = try host.document(["df", "--engine", host.engine])
            #expect((usage["leaks"] as? [Any])?.isEmpty == true, "\(label): \(usage["leaks"] ?? "")")
            if !isLast {
                guard try race.hasContainer() else { break }
                #expect(try !isUsed || host.runs(race.made(.use)), "\(label)")
                try host.discard(race.made(.use))
            }
        }
        let left = try host.names()
        // The base was to stay with all its names.
        if left.contains(race.victim(.move)) { try host.untag(race.victim(.move)) }
        #expect(left.subtracting([race.victim(.move)]) == [EngineRace.base], "\(label)")
    }

    private func host(_ kind: EngineHost.Kind) throws -> EngineHost {
        let host = try EngineHost(kind)
        try EngineRace.prepare(host)
        return host
    }

    private func during(_ kind: EngineHost.Kind) throws {
        let host = try host(kind)
        let seeds = Chances("races of \(kind)", usual: 1)
        for seed in seeds {
            let summary = try during(host, seed)
            seeds.tell(summary)
        }
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func beforeDockerRemoves() throws {
        try before(host(.docker), 0)
    }

    /// The seed's number says that Docker's classic builder builds.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func beforeDockerRemovesAndBuildsClassically() throws {
        try before(host(.docker), 1)
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func beforePodmanRemoves() throws { try before(host(.podman), 0) }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func beforeContainerdRemoves() throws {
        try before(host(.containerd), 0)
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func whileDockerRemoves() throws { try during(.docker) }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func whilePodmanRemoves() throws { try during(.podman) }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func whileContainerdRemoves() throws {
        try during(.containerd)
    }
}
