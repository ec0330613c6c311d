import Foundation
import OCISpec
import TestSupport
import Testing

/// Registry folders by chance, pruned by policies by chance: what goes is what a model says, what that frees is what du sees when the registry's
/// own collector has run, and all else is still served.
///
/// Some are tried here; `Chances` says how to have more, and others.
@Suite(.serialized) struct RandomRegistryTests {
    @Test(.needs("docker-registry", "curl")) func registries() throws {
        let seeds = Chances("registry", usual: 6)
        var sizes: [Int] = []
        for seed in seeds { sizes += try prune(seed) }
        // Policies that take nothing would show nothing; a single one may.
        #expect(seeds.count < 6 || sizes.count >= seeds.count && sizes.contains { $0 > 1 }, "\(sizes)")
    }

    /// Returns how many manifests went with each victim.
    private func prune(_ seed: Int) throws -> [Int] {
        var numbers = SeededNumbers(seed: seed)
        let registry = try RandomRegistry(&numbers)
        let live = try LiveRegistry(registry.folder)
        // What nothing needs beforehand is not this plan's.
        try #require(try live.collect())
        let policy = RegistryPolicy(&numbers)
        let model = RegistryModel(registry, policy)
        let bench = try EngineBench()
        let label = "registry \(seed) \(policy.options)"
        let engine = ["--engine", "registry=\(registry.folder.root)"]

        let usage = try document(bench, ["df"] + engine)
        #expect(try du(registry.folder.root) == number(usage["totalBytes"]), "\(label)")
        let classes = try #require(usage["classes"] as? [[String: Any]])
        #expect(try classes.map { try number($0["diskBytes"]) }.reduce(0, +) == number(usage["totalBytes"]), "\(label)")

        let plan = try document(bench, ["plan"] + engine + ["-H", live.address] + policy.options)
        let victims = try #require(plan["victims"] as? [[String: Any]])
        #expect(Set(victims.compactMap { $0["name"] as? String }) == model.victims, "\(label)")
        let planned = victims.flatMap { victim in
            ((victim["manifests"] as? [[String: Any]]) ?? []).compactMap { $0["digest"] as? String }.map {
                "\(victim["namespace"] as? String ?? "")@\($0)"
            }
        }
        #expect(Set(planned) == model.gone && planned.count == Set(planned).count, "\(label)")

        let before = try du(registry.folder.root)
        let outcome = try document(
            bench, ["apply", try #require(plan["id"] as? String), "-H", live.address])
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(items.allSatisfy { $0["status"] as? String == "removed" }, "\(label): \(items)")
        let predicted = try victims.map { try number($0["freesBytes"]) }.reduce(0, +)
        if !victims.isEmpty {
            #expect(try number(outcome["predictedBytes"]) == predicted, "\(label)")
            #expect(try number(outcome["freedBytes"]) + number(outcome["afterCollectionBytes"]) == predicted, "\(label)")
            #expect(try number(outcome["othersFreedBytes"]) == 0, "\(label)")
            #expect(try before - du(registry.folder.root) == number(outcome["freedBytes"]), "\(label)")
        }
        let collectable = try document(bench, ["df"] + engine)["registry"] as? [String: Any]
        if !victims.isEmpty {
            #expect(try number(collectable?["collectableBytes"]) == number(outcome["afterCollectionBytes"]), "\(label)")
        }
        try #require(try live.collect())
        #expect(try before - du(registry.folder.root) == predicted, "\(label)")
        try requireServed(registry, model, live, label)
        let again = try document(bench, ["plan"] + engine + ["-H", live.address] + policy.options)
        #expect((again["victims"] as? [Any])?.isEmpty == true, "\(label)")
        return victims.map { (($0["manifests"] as? [Any]) ?? []).count }
    }

    /// Everything that stays is served whole, and what went is not.
    private func requireServed(
        _ registry: RandomRegistry, _ model: RegistryModel, _ live: LiveRegistry, _ label: String
    ) throws {
        var there: [String] = []
        var absent: [String] = []
        var blobs: Set<String> = []
        for (key, manifest) in registry.manifests.sorted(by: { $0.key < $1.key }) {
            let path = "/v2/\(manifest.repository)/manifests/"
            if model.gone.contains(key) {
                absent.append(path + "\(manifest.digest)")
            } else {
                there.append(path + "\(manifest.digest)")
                there += manifest.tags.map { path + $0 }
                blobs.formUnion(manifest.blobs.map { "/v2/\(manifest.repository)/blobs/\($0)" })
            }
        }
        #expect(try live.statuses("GET", there).allSatisfy { $0 == 200 }, "\(label)")
        #expect(try live.statuses("GET", absent).allSatisfy { $0 == 404 }, "\(label)")
        #expect(try live.statuses("GET", blobs.sorted()).allSatisfy { $0 == 200 }, "\(label)")
    }

    private func document(_ bench: EngineBench, _ arguments: [String]) throws -> [String: Any] {
        let outcome = try bench.program.run(arguments + ["--format", "json"])
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    private func number(_ value: Any?) throws -> Int64 { try #require(value as? NSNumber).int64Value }
}
