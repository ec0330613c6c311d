import Foundation
import TestSupport
import Testing

/// `inspect`: docker's keys.
struct InspectTests {
    private static let app = "localhost/strata/app:1"
    private static let multi = "localhost/strata/multi:1"

    private func loaded(_ fixtures: String...) throws -> Workbench {
        let bench = try Workbench()
        for fixture in fixtures { try bench.succeed("load", "-i", "fixtures/\(fixture).tar") }
        return bench
    }

    private func images(_ text: String) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    }

    @Test func anImageHasDockersKeys() throws {
        let image = try images(loaded("app-docker").succeed("inspect", Self.app))[0]
        #expect(
            Set(image.keys) == [
                "Id", "RepoTags", "RepoDigests", "Parent", "Comment", "Created", "DockerVersion", "Author", "Config",
                "Architecture", "Os", "Size", "RootFS", "Metadata", "Descriptor",
            ])
        #expect(Set((image["RootFS"] as? [String: Any] ?? [:]).keys) == ["Type", "Layers"])
        #expect(Set((image["Descriptor"] as? [String: Any] ?? [:]).keys) == ["mediaType", "digest", "size"])
        #expect(image["Metadata"] as? [String: String] == ["LastTagTime": "0001-01-01T00:00:00Z"])
    }

    @Test func allNamesOfAnImageAreTold() throws {
        let bench = try loaded("app-docker")
        try bench.succeed("tag", Self.app, "again:2")
        let image = try images(bench.succeed("inspect", "again:2"))[0]
        let digest = try #require((image["Descriptor"] as? [String: Any])?["digest"] as? String)
        #expect(image["RepoTags"] as? [String] == [Self.app, "again:2"])
        #expect(image["RepoDigests"] as? [String] == ["localhost/strata/app@\(digest)", "again@\(digest)"])
    }

    /// The digest that a registry would know is the index's.
    @Test func anImageOfSeveralPlatformsIsDescribedByItsIndex() throws {
        let bench = try loaded("multi-platform")
        for platform in ["linux/amd64", "linux/arm64"] {
            let image = try images(bench.succeed("inspect", "--platform", platform, Self.multi))[0]
            let descriptor = try #require(image["Descriptor"] as? [String: Any])
            #expect(descriptor["mediaType"] as? String == "application/vnd.oci.image.index.v1+json")
            #expect(image["RepoTags"] as? [String] == [Self.multi])
            #expect(image["RepoDigests"] as? [String] == ["localhost/strata/multi@\(descriptor["digest"] ?? "")"])
            #expect("linux/\(image["Architecture"] ?? "")" == platform)
        }
    }

    @Test func anImageOutsideTheStoreHasNoDescriptor() throws {
        let image = try images(Workbench().succeed("inspect", "fixtures/app-docker.tar"))[0]
        #expect(image["Descriptor"] == nil)
        #expect(image["RepoTags"] as? [String] == [])
    }

    @Test func theDockerThatBuiltItIsTold() throws {
        let layer = BuiltLayer([.file("a", text: "a")])
        let config = """
            {"architecture":"arm","variant":"v7","os":"linux","docker_version":"18.09.7","author":"me",\
            "rootfs":{"type":"layers","diff_ids":["\(layer.diffID)"]}}
            """
        let bench = try Workbench()
        let archive = ImageBuilder([layer], named: "old:1").with { $0.configOverride = Array(config.utf8) }
        try bench.succeed("load", "-i", try bench.file("in.tar", try archive.dockerArchive().tar))
        let image = try images(bench.succeed("inspect", "old:1"))[0]
        #expect(image["DockerVersion"] as? String == "18.09.7")
        #expect(image["Variant"] as? String == "v7")
        #expect(image["Author"] as? String == "me")
        #expect(image["Created"] is NSNull)
    }

    @Test func whatIsFoundIsToldBeforeWhatIsNot() throws {
        let bench = try loaded("app-docker", "multi-platform")
        let outcome = try bench.strata("inspect", Self.app, "nope", Self.multi, "neither")
        #expect(outcome.status == 3)
        #expect(try images(outcome.output).map { ($0["RepoTags"] as? [String])?.first } == [Self.app, Self.multi])
        #expect(outcome.errors.split(separator: "\n").filter { $0.hasPrefix("strata: ") }.count == 2)
        #expect(outcome.errors.contains("nope") && outcome.errors.contains("neither"))
    }
}
