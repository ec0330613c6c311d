import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// Plans about a registry's folder, carried out through a registry that runs on it.
@Suite struct RegistryPruneTests {
    private let folder: RegistryFolder
    private let bench: EngineBench

    init() throws {
        folder = try RegistryFolder()
        bench = try EngineBench()
    }

    private var engine: [String] { ["--engine", "registry=\(folder.root)"] }

    private func document(_ arguments: [String]) throws -> [String: Any] {
        let outcome = try bench.program.run(arguments + ["--format", "json"])
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    private func plan(_ options: String...) throws -> [String: Any] {
        try document(["plan", "-a"] + engine + ["--min-age", "0s"] + options)
    }

    private func victims(_ plan: [String: Any]) -> Set<String> {
        Set((plan["victims"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String })
    }

    private func reasons(_ plan: [String: Any]) -> [String: String] {
        let kept = (plan["kept"] as? [[String: Any]] ?? []).map { ($0["name"] as? String ?? "", $0["reason"] as? String ?? "") }
        return Dictionary(kept) { "\($0); \($1)" }
    }

    /// What became of each victim.
    private func apply(_ plan: [String: Any], _ registry: LiveRegistry) throws -> [String: (status: String, detail: String)] {
        let outcome = try document(
            ["apply", try #require(plan["id"] as? String), "-H", registry.address])
        let items = try #require(outcome["items"] as? [[String: Any]])
        return Dictionary(
            items.map {
                ($0["name"] as? String ?? "", ($0["status"] as? String ?? "", $0["detail"] as? String ?? ""))
            }
        ) { first, _ in first }
    }

    private func isServed(_ digest: Digest, _ repository: String, _ registry: LiveRegistry) throws -> Bool {
        try registry.statuses("GET", ["/v2/\(repository)/manifests/\(digest)"]) == [200]
    }

    private func layer(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 20_000 + Int(number)) }

    @Test(.needs("docker-registry", "curl")) func aTagOfADigestWithOthersStays() throws {
        let registry = try LiveRegistry(folder)
        let both = try folder.image("app", tags: ["one", "two"], layers: [layer(1)])
        for address in [[], ["-H", registry.address]] {
            let plan = try document(["plan", "-a"] + engine + ["--min-age", "0s", "--filter", "ref=app:one"] + address)
            #expect(victims(plan) == [])
            #expect(reasons(plan)["app:one"]?.contains("another tag of its digest stays") == true, "\(reasons(plan))")
        }
        let whole = try plan("--filter", "ref=app")
        #expect(victims(whole) == ["app@\(both.digest)"])
        #expect(try apply(whole, registry).values.map(\.status) == ["removed"])
        #expect(try !isServed(both.digest, "app", registry))
    }

    @Test(.needs("docker-registry", "curl")) func whatChangedIsSkipped() throws {
        let registry = try LiveRegistry(folder)
        let moved = try folder.image("app", tags: ["moved"], note: "moved", layers: [layer(1)])
        let named = try folder.image("app", tags: ["named"], note: "named", layers: [layer(2)])
        let listed = try folder.image("app", tags: ["listed"], note: "listed", layers: [layer(3)])
        let goes = try folder.image("app", tags: ["goes"], note: "goes", layers: [layer(4)])
        let signed = try folder.image("app", tags: ["signed"], note: "signed", layers: [layer(6)])
        let plan = try plan()
        #expect(victims(plan) == Set([moved, named, listed, goes, signed].map { "app@\($0.digest)" }))
        let other = try folder.image("app", note: "other", layers: [layer(5)])
        try folder.tag(other.digest, as: "moved", "app")
        try folder.tag(named.digest, as: "new", "app")
        let index = try folder.index("app", tags: ["index"], of: [listed])
        // What is about a victim keeps nothing.
        let signature = try folder.referrer("app", tags: ["sha256-\(signed.digest.hex).sig"], note: "late")
        let items = try apply(plan, registry)
        for (image, words) in [(moved, "moved means another"), (named, "tag new now"), (listed, "\(index.digest) lists it")] {
            let item = items["app@\(image.digest)"]
            #expect(item?.status == "skipped" && item?.detail.contains(words) == true, "\(String(describing: item))")
            #expect(try isServed(image.digest, "app", registry))
        }
        #expect(items["app@\(goes.digest)"]?.status == "removed" && items["app@\(signed.digest)"]?.status == "removed")
        #expect(try !isServed(goes.digest, "app", registry) && isServed(signature.digest, "app", registry))
        #expect(try isServed(index.digest, "app", registry) && isServed(other.digest, "app", registry))
    }

    @Test(.needs("docker-registry", "curl")) func whatWasPushedAgainStays() throws {
        let registry = try LiveRegistry(folder)
        let image = try folder.image("app", tags: ["1"], layers: [layer(1)])
        let young = try document(["plan", "-a"] + engine)
        #expect(victims(young) == [] && reasons(young)["app@\(image.digest)"]?.contains("too recently") == true)
        let id = try #require(try plan()["id"] as? String)
        try folder.tag(image.digest, as: "1", "app")
        let outcome = try document(["apply", id, "-H", registry.address])
        let item = try #require((outcome["items"] as? [[String: Any]])?.first)
        #expect(item["status"] as? String == "skipped" && item["detail"] as? String == "it was pushed again")
        #expect(try isServed(image.digest, "app", registry))
    }

    /// A registry that has the same, but in another folder.
    @Test(.needs("docker-registry", "curl")) func aCopyOfTheFolderIsNotTheRegistrys() throws {
        let image = try folder.image("app", tags: ["1"], layers: [layer(1)])
        let copy = try RegistryFolder()
        try FileManager.default.removeItem(atPath: copy.root)
        try FileManager.default.copyItem(atPath: folder.root, toPath: copy.root)
        let registry = try LiveRegistry(copy)
        let id = try #require(try plan()["id"] as? String)
        let before = try du(copy.root)
        let outcome = try bench.program.run(["apply", id, "-H", registry.address])
        #expect(outcome.status == 3 && outcome.errors.contains("is not that of"), "\(outcome.errors)")
        #expect(try isServed(image.digest, "app", registry))
        #expect(try du(copy.root) == before)
        let own = try LiveRegistry(folder)
        #expect(try bench.program.run(["apply", id, "-H", own.address]).status == 0)
        #expect(try !isServed(image.digest, "app", own) && isServed(image.digest, "app", registry))
    }

    @Test(.needs("docker-registry", "curl")) func aRegistryThatDeletesNothingSaysSoOnce() throws {
        let registry = try LiveRegistry(folder, deletes: false)
        for number in 1...3 { try folder.image("app", tags: ["\(number)"], note: "\(number)", layers: [layer(UInt8(number))]) }
        let outcome = try bench.program.run(
            ["image", "prune", "-a", "-f", "--min-age", "0s"] + engine + ["-H", registry.address])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.components(separatedBy: "storage.delete.enabled").count == 2, "\(outcome.output)")
        #expect(outcome.output.components(separatedBy: "deletion is off in the registry").count == 4, "\(outcome.output)")
    }

    @Test(.needs("docker-registry", "curl")) func nobodyAtTheAddress() throws {
        try folder.image("app", tags: ["1"], layers: [layer(1)])
        let prune = ["image", "prune", "-a", "-f", "--min-age", "0s"] + engine
        let silent = try bench.program.run(prune)
        #expect(silent.status == 2 && silent.errors.contains("-H http"), "\(silent.errors)")
        let nobody = try bench.program.run(prune + ["-H", "http://127.0.0.1:1"])
        #expect(nobody.status == 3, "\(nobody.errors)")
    }

    /// An index that cannot be read may hold any manifest of its repository, and none of another.
    @Test(.needs("docker-registry", "curl")) func whatCannotBeReadKeepsItsRepository() throws {
        let part = try folder.image("broken", note: "part", layers: [layer(1)])
        let index = try folder.index("broken", tags: ["index"], of: [part])
        let sound = try folder.image("sound", tags: ["1"], layers: [layer(2)])
        try RegistryFolder.write(Array("{".utf8), folder.blob(index.digest) + "/data")
        let plan = try plan()
        #expect(victims(plan) == ["sound@\(sound.digest)"])
        #expect(reasons(plan)["broken@\(part.digest)"]?.contains("cannot be read") == true, "\(reasons(plan))")
        // The blob of a nested index is gone: what it listed is not known.
        let inner = try folder.index("deep", of: [try folder.image("deep", note: "deep", layers: [layer(3)])])
        try folder.index("deep", tags: ["outer"], of: [inner], type: MediaType.index)
        try FileManager.default.removeItem(atPath: folder.blob(inner.digest))
        #expect(try victims(self.plan()) == ["sound@\(sound.digest)"])
    }

    /// A run that ended after the index went is ended by the same plan.
    @Test(.needs("docker-registry", "curl")) func aRunThatWasKilledIsEndedByTheSamePlan() throws {
        let registry = try LiveRegistry(folder)
        var all: [Digest] = []
        for number in 0..<8 {
            let first = try folder.image("app", note: "a\(number)", layers: [layer(UInt8(number))])
            let second = try folder.image("app", note: "b\(number)", layers: [layer(UInt8(number + 10))])
            let index = try folder.index("app", tags: ["v\(number)"], of: [first, second])
            let signature = try folder.referrer("app", tags: ["sha256-\(index.digest.hex).sig"], note: "\(number)")
            all += [first, second, index, signature].map(\.digest)
        }
        let file = folder.scratch.path("plan.json")
        let made = try bench.program.run(["plan", "-a", "--min-age", "0s", "-o", file] + engine)
        #expect(made.status == 0, "\(made.errors)")
        let apply = ["apply", file, "-H", registry.address]
        var numbers = SeededNumbers(seed: 5)
        for _ in 0..<6 {
            let run = try bench.program.start(apply)
            usleep(UInt32(numbers.number(20...400)) * 1000)
            run.signal(SIGKILL)
            _ = try run.wait()
            // What is there lists nothing that is not.
            for number in 0..<8 {
                let path = "/v2/app/manifests/"
                guard try registry.statuses("GET", ["\(path)v\(number)"]) == [200] else { continue }
                let parts = all[number * 4...number * 4 + 1].map { "\(path)\($0)" }
                #expect(try registry.statuses("GET", parts) == [200, 200])
            }
        }
        let last = try bench.program.run(apply)
        #expect(last.status == 0, "\(last.errors)")
        #expect(try registry.statuses("GET", all.map { "/v2/app/manifests/\($0)" }).allSatisfy { $0 == 404 })
    }

    /// A prune whose filter names tags finds what the one before, which was killed, had begun to remove, and nothing else without a tag.
    @Test(.needs("docker-registry", "curl")) func aPruneThatWasKilledIsEndedByTheNext() throws {
        let registry = try LiveRegistry(folder)
        var all: [Digest] = []
        for number in 0..<8 {
            let first = try folder.image("app", note: "a\(number)", layers: [layer(UInt8(number))])
            let second = try folder.image("app", note: "b\(number)", layers: [layer(UInt8(number + 10))])
            all += [first, second].map(\.digest)
            all.append(try folder.index("app", tags: ["v\(number)"], of: [first, second]).digest)
        }
        let other = try folder.image("app", note: "nobody's", layers: [layer(90)])
        let paths = all.map { "/v2/app/manifests/\($0)" }
        let prune =
            ["image", "prune", "-a", "-f", "--min-age", "0s", "--filter", "ref=app:v*", "-H", registry.address] + engine
        // Killed when an index is gone and a part of it is there.
        for _ in 0..<20 {
            let run = try bench.program.start(prune)
            while run.isRunning, try registry.statuses("HEAD", paths).filter({ $0 == 404 }).count % 3 == 0 { continue }
            run.signal(SIGKILL)
            _ = try run.wait()
            if try registry.statuses("HEAD", paths).filter({ $0 == 404 }).count % 3 != 0 { break }
        }
        let last = try bench.program.run(prune)
        #expect(last.status == 0, "\(last.errors)")
        #expect(try registry.statuses("GET", paths).allSatisfy { $0 == 404 })
        #expect(try isServed(other.digest, "app", registry))
        // What has ended is forgotten.
        #expect(try FileManager.default.contentsOfDirectory(atPath: bench.store + "/plans").isEmpty)
    }

    /// The command of the CronJob for registries in docs/engines.md is one that the program takes.
    @Test(.needs("docker-registry", "curl")) func theExampleForKubernetes() throws {
        let registry = try LiveRegistry(folder)
        let image = try folder.image("app", tags: ["1"], layers: [layer(1)])
        let text = try String(contentsOfFile: Program.packageRoot + "/docs/engines.md", encoding: .utf8)
        let line = try #require(
            text.split(separator: "\n").first { $0.contains("command: [strata,") && $0.contains("registry=") })
        let policy = folder.scratch.path("policy.yaml")
        try "version: 1\nrules: [{ name: all, action: remove }]\n".write(toFile: policy, atomically: true, encoding: .utf8)
        let own = [
            "registry=/var/lib/registry": "registry=\(folder.root)", "\"http://registry:5000\"": registry.address,
            "/etc/strata/registry.yaml": policy,
        ]
        let words = try #require(line.split(separator: "[").last?.split(separator: "]").first)
            .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.dropFirst().map { own[$0] ?? $0 }
        #expect(Set(own.values).allSatisfy(words.contains))
        #expect(try bench.program.run(words).status == 0)
        // It was pushed a moment ago.
        #expect(try isServed(image.digest, "app", registry))
        #expect(try bench.program.run(words + ["--min-age", "0s"]).status == 0)
        #expect(try !isServed(image.digest, "app", registry))
    }

    /// Only the record of a run that is killed needs a store: without one everything else is done, and one line says so.
    @Test(.needs("docker-registry", "curl")) func noStoreIsNeeded() throws {
        let registry = try LiveRegistry(folder)
        for number in 1...2 { try folder.image("app", tags: ["\(number)"], note: "\(number)", layers: [layer(UInt8(number))]) }
        var program = bench.program
        program.environment["STRATA_STORE"] = "/proc/none/store"
        let file = folder.scratch.path("plan.json")
        let planned = try program.run(
            ["plan", "-a", "--min-age", "0s", "-o", file, "--filter", "ref=app:1", "-H", registry.address] + engine)
        #expect(planned.status == 0 && planned.errors.isEmpty, "\(planned.errors)")
        let prune = ["image", "prune", "-a", "-f", "--min-age", "0s", "-H", registry.address] + engine
        for arguments in [["apply", file], prune] {
            let outcome = try program.run(arguments)
            #expect(outcome.status == 0 && outcome.output.contains("deleted: sha256:"), "\(outcome)")
            #expect(outcome.errors.hasPrefix("strata: cannot record this run"), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
        #expect(try victims(document(["plan", "-a", "--min-age", "0s"] + engine)) == [])
    }

    /// What another index has come to list stays, and the outcome says so.
    @Test(.needs("docker-registry", "curl")) func aPartThatIsListedNowStays() throws {
        let registry = try LiveRegistry(folder)
        let shared = try folder.image("app", note: "shared", layers: [layer(1)])
        let own = try folder.image("app", note: "own", layers: [layer(2)])
        let index = try folder.index("app", tags: ["old"], of: [shared, own])
        let file = folder.scratch.path("plan.json")
        let made = try bench.program.run(["plan", "-a", "--min-age", "0s", "-o", file] + engine)
        #expect(made.status == 0, "\(made.errors)")
        let new = try folder.index("app", tags: ["new"], of: [shared], note: "new")
        let applied = try bench.program.run(["apply", file, "-H", registry.address])
        #expect(applied.status == 0 && applied.output.contains("a part of it stays: app@\(new.digest) lists it"), "\(applied)")
        #expect(try isServed(shared.digest, "app", registry) && isServed(new.digest, "app", registry))
        #expect(try !isServed(index.digest, "app", registry) && !isServed(own.digest, "app", registry))
    }

    /// An index lists statements about its other manifests, before these or after them.
    @Test(.needs("docker-registry", "curl")) func statementsWithinAnIndexGoWithIt() throws {
        let registry = try LiveRegistry(folder)
        let image = try folder.image("app", note: "image", layers: [layer(1)])
        let statement = try folder.referrer("app", note: "statement", subject: RegistryFolder.subject(image))
        let first = try folder.index("app", tags: ["1"], of: [statement, image])
        let second = try folder.index("app", tags: ["2"], of: [image, statement])
        let one = try plan("--filter", "ref=app:1")
        #expect(try apply(one, registry).values.map(\.status) == ["removed"])
        #expect(try isServed(image.digest, "app", registry) && isServed(statement.digest, "app", registry))
        let other = try apply(try plan(), registry)
        #expect(other["app@\(second.digest)"]?.status == "removed" && other["app@\(second.digest)"]?.detail == "", "\(other)")
        let all = [image, statement, first, second].map { "/v2/app/manifests/\($0.digest)" }
        #expect(try registry.statuses("GET", all) == [404, 404, 404, 404])
    }

    /// Signatures that are kept together stay while what they are about does, in whatever repository.
    @Test(.needs("docker-registry", "curl")) func signaturesElsewhereStayWithTheImage() throws {
        let registry = try LiveRegistry(folder)
        let image = try folder.image("app", tags: ["1"], layers: [layer(1)])
        let signature = try folder.referrer("signatures", tags: ["sha256-\(image.digest.hex).sig"], note: "far")
        let kept = try plan("--keep", "^app")
        #expect(victims(kept) == [])
        #expect(reasons(kept)["signatures@\(signature.digest)"]?.contains("it is about app:1") == true, "\(reasons(kept))")
        let both = try plan()
        #expect(victims(both) == ["app@\(image.digest)", "signatures@\(signature.digest)"])
        #expect(try apply(both, registry).values.allSatisfy { $0.status == "removed" })
    }

    @Test func aTimerKnowsWhereTheRegistryListens() throws {
        try folder.image("app", tags: ["1"], layers: [layer(1)])
        let policy = folder.scratch.path("policy.yaml")
        try "version: 1\nrules: [{ name: old, match: { dangling: true }, action: remove }]\n".write(
            toFile: policy, atomically: true, encoding: .utf8)
        let units = folder.scratch.path("units")
        let install = ["system", "install-timer", "--policy", policy, "--unit-dir", units] + engine
        let without = try bench.program.run(install)
        #expect(without.status == 2 && without.errors.contains("-H http"), "\(without.errors)")
        let made = try bench.program.run(install + ["-H", "http://somebody:secret@127.0.0.1:5000"])
        #expect(made.status == 0, "\(made.errors)")
        let path = try #require(made.lines.first)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("--engine registry=\(folder.root) ") && text.contains("--host http://127.0.0.1:5000"), "\(text)")
        #expect(!text.contains("secret"))
    }

    /// Copied files have one moment, which says nothing of when the images were pushed.
    @Test func manyEqualMomentsAreNoClock() throws {
        for number in 0..<6 { try folder.image("app", tags: ["\(number)"], note: "\(number)", layers: [layer(UInt8(number))]) }
        func setMoment(_ seconds: (Int) -> Double) throws {
            let paths = FileManager.default.enumerator(atPath: folder.top + "/repositories")?.allObjects as? [String] ?? []
            for (number, path) in paths.sorted().enumerated() where path.hasSuffix("/link") {
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: seconds(number))],
                    ofItemAtPath: "\(folder.top)/repositories/\(path)")
            }
        }
        try setMoment { _ in 1_700_000_000 }
        #expect(try victims(plan("--filter", "imported<30d")) == [])
        try setMoment { 1_700_000_000 + Double($0) }
        #expect(try victims(plan("--filter", "imported<30d")).count == 6)
    }
}
