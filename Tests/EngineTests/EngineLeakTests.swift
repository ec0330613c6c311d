import Foundation
import TestSupport
import Testing

/// What leaked in an engine's root goes while the engine does not run, and nothing else does.
@Suite(.serialized) struct EngineLeakTests {
    private static let digits = String(repeating: "5e", count: 32)

    /// Folders, links and files below a root that no record names.
    private func leak(_ kind: EngineHost.Kind, in root: String) throws -> Set<String> {
        let files = FileManager.default
        func folder(_ path: String) throws {
            try files.createDirectory(atPath: "\(root)/\(path)/diff/deep", withIntermediateDirectories: true)
            try Data(repeating: 7, count: 50_000).write(to: URL(fileURLWithPath: "\(root)/\(path)/diff/deep/file"))
        }
        switch kind {
        case .docker, .podman:
            let driver = kind == .docker ? "overlay2" : "overlay"
            try folder("\(driver)/\(Self.digits)")
            try files.createSymbolicLink(atPath: "\(root)/\(driver)/l/NOTHING", withDestinationPath: "../nothing/diff")
            return ["\(driver)/\(Self.digits)", "\(driver)/l/NOTHING"]
        case .containerd:
            let blob = "io.containerd.content.v1.content/blobs/sha256/\(Self.digits)"
            try Data(repeating: 7, count: 50_000).write(to: URL(fileURLWithPath: "\(root)/\(blob)"))
            return [blob]
        }
    }

    private func leaks(_ host: EngineHost) throws -> Set<String> {
        let usage = try host.document(["df", "--engine", host.engine])
        return Set(try #require(usage["leaks"] as? [[String: Any]]).compactMap { $0["path"] as? String })
    }

    private func leaksGo(_ kind: EngineHost.Kind) throws {
        let host = try EngineHost(kind)
        try host.load([ImageBuilder([BuiltLayer([.file("f", size: 30_000, seed: 1)])], named: "localhost/one:1")])
        // What nobody names containerd collects itself, as long as it runs.
        if kind == .containerd { try host.stop() }
        let made = try leak(kind, in: host.root)
        let prune = ["system", "prune", "-f", "--engine", host.engine, "--engine-stopped"]
        if kind == .docker {
            let refused = try host.program.run(prune)
            #expect(refused.status == 4 && refused.errors.contains("stop it"), "\(refused.errors)")
            #expect(try leaks(host) == made)
        }
        #expect(try host.program.run(prune + ["-a"]).status == 2)
        let names = kind == .podman ? try host.names() : []
        if kind == .docker { try host.stop() }
        let images = try host.document(["df", "--engine", host.engine])["images"] as? [[String: Any]]

        let path = host.folder + "/plan.json"
        #expect(try host.program.run(["plan", "-o", path, "--engine", host.engine, "--engine-stopped"]).status == 0)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        // A path that is no leak is looked up and not removed, wherever it leads.
        for other in ["../canary", "/etc", ".", "plugins", ""] {
            let hostile = text.replacingOccurrences(of: "\"\(made.sorted()[0])\"", with: "\"\(other)\"")
            #expect(hostile != text)
            let file = host.folder + "/hostile.json"
            try Data(hostile.utf8).write(to: URL(fileURLWithPath: file))
            try Data().write(to: URL(fileURLWithPath: host.folder + "/canary"))
            let outcome = try host.document(["apply", file, "--dry-run"])
            #expect(outcome["victims"] != nil)
        }
        let before = try du(host.root)
        let outcome = try host.document(["apply", path])
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(Set(items.compactMap { $0["name"] as? String }) == made)
        #expect(items.allSatisfy { $0["status"] as? String == "removed" && $0["type"] as? String == "leak" }, "\(items)")
        let freed = try #require(outcome["freedBytes"] as? NSNumber).int64Value
        #expect(outcome["predictedBytes"] as? NSNumber == outcome["freedBytes"] as? NSNumber)
        #expect(try before - du(host.root) == freed)
        #expect(try leaks(host).isEmpty)
        let left = try host.document(["df", "--engine", host.engine])["images"] as? [[String: Any]]
        #expect(left?.compactMap { $0["name"] as? String } == images?.compactMap { $0["name"] as? String })
        if kind == .podman { #expect(try host.names() == names) }
        // Hostile plans, carried out.
        for other in ["../canary", ".", "plugins", ""] {
            let hostile = text.replacingOccurrences(of: "\"\(made.sorted()[0])\"", with: "\"\(other)\"")
            let file = host.folder + "/hostile.json"
            try Data(hostile.utf8).write(to: URL(fileURLWithPath: file))
            let items = try #require(try host.document(["apply", file])["items"] as? [[String: Any]])
            #expect(items.allSatisfy { $0["status"] as? String == "skipped" }, "\(items)")
        }
        #expect(FileManager.default.fileExists(atPath: host.folder + "/canary"))
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func dockers() throws { try leaksGo(.docker) }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmans() throws { try leaksGo(.podman) }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerds() throws { try leaksGo(.containerd) }
}
