import Foundation
import Glibc
import TestSupport
import Testing

/// What a plan about an engine does when the engine is not as it was when the plan was made.
@Suite(.serialized) struct EngineApplyTests {
    /// Images of one layer each on a common one, `localhost/NAME:1`.
    private static func images(_ names: [String]) -> [ImageBuilder] {
        let base = BuiltLayer([.file("base", size: 40_000, seed: 99)])
        return names.enumerated().map { number, name in
            ImageBuilder(
                [base, BuiltLayer([.file("own-\(name)", size: 30_000, seed: UInt64(number + 1))])], named: "localhost/\(name):1")
        }
    }

    private func items(_ outcome: [String: Any]) throws -> [String: (status: String, detail: String)] {
        let items = try #require(outcome["items"] as? [[String: Any]])
        return Dictionary(
            items.map {
                ($0["name"] as? String ?? "", ($0["status"] as? String ?? "", $0["detail"] as? String ?? ""))
            }
        ) { first, _ in first }
    }

    private func whatChangedIsSkipped(_ host: EngineHost) throws {
        try host.load(Self.images(["moved", "used", "named", "goes", "other"]))
        let plan = try host.document(["plan", "-a", "--engine", host.engine, "--keep", "localhost/other"])
        #expect((plan["victims"] as? [Any])?.count == 4)
        let id = try #require(plan["id"] as? String)
        try host.tag("localhost/other:1", "localhost/moved:1")
        try host.create("came", from: "localhost/used:1")
        try host.tag("localhost/named:1", "localhost/new:1")
        let outcome = try host.document(["apply", id])
        let found = try items(outcome)
        #expect(found["localhost/goes:1"]?.status == "removed")
        for (name, words) in [
            // An image of containerd's has gone with its last name.
            ("localhost/moved:1", host.kind == .containerd ? "it is gone" : "moved:1"), ("localhost/used:1", "came uses it"),
            ("localhost/named:1", "new:1"),
        ] {
            #expect(found[name]?.status == "skipped", "\(name)")
            #expect(found[name]?.detail.contains(words) == true, "\(String(describing: found[name]))")
        }
        #expect(
            try host.names()
                == ["localhost/moved:1", "localhost/used:1", "localhost/named:1", "localhost/new:1", "localhost/other:1"])
        let freed = try #require(outcome["freedBytes"] as? NSNumber).int64Value
        #expect(freed > 30_000 && freed < 120_000)
        // What a second run finds is as it should be.
        #expect(
            try items(try host.document(["image", "prune", "-f", "--engine", host.engine])).values.allSatisfy {
                $0.status == "removed"
            })
        try host.removeContainer("came")
    }

    /// A plan that takes one name never takes the image, and a name by a digest that came is one like others.
    private func whatWasToStayStays(_ host: EngineHost) throws {
        try host.load(Self.images(["two"]))
        try host.tag("localhost/two:1", "localhost/other:1")
        let plan = try host.document(["plan", "-a", "--engine", host.engine, "--filter", "ref=localhost/two"])
        #expect((plan["victims"] as? [[String: Any]])?.compactMap { $0["type"] as? String } == ["name"])
        try host.untag("localhost/other:1")
        let found = try items(try host.document(["apply", try #require(plan["id"] as? String)]))
        #expect(found["localhost/two:1"]?.status == "skipped", "\(found)")
        #expect(try host.names() == ["localhost/two:1"])
        // With another engine than containerd it would limit nothing.
        let limited = try host.program.run(["plan", "-a", "--engine", host.engine, "--namespace", "nosuch"])
        #expect(limited.status == (host.kind == .containerd ? 0 : 2))
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockersLastNameStays() throws {
        try whatWasToStayStays(try EngineHost(.docker))
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansLastNameStays() throws {
        try whatWasToStayStays(try EngineHost(.podman))
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdsLastNameStays() throws {
        let host = try EngineHost(.containerd)
        try whatWasToStayStays(host)
        let plan = try host.document(["plan", "-a", "--engine", host.engine])
        let digest = try #require((plan["victims"] as? [[String: Any]])?.first?["imageID"] as? String)
        try host.tag("localhost/two:1", "localhost/new/user@\(digest)")
        let found = try items(try host.document(["apply", try #require(plan["id"] as? String)]))
        #expect(found["localhost/two:1"]?.status == "skipped", "\(found)")
    }

    /// An image that a container of podman's mounts is in use, and one with names by digests goes whole.
    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansMountsAndDigests() throws {
        let host = try EngineHost(.podman)
        try host.load(Self.images(["runs", "mounted"]))
        try host.create("c", from: "localhost/runs:1", mounting: "localhost/mounted:1")
        let plan = try host.document(["plan", "-a", "--engine", host.engine])
        #expect((plan["victims"] as? [Any])?.isEmpty == true)
        try host.removeContainer("c")
        let pruned = try host.document(["image", "prune", "-a", "-f", "--engine", host.engine])
        #expect(try items(pruned).values.allSatisfy { $0.status == "removed" })
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockersImagesThatChanged() throws {
        try whatChangedIsSkipped(try EngineHost(.docker))
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansImagesThatChanged() throws {
        try whatChangedIsSkipped(try EngineHost(.podman))
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdsImagesThatChanged() throws {
        try whatChangedIsSkipped(try EngineHost(.containerd))
    }

    /// Another engine than the plan's, or none, is told, and nothing was done.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker", "/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot)
    func anotherEngineIsRefused() throws {
        for kind in [EngineHost.Kind.docker, .containerd] {
            let (host, other) = (try EngineHost(kind), try EngineHost(kind))
            for engine in [host, other] { try engine.load(Self.images(["one"])) }
            let plan = try host.program.run(["plan", "-q", "-a", "--engine", host.engine]).lines[0]
            var program = host.program
            program.environment["DOCKER_HOST"] = "unix://\(other.folder)/sock"
            program.environment["CONTAINERD_ADDRESS"] = "\(other.folder)/sock"
            let outcome = try program.run(["apply", plan])
            #expect(outcome.status == 3 && outcome.errors.contains("nothing was removed"), "\(outcome.errors)")
            program.environment["DOCKER_HOST"] = "unix:///nowhere"
            program.environment["CONTAINERD_ADDRESS"] = "/nowhere"
            let silent = try program.run(["apply", plan])
            #expect(silent.status == 3 && silent.errors.contains("does not answer"), "\(silent.errors)")
            for engine in [host, other] { #expect(try engine.names().count == 1) }
            #expect(try host.program.run(["apply", plan]).status == 0)
            #expect(try host.names().isEmpty && other.names().count == 1)
        }
    }

    /// A run that is killed anywhere is finished by the next one.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func aKilledRunIsFinishedByTheNext() throws {
        let host = try EngineHost(.docker)
        for round in 0..<4 {
            let names = (0..<12).map { "k\(round)-\($0)" }
            try host.load(Self.images(names))
            for name in names { try host.tag("localhost/\(name):1", "localhost/\(name):again") }
            // One of the store is forgotten once it is done, which may be before the kill.
            let plan = host.folder + "/plan-\(round).json"
            #expect(try host.program.run(["plan", "-a", "-o", plan, "--engine", host.engine]).status == 0)
            let killed = try host.program.start(["apply", plan])
            // Somewhere in it: the number of names that are left tells where.
            while killed.isRunning, try host.names().count > 24 - 5 * (round + 1) { usleep(1000) }
            killed.signal(SIGKILL)
            _ = try killed.wait(timeLimit: 30)
            let outcome = try host.document(["apply", plan])
            #expect(try items(outcome).values.allSatisfy { $0.status == "removed" || $0.detail == "it is gone" })
            #expect(try host.names().isEmpty)
        }
        let usage = try host.document(["df", "--engine", host.engine])
        #expect((usage["leaks"] as? [Any])?.isEmpty == true)
    }

    /// A run that is interrupted tells what it did before it ends, and leaves the rest as it was.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func anInterruptedRunTellsWhatItDid() throws {
        let host = try EngineHost(.docker)
        let names = (0..<30).map { "i\($0)" }
        try host.load(Self.images(names))
        let before = try du(host.root)
        let run = try host.program.start(["image", "prune", "-a", "-f", "--engine", host.engine, "--format", "json"])
        while run.isRunning, try host.names().count == 30 { usleep(500) }
        run.signal(SIGINT)
        let ended = try run.wait(timeLimit: 30)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any])
        let found = try items(document)
        let removed = found.filter { $0.value.status == "removed" }
        #expect(found.count == 30)
        #expect(found.values.allSatisfy { $0.status == "removed" || $0.detail == "the command was interrupted" }, "\(found)")
        // It may have come too late.
        #expect(ended.status == 130 || removed.count == 30)
        #expect(try host.names() == Set(found.keys).subtracting(removed.keys))
        let freed = try #require((document["freedBytes"] as? NSNumber)?.int64Value)
        #expect(try before - du(host.root) == freed + (document["othersFreedBytes"] as? NSNumber ?? 0).int64Value)
    }

    /// Docker's classic builder leaves an image for each step, which goes after the one that was built on it.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func whatImagesWereBuiltOnGoesAfterThem() throws {
        let docker = try EngineHost(.docker)
        try docker.load(Self.images(["base"]))
        try docker.build("FROM localhost/base:1\nLABEL a=1\nLABEL b=2\nLABEL c=3\n", "localhost/built:1")
        let kept = try docker.document(["plan", "-a", "--engine", docker.engine, "--keep", "localhost/built"])
        #expect((kept["victims"] as? [Any])?.isEmpty == true)
        let reasons = try #require(kept["kept"] as? [[String: Any]]).compactMap { $0["reason"] as? String }
        #expect(reasons.contains("localhost/built:1 is built on it"))
        let plan = try docker.document(["plan", "-a", "--engine", docker.engine])
        #expect((plan["victims"] as? [Any])?.count == 4)
        let outcome = try docker.document(["apply", try #require(plan["id"] as? String)])
        #expect(try items(outcome).values.allSatisfy { $0.status == "removed" }, "\(outcome)")
        #expect(outcome["freedBytes"] as? NSNumber == outcome["predictedBytes"] as? NSNumber)
    }

    /// Records of the build cache go one by one, each after those that were built on it, and with them the layers that images had as well.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func theBuildCacheGoesAsPlanned() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["base"]))
        let first = "FROM localhost/base:1\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n"
        try host.build(first, "localhost/kit:1", withBuildKit: true)
        try host.build(first + "COPY Dockerfile /c\n", "localhost/kit:2", withBuildKit: true)
        func plan(_ options: String...) throws -> (types: [String], bytes: Int64, id: String) {
            let plan = try host.document(["plan", "--engine", host.engine] + options)
            let victims = try #require(plan["victims"] as? [[String: Any]])
            return (
                victims.compactMap { $0["type"] as? String },
                victims.compactMap { ($0["freesBytes"] as? NSNumber)?.int64Value }.reduce(0, +),
                try #require(plan["id"] as? String)
            )
        }
        #expect(try !plan("-a").types.contains("cache"))
        // A filter about what records do not have was not given to take them.
        #expect(try !plan("-a", "--build-cache", "--filter", "label!=x").types.contains("cache"))
        #expect(try plan("-a", "--build-cache", "--filter", "until=1h").types.allSatisfy { $0 == "image" })
        let whole = try plan("-a", "--build-cache")
        #expect(Set(whole.types) == ["image", "cache"])
        let before = try du(host.root)
        let outcome = try host.document(["apply", whole.id])
        #expect(try items(outcome).values.allSatisfy { $0.status == "removed" }, "\(outcome)")
        let freed = try #require(outcome["freedBytes"] as? NSNumber).int64Value
        #expect(freed == whole.bytes)
        let others = try #require(outcome["othersFreedBytes"] as? NSNumber).int64Value
        #expect(try before - du(host.root) == freed + others)
        let usage = try host.document(["df", "--engine", host.engine])
        let cache = try #require((usage["classes"] as? [[String: Any]])?.first { $0["class"] as? String == "buildCache" })
        #expect(cache["count"] as? Int == 0 && cache["reclaimableBytes"] as? Int == 0)
        #expect(try host.program.run(["builder", "prune", "-f", "--engine", host.engine]).status == 0)
    }

    /// A container that was made anew under its old name since the plan is another one, and stays.
    private func aContainerOfThePlan(_ host: EngineHost) throws {
        try host.load(Self.images(["one"]))
        for name in ["old", "goes"] { try host.create(name, from: "localhost/one:1") }
        let plan = try host.document(["plan", "-a", "--containers", "--engine", host.engine])
        let victims = try #require(plan["victims"] as? [[String: Any]])
        #expect(victims.compactMap { $0["type"] as? String } == ["container", "container", "image"])
        try host.removeContainer("old")
        try host.create("old", from: "localhost/one:1")
        let outcome = try host.document(["apply", try #require(plan["id"] as? String)])
        let found = try items(outcome)
        #expect(found["old"]?.detail == "it is gone" && found["goes"]?.status == "removed", "\(found)")
        #expect(found["localhost/one:1"]?.detail == "container old uses it", "\(found)")
        let labelled = try host.document(["container", "prune", "-f", "--filter", "label=x", "--engine", host.engine])
        #expect((labelled["items"] as? [Any])?.isEmpty == true)
        let rest = try host.document(["system", "prune", "-a", "-f", "--containers", "--engine", host.engine])
        #expect(try items(rest).values.allSatisfy { $0.status == "removed" }, "\(rest)")
        #expect(rest["freedBytes"] as? NSNumber == rest["predictedBytes"] as? NSNumber)
        #expect(
            try host.program.run(["builder", "prune", "-f", "--engine", host.engine]).status == (host.kind == .docker ? 0 : 3))
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockersContainersOfAPlan() throws {
        try aContainerOfThePlan(try EngineHost(.docker))
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmansContainersOfAPlan() throws {
        try aContainerOfThePlan(try EngineHost(.podman))
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdsContainersAreNotKnown() throws {
        let host = try EngineHost(.containerd)
        let outcome = try host.program.run(["container", "prune", "-f", "--engine", host.engine])
        #expect(outcome.status == 3 && outcome.errors.contains("which of its containers run"), "\(outcome.errors)")
    }

    /// What a plan's file says is looked up, never obeyed.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func aPlanOfSomebodyElse() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["one", "two"]))
        let path = host.folder + "/plan.json"
        #expect(try host.program.run(["plan", "-a", "-o", path, "--engine", host.engine]).status == 0)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        func apply(_ change: (String) -> String) throws -> Program.Outcome {
            try Data(change(text).utf8).write(to: URL(fileURLWithPath: path))
            return try host.program.run(["apply", path, "--format", "json"])
        }
        #expect(try apply { $0.replacingOccurrences(of: "\"docker\"", with: "\"dokcer\"") }.status == 2)
        #expect(try apply { $0.replacingOccurrences(of: "sha256:", with: "sha256:../") }.status == 2)
        let names = try apply { $0.replacingOccurrences(of: "localhost/two:1", with: "--force") }
        #expect(names.status == 0, "\(names.errors)")
        #expect(try host.names() == ["localhost/two:1"])
    }

    /// The command of the CronJob in docs/engines.md is one that the program takes, and it prunes one namespace.
    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func theExampleForKubernetes() throws {
        let text = try String(contentsOfFile: Program.packageRoot + "/docs/engines.md", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.contains("command: [strata,") })
        let words = try #require(line.split(separator: "[").last?.split(separator: "]").first)
            .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.dropFirst()
        let host = try EngineHost(.containerd)
        let policy = host.folder + "/prune.yaml"
        try Data("version: 1\nrules:\n  - { name: all, action: remove }\n".utf8).write(to: URL(fileURLWithPath: policy))
        try host.load(Self.images(["one"]))
        let own = words.map { ["containerd": host.engine, "/etc/strata/prune.yaml": policy][$0] ?? $0 }
        #expect(try host.program.run(own).status == 0)
        // What was loaded is in the namespace `default`.
        #expect(try host.names().count == 1)
        #expect(try host.program.run(own.map { $0 == "k8s.io" ? "default" : $0 }).status == 0)
        #expect(try host.names().isEmpty)
    }

    /// The service in docs/engines.md is the one that is written, and what it runs leaves the host's figures.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func theServiceOfTheDocument() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["one"]))
        let (policy, metrics) = (host.folder + "/prune.yaml", host.folder + "/strata.prom")
        try Data("version: 1\nrules:\n  - { name: all, action: remove }\n".utf8).write(to: URL(fileURLWithPath: policy))
        let install = [
            "system", "install-timer", "--policy", policy, "--engine", host.engine, "--metrics", metrics, "--unit-dir",
            host.folder + "/units",
        ]
        let service = try String(
            contentsOfFile: try #require(try host.program.run(install).lines.first), encoding: .utf8)
        let command = try #require(service.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
            .dropFirst("ExecStart=".count).split(separator: " ").map(String.init)
        var text = service
        for (own, shown) in [
            (command[0], "/usr/bin/strata"), (host.root, "/var/lib/docker"), (policy, "/etc/strata/prune.yaml"),
            (metrics, "/var/lib/node_exporter/strata.prom"), ("\(host.folder)/sock", "/run/docker.sock"),
        ] { text = text.replacingOccurrences(of: own, with: shown) }
        let page = try String(contentsOfFile: Program.packageRoot + "/docs/engines.md", encoding: .utf8)
        #expect(page.contains(text), "\(text)")
        #expect(try host.program.run(Array(command.dropFirst())).status == 0)
        #expect(try host.names().isEmpty)
        let figures = try String(contentsOfFile: metrics, encoding: .utf8)
        let labels = "engine=\"docker\",root=\"\(host.root)\""
        #expect(figures.contains("strata_engine_bytes{\(labels)") && figures.hasSuffix("# EOF\n"), "\(figures)")
        let total = figures.split(separator: "\n").filter { $0.hasPrefix("strata_engine_bytes{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
        #expect(total == (try host.document(["df", "--engine", host.engine])["totalBytes"] as? NSNumber)?.doubleValue)
    }

    /// Units for an engine have its root and its address, and are its own.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func theTimerOfAnEngine() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["one"]))
        let policy = host.folder + "/prune.yaml"
        let units = host.folder + "/units"
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: policy)) }
        let install = ["system", "install-timer", "--policy", policy, "--engine", host.engine, "--unit-dir", units]
        try write("version: 1\ntrash: 1d\nrules:\n  - { name: all, action: remove }\n")
        #expect(try host.program.run(install).status == 2)
        try write("version: 1\nrules:\n  - { name: all, action: remove }\n")
        let paths = try host.program.run(install).lines
        let service = try String(contentsOfFile: try #require(paths.first), encoding: .utf8)
        #expect(service.contains("Environment=DOCKER_HOST=unix://\(host.folder)/sock\n"))
        let command = try #require(service.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        let outcome = try host.program.run(command.split(separator: " ").dropFirst().map(String.init))
        #expect(outcome.status == 0 && outcome.output.hasPrefix("Total reclaimed space: "), "\(outcome.errors)")
        #expect(try host.names().isEmpty)
        let missing = install.map { $0 == host.engine ? "docker=/nowhere" : $0 }
        #expect(try host.program.run(missing).status == 3)
    }
}
