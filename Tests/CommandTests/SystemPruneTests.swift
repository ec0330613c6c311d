import Foundation
import OCISpec
import TestSupport
import Testing

/// `system prune`, `plan` and `container prune`: filters and policies reach what they say something of, and what goes is told.
struct SystemPruneTests {
    /// Three images, and a stopped container of the first that was made just now, with a label.
    private func scene() throws -> BuiltStore {
        let store = try BuiltStore.ofThree()
        let image = try store.images[0].descriptor()
        try store.write(
            "containers/c0ffee00c0ffee00/config.json",
            """
            {"id":"c0ffee00c0ffee00","name":"web","created":"\(Date.now.ISO8601Format())","config":{"Labels":{"keep":"1"}},\
            "image":{"mediaType":"\(image.mediaType)","digest":"\(image.digest)","size":\(image.size)}}
            """)
        return store
    }

    private func hasContainer(_ store: BuiltStore) -> Bool { store.bench.names("containers") != [] }

    @Test(arguments: [
        (["--filter", "until=24h"], true), (["--filter", "label!=keep"], true), (["--filter", "label=keep"], false),
        (["--filter", "ref=localhost/*"], true), (["--filter", "used<1d"], true), ([], false), (["-a"], false),
        (["--filter", "until=2099-01-01"], false), (["--max-store", "1GB"], false),
    ])
    func aContainerStaysWhereTheFilterDoesNotMeanIt(flags: [String], stays: Bool) throws {
        let store = try scene()
        let outcome = try store.bench.program.run(["system", "prune", "-f"] + flags)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(hasContainer(store) == stays)
        #expect(outcome.output.contains("Deleted Containers:\nc0ffee00c0ffee00\n") == !stays, "\(outcome.output)")
    }

    @Test func aPolicySaysNothingOfContainers() throws {
        let store = try scene()
        let path = try store.bench.file(
            "p.yaml", Data("version: 1\nrules: [{ name: all, match: { ref: \"**\" }, action: remove }]\n".utf8))
        try store.bench.succeed("system", "prune", "-f", "--policy", path)
        #expect(hasContainer(store))
        #expect(try store.bench.imageNames() == ["localhost/a:1"])
    }

    @Test(arguments: [[], ["-a"], ["--filter", "until=24h"], ["--filter", "label=keep"], ["--max-store", "20kB"]])
    func aPlanIsWhatSystemPruneWouldDo(flags: [String]) throws {
        let store = try scene()
        func victims(_ command: [String]) throws -> [String] {
            let document = try object(try store.bench.program.run(command + flags + ["--format", "json"]).output)
            let victims = try #require(document["victims"] as? [[String: Any]])
            return victims.map { "\($0["type"] ?? "") \($0["name"] ?? "") \($0["freesBytes"] ?? "")" }
        }
        #expect(try victims(["plan"]) == victims(["system", "prune", "--dry-run"]))
    }

    @Test(arguments: ["2099-01-01", "2099-01-01T00:00:00", "2099-01-01T00:00:00Z", "4070908800", "0s"])
    func containersAreToldByDockersDates(bound: String) throws {
        let store = try scene()
        let text = try store.bench.succeed("container", "prune", "-f", "--filter", "until=\(bound)")
        #expect(text.hasPrefix("Deleted Containers:\nc0ffee00c0ffee00\n\n"), "\(text)")
        #expect(!hasContainer(store))
    }

    @Test func anotherFilterOfContainersIsRefused() throws {
        let store = try scene()
        expectSentence(try store.bench.strata("container", "prune", "-f", "--filter", "ref=a"), naming: "--filter", status: 2)
        #expect(hasContainer(store))
    }

    // The question

    private func asked(_ store: BuiltStore, _ command: String) throws -> String {
        try store.bench.shell("printf 'n\\n' | script -qec \"'$STRATA' $1\" /dev/null", command).output
    }

    @Test(.needs("script")) func theQuestionSaysWhatGoesAndHowMuch() throws {
        let store = try BuiltStore.ofThree()
        let path = try store.bench.file(
            "p.yaml", Data("version: 1\nrules: [{ name: r, match: { dangling: false }, action: remove }]\n".utf8))
        let text = try asked(store, "image prune --policy \(path)")
        #expect(text.contains("3 images: localhost/a:1, localhost/b:1, localhost/c:1"), "\(text)")
        #expect(text.contains("policy \(path)"), "\(text)")
        #expect(text.contains(/\d+(\.\d+)?kB will be freed/), "\(text)")
        #expect(try store.bench.imageNames().count == 3)
    }

    @Test(.needs("script")) func aBudgetIsInTheQuestion() throws {
        let store = try BuiltStore.ofThree()
        let text = try asked(store, "image prune --max-store 20kB")
        #expect(text.contains("3 images") && text.contains("max-store 20kB"), "\(text)")
    }

    @Test(.needs("script")) func whereNothingGoesThereIsNoQuestion() throws {
        let store = try BuiltStore.ofThree()
        let text = try asked(store, "image prune")
        #expect(!text.contains("[y/N]") && text.contains("Total reclaimed space: 0B"), "\(text)")
    }

    // Why

    @Test func explainSaysOfEveryNameWhichRuleDecided() throws {
        let store = try BuiltStore.ofThree()
        try store.bench.succeed("tag", "localhost/a:1", "registry.example.com/prod/a:1")
        try store.bench.succeed("pin", "localhost/c:1")
        let path = try store.bench.file(
            "p.yaml",
            Data(
                """
                version: 1
                rules:
                  - { name: prod, match: { ref: "**/prod/*" }, action: keep }
                  - { name: old, match: { ref: "localhost/*" }, remove: { until: 24h } }
                """.utf8))
        let document = try store.bench.document("plan", "--policy", path, "--explain")
        let rows = try #require(document["explanations"] as? [[String: Any]])
        let told = rows.map {
            "\($0["name"] ?? "") \($0["decision"] ?? "") \($0["rule"] as? String ?? "-"): \($0["reason"] ?? "")"
        }
        #expect(
            told.sorted() == [
                "localhost/a:1 keep prod: when it was created is not known; registry.example.com/prod/a:1 of the same image is kept",
                "localhost/b:1 keep old: when it was created is not known",
                "localhost/c:1 keep -: pinned",
                "registry.example.com/prod/a:1 keep prod: the rule keeps it",
            ])
        let text = try store.bench.succeed("plan", "--policy", path, "--explain")
        #expect(text.contains("DECISION") && text.contains("nothing to remove"), "\(text)")
    }
}
