import Foundation
import TestSupport
import Testing

/// What options of a container mean, as its record has it: nothing is run.
struct ContainerOptionTests {
    private func settings(_ scene: ContainerScene, _ words: String...) throws -> [String: Any] {
        let made = try scene.bench.program.run(["create", "--name", "web"] + words + ["busybox", "true"])
        try #require(made.status == 0, "\(words): \(made.errors)")
        defer { _ = try? scene.strata("rm", "web") }
        let id = try #require(scene.bench.names("containers").first)
        let record = try Data(contentsOf: URL(filePath: "\(scene.bench.store)/containers/\(id)/config.json"))
        let document = try #require(try JSONSerialization.jsonObject(with: record) as? [String: Any])
        return try #require(document["settings"] as? [String: Any])
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func sizesAreReadAsDockerReadsThem() throws {
        let scene = try ContainerScene()
        for (text, bytes) in [
            ("1.5g", 1_610_612_736), ("512MiB", 536_870_912), ("1t", 1_099_511_627_776), ("512 m", 536_870_912),
        ] {
            #expect(try settings(scene, "-m", text)["memoryBytes"] as? Int == bytes, "\(text)")
        }
        #expect(try settings(scene, "-m", "0")["memoryBytes"] == nil)
        for words in [["--mount", "type=tmpfs,target=/t,tmpfs-size=1.5g"], ["--tmpfs", "/t:size=1.5g"]] {
            let mounts = try settings(scene, words[0], words[1])["mounts"] as? [[String: Any]]
            #expect(mounts?.first?["options"] as? [String] == ["size=1610612736"], "\(words)")
        }
        let outcome = try scene.strata("create", "-m", "5x", "busybox", "true")
        #expect(outcome.status == 2 && outcome.errors.contains("`5x`"), "\(outcome.errors)")
    }

    @Test(.enabled(if: ContainerScene.isPossible)) func valuesOfOneFilterAreAlternatives() throws {
        let scene = try ContainerScene()
        for name in ["one", "two", "three"] {
            try scene.line("create", "--name", name, "-l", "n=\(name)", "-l", "all", "busybox", "true")
        }
        func found(_ filters: String...) throws -> Int {
            try scene.bench.program.run(["ps", "-aq"] + filters.flatMap { ["--filter", $0] }).lines.count
        }
        #expect(try found("name=one", "name=two") == 2)
        #expect(try found(" Status = created ", "status=exited") == 3)
        #expect(try found("name=one", "status=exited") == 0)
        #expect(try found("label=all", "label=n=two") == 1)
        #expect(try scene.strata("ps", "--filter", "name!=one").status == 2)
    }
}
