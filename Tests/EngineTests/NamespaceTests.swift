import Foundation
import TestSupport
import Testing

/// Namespaces of containerd are hosts of their own: what one has or uses says nothing of another.
@Suite(.serialized) struct NamespaceTests {
    /// The same two images in two namespaces.
    private func host() throws -> EngineHost {
        let host = try EngineHost(.containerd)
        let images = (1...2).map { number in
            let layer = BuiltLayer([.file("own-\(number)", size: 30_000, seed: UInt64(number))])
            var image = ImageBuilder([layer], named: "localhost/app:\(number)")
            image.configOverride = Array(
                """
                {"architecture":"amd64","os":"linux","created":"2025-01-0\(number)T00:00:00Z","config":{},\
                "rootfs":{"type":"layers","diff_ids":["\(layer.diffID)"]}}
                """.utf8)
            return image
        }
        try host.load(images)
        try host.ctr("other", "images", "import", host.folder + "/load.tar")
        return host
    }

    private func victims(_ host: EngineHost, _ options: String...) throws -> Set<String> {
        let plan = try host.document(["plan", "-a", "--engine", host.engine] + options)
        return Set(
            try #require(plan["victims"] as? [[String: Any]]).map {
                "\($0["namespace"] as? String ?? "") \($0["name"] as? String ?? "")"
            })
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func aContainerKeepsTheImageOfItsOwn() throws {
        let host = try host()
        try host.create("c", from: "localhost/app:1")
        #expect(try victims(host) == ["default localhost/app:2", "other localhost/app:1", "other localhost/app:2"])
        let path = host.folder + "/plan.json"
        #expect(try host.program.run(["plan", "-a", "--engine", host.engine, "-o", path]).status == 0)
        // One of the other namespace that came meanwhile keeps that one's.
        try host.ctr("other", "containers", "create", "localhost/app:2", "c")
        let outcome = try host.document(["apply", path])
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(items.filter { $0["status"] as? String == "removed" }.count == 2, "\(items)")
        #expect(try victims(host) == [])
    }

    /// A name that moved is not what a container was made of: what it stands on is.
    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func aContainerKeepsWhatItStandsOn() throws {
        let host = try host()
        try host.create("c", from: "localhost/app:1")
        try host.tag("localhost/app:1", "localhost/old:1")
        try host.tag("localhost/app:2", "localhost/app:1")
        #expect(try victims(host, "--namespace", "default") == [])
        try host.removeContainer("c")
        #expect(try victims(host, "--namespace", "default").count == 2)
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func theNewestAreCountedInEach() throws {
        let host = try host()
        #expect(try victims(host, "--keep-last", "1") == ["default localhost/app:1", "other localhost/app:1"])
        let explained = try host.document(["plan", "-a", "--engine", host.engine, "--explain", "--keep-last", "1"])
        let rows = try #require(explained["explanations"] as? [[String: Any]])
        #expect(Set(rows.compactMap { $0["namespace"] as? String }) == ["default", "other"] && rows.count == 4)
        let text = try host.program.run(["plan", "-a", "--engine", host.engine, "--explain"]).output
        #expect(text.contains("NAMESPACE"), "\(text)")
    }

    /// A plan is a file that anybody may have written: what no plan takes does not go by one.
    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func noPlanTakesDockersImages() throws {
        let host = try host()
        try host.ctr("moby", "images", "import", host.folder + "/load.tar")
        let path = host.folder + "/plan.json"
        #expect(try host.program.run(["plan", "-a", "--engine", host.engine, "--namespace", "other", "-o", path]).status == 0)
        let text = try String(contentsOfFile: path, encoding: .utf8).replacingOccurrences(of: "\"other\"", with: "\"moby\"")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let items = try #require(try host.document(["apply", path])["items"] as? [[String: Any]])
        #expect(items.count == 2 && items.allSatisfy { ($0["detail"] as? String)?.contains("Docker's") == true }, "\(items)")
    }
}
