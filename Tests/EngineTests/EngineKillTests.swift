import Foundation
import Glibc
import TestSupport
import Testing

/// An engine that is killed while a plan is carried out, and the same plan once more when it runs again.
@Suite(.serialized) struct EngineKillTests {
    /// Images of several layers each, which take their time to go.
    private static func images(_ names: [String]) -> [ImageBuilder] {
        let base = BuiltLayer([.file("base", size: 40_000, seed: 99)])
        return names.enumerated().map { number, name in
            let own = (0..<3).map { part in
                BuiltLayer(
                    (0..<20).map { file in
                        TarMember.file("\(name)-\(part)/\(file)", size: 5000, seed: UInt64(number * 100 + part * 20 + file))
                    })
            }
            return ImageBuilder([base] + own, named: "localhost/\(name):1")
        }
    }

    private func items(_ text: String) throws -> [[String: Any]] {
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        return try #require(document["items"] as? [[String: Any]])
    }

    /// Kills the engine after some names have gone; what the same plan does afterwards.
    private func endsAllTheSame(_ host: EngineHost) throws {
        for round in 0..<3 {
            let names = (0..<8).map { "k\(round)-\($0)" }
            try host.load(Self.images(names + ["used\(round)"]))
            try host.create("keeper\(round)", from: "localhost/used\(round):1")
            let kept = try host.names().subtracting(names.map { "localhost/\($0):1" })
            let plan = host.folder + "/plan-\(round).json"
            let made = try host.program.run(["plan", "-a", "-o", plan, "--engine", host.engine])
            #expect(made.status == 0, "\(made.errors)")
            let run = try host.program.start(["apply", plan, "--format", "json"])
            // It may be over before: the number of names that are left tells where it is.
            while run.isRunning, try host.names().count > kept.count + names.count - 1 - round * 2 { usleep(1000) }
            try host.kill()
            let ended = try run.wait(timeLimit: 60)
            #expect(ended.status == 0 || ended.status == 3 && ended.errors.contains("engine-silent"), "\(ended.errors)")
            try host.restart()
            let again = try host.program.run(["apply", plan, "--format", "json"])
            #expect(again.status == 0, "\(again.errors)")
            #expect(
                try items(again.output).allSatisfy {
                    $0["status"] as? String == "removed" || $0["detail"] as? String == "it is gone"
                }, "\(again.output)")
            #expect(try host.names() == kept)
            try requireSound(host, keeping: "localhost/used\(round):1", again.errors)
        }
    }

    /// What is kept can still be used, and what the engine lost sight of is told.
    private func requireSound(_ host: EngineHost, keeping name: String, _ told: String) throws {
        try host.create("after", from: name)
        try host.removeContainer("after")
        let leaks = try #require(try host.document(["df", "--engine", host.engine])["leaks"] as? [[String: Any]])
        if host.kind == .containerd {
            #expect(leaks.isEmpty, "\(leaks)")
        } else if !leaks.isEmpty {
            #expect(told.contains("--engine-stopped"), "\(leaks) \(told)")
        }
        let again = try host.document(["plan", "-a", "--engine", host.engine])
        #expect((again["victims"] as? [Any])?.isEmpty == true)
    }

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func docker() throws {
        let host = try EngineHost(.docker)
        try endsAllTheSame(host)
        // What it was removing it removes when it ends in order.
        try host.stop()
        let records = try FileManager.default.contentsOfDirectory(atPath: host.root + "/image/overlay2/layerdb/sha256")
        #expect(!records.contains { $0.hasSuffix("-removing") })
    }

    /// A layer that Docker was removing when it was killed is none that leaked: Docker removes it, and that is told.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func whatDockerWasRemovingIsTold() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["one"]))
        let plan = host.folder + "/plan.json"
        #expect(try host.program.run(["plan", "-a", "-o", plan, "--engine", host.engine]).status == 0)
        #expect(try host.program.run(["apply", plan]).status == 0)
        let digits = String(repeating: "0b", count: 32)
        let record = host.root + "/image/overlay2/layerdb/sha256/\(digits)-01234-removing"
        let folder = host.root + "/overlay2/" + digits
        for path in [record, folder + "/diff"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try Data(digits.utf8).write(to: URL(fileURLWithPath: record + "/cache-id"))
        let usage = try host.document(["df", "--engine", host.engine])
        #expect((usage["leaks"] as? [Any])?.isEmpty == true)
        let classes = try #require(usage["classes"] as? [[String: Any]])
        #expect((classes.first { $0["class"] as? String == "temporary" }?["diskBytes"] as? Int ?? 0) >= 16_384)
        let again = try host.program.run(["apply", plan])
        #expect(again.errors.contains("was removing 1 layer when it was ended"), "\(again.errors)")
        try host.stop()
        #expect(access(folder, F_OK) != 0 && access(record, F_OK) != 0)
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerd() throws {
        try endsAllTheSame(try EngineHost(.containerd))
    }

    /// A folder as Docker leaves it that was killed between its record and its layer.
    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker"), .needsRoot) func whatDockerLostSightOfIsTold() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["one"]))
        let plan = host.folder + "/plan.json"
        #expect(try host.program.run(["plan", "-a", "-o", plan, "--engine", host.engine]).status == 0)
        #expect(try host.program.run(["apply", plan]).status == 0)
        let lost = host.root + "/overlay2/" + String(repeating: "0a", count: 32)
        try FileManager.default.createDirectory(atPath: lost + "/diff", withIntermediateDirectories: true)
        let again = try host.program.run(["apply", plan])
        #expect(again.status == 0 && again.errors.contains("no record of 1 place"), "\(again.errors)")
        #expect(again.errors.contains("system prune --engine docker=\(host.root) --engine-stopped"), "\(again.errors)")
        try host.stop()
        let removed = try host.program.run(["system", "prune", "-f", "--engine", host.engine, "--engine-stopped"])
        #expect(removed.status == 0 && access(lost, F_OK) != 0, "\(removed.errors)")
    }
}
