import Foundation
import Glibc
import TestSupport
import Testing

/// What an engine fails to remove is a failure, however many of its refusals are none; what others remove is not counted twice.
@Suite(.serialized) struct EngineFailureTests {
    private static func images(_ names: [String]) -> [ImageBuilder] {
        names.enumerated().map { number, name in
            ImageBuilder([BuiltLayer([.file(name, size: 30_000, seed: UInt64(number + 1))])], named: "localhost/\(name):1")
        }
    }

    /// A program of the engine's that fails where its last word has `text` in it.
    private func failing(_ name: String, at text: String, status: Int, _ host: EngineHost) throws -> Program {
        let script = """
            #!/bin/sh
            for word; do last=$word; done
            case "$* $last" in *"\(text)"*) echo "Error: write: no space left on device" >&2; exit \(status);; esac
            exec /usr/bin/\(name) "$@"
            """
        return try wrapped(name, script, host)
    }

    /// The program with a script in the place of one of the engine's.
    private func wrapped(_ name: String, _ script: String, _ host: EngineHost) throws -> Program {
        let folder = host.folder + "/bin"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(script.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        chmod("\(folder)/\(name)", 0o755)
        var program = host.program
        program.environment["PATH"] = "\(folder):" + (program.environment["PATH"] ?? "")
        return program
    }

    /// The statuses of the items by their names, of a prune that ends with this status.
    private func prune(_ host: EngineHost, _ program: Program, status: Int32) throws -> (items: [String: String], words: String) {
        let outcome = try program.run(["image", "prune", "-a", "-f", "--engine", host.engine, "--format", "json"])
        #expect(outcome.status == status, "\(outcome.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        let items = try #require(document["items"] as? [[String: Any]])
        return (
            Dictionary(items.map { ($0["name"] as? String ?? "", $0["status"] as? String ?? "") }) { first, _ in first },
            "\(items) \(outcome.errors)"
        )
    }

    @Test(.needs("/usr/bin/podman"), .needsRoot) func podmanFails() throws {
        let host = try EngineHost(.podman)
        try host.load(Self.images(["one", "two"]))
        let id = try #require(
            (try host.document(["plan", "-a", "--engine", host.engine])["victims"] as? [[String: Any]])?
                .first { $0["name"] as? String == "localhost/one:1" }?["imageID"] as? String)
        let digits = String(id.suffix(64))
        let failed = try prune(host, try failing("podman", at: "rmi --no-prune -- \(digits)", status: 125, host), status: 3)
        #expect(failed.items == ["localhost/one:1": "failed", "localhost/two:1": "removed"], "\(failed.words)")
        #expect(failed.words.contains("no space left"), "\(failed.words)")
        // By this status it refuses.
        let refused = try prune(host, try failing("podman", at: "rmi --no-prune -- \(digits)", status: 2, host), status: 0)
        #expect(refused.items == ["localhost/one:1": "skipped"], "\(refused.words)")
        #expect(try prune(host, host.program, status: 0).items == ["localhost/one:1": "removed"])
    }

    @Test(.needs("/usr/bin/containerd", "/usr/bin/ctr"), .needsRoot) func containerdFails() throws {
        let host = try EngineHost(.containerd)
        try host.load(Self.images(["one", "two"]))
        let failed = try prune(host, try failing("ctr", at: "localhost/one:1", status: 1, host), status: 3)
        #expect(failed.items == ["localhost/one:1": "failed", "localhost/two:1": "removed"], "\(failed.words)")
        // With nobody at the socket what is left is not waited for.
        try host.stop()
        let silent = try host.program.run(["image", "prune", "-a", "-f", "--engine", host.engine])
        #expect(silent.status == 3 && silent.errors.contains("does not answer"), "\(silent.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: host.root).isEmpty == false)
    }

    /// A socket that hands everything on to Docker's, but answers the first removals itself.
    private static let proxy = """
        import socket, sys, threading
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(sys.argv[1])
        listener.listen(50)
        answers = [("500 X", b'{"message":"write: no space left on device"}'), ("409 X", b'{"message":"conflict: it is in use"}')]
        def serve(client):
            head = b""
            while b"\\r\\n\\r\\n" not in head:
                piece = client.recv(65536)
                if not piece: return client.close()
                head += piece
            if head.startswith(b"DELETE") and answers:
                status, body = answers.pop(0)
                client.sendall(f"HTTP/1.1 {status}\\r\\nContent-Type: application/json\\r\\nContent-Length: {len(body)}\\r\\n"
                    "Connection: close\\r\\n\\r\\n".encode() + body)
                return client.close()
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(sys.argv[2])
            engine.sendall(head.replace(b"\\r\\n", b"\\r\\nConnection: close\\r\\n", 1))
            while True:
                piece = engine.recv(65536)
                if not piece: break
                client.sendall(piece)
            client.close()
        print("ready", flush=True)
        while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """

    @Test(.needs("/usr/sbin/dockerd", "/usr/bin/docker", "python3"), .needsRoot) func dockerFails() throws {
        let host = try EngineHost(.docker)
        try host.load(Self.images(["one", "two", "three"]))
        try Data(Self.proxy.utf8).write(to: URL(fileURLWithPath: host.folder + "/proxy.py"))
        let proxy = try Program("python3").start([host.folder + "/proxy.py", host.folder + "/other", host.folder + "/sock"])
        defer { proxy.signal(SIGKILL) }
        for _ in 0..<200 where access(host.folder + "/other", F_OK) != 0 { usleep(50_000) }
        var program = host.program
        program.environment["DOCKER_HOST"] = "unix://\(host.folder)/other"
        let found = try prune(host, program, status: 3)
        #expect(Set(found.items.values) == ["failed", "skipped", "removed"], "\(found.words)")
        #expect(try prune(host, host.program, status: 0).items.values.allSatisfy { $0 == "removed" })
        #expect(try host.names().isEmpty)
    }

    /// What somebody else removes at that moment this run has not freed.
    @Test(.needs("/usr/bin/podman"), .needsRoot) func whatOthersRemoveIsTheirs() throws {
        let host = try EngineHost(.podman)
        try host.load(Self.images(["one"]))
        let script = """
            #!/bin/sh
            case "$*" in rmi*) /usr/bin/podman "$@" > /dev/null;; esac
            exec /usr/bin/podman "$@"
            """
        let outcome = try prunes(host, with: script)
        let item = (outcome["items"] as? [[String: Any]])?.first
        #expect(item?["status"] as? String == "skipped", "\(outcome)")
        #expect((outcome["freedBytes"] as? NSNumber)?.int64Value == 0)
        #expect(((outcome["othersFreedBytes"] as? NSNumber)?.int64Value ?? 0) > 30_000)
        #expect(try host.names().isEmpty)
    }

    private func prunes(_ host: EngineHost, with script: String) throws -> [String: Any] {
        let program = try wrapped("podman", script, host)
        let outcome = try program.run(["image", "prune", "-a", "-f", "--engine", host.engine, "--format", "json"])
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    /// Containers that others need go after these, and what holds a pod together with its pod alone.
    @Test(.needs("/usr/bin/podman"), .needsRoot) func containersThatOthersNeed() throws {
        let host = try EngineHost(.podman)
        try host.load(Self.images(["one", "two"]))
        try host.create("a1", from: "localhost/one:1")
        try host.create("a2", from: "localhost/one:1", joining: "a1")
        try host.makePod("pod", of: "localhost/two:1")
        let plan = try host.document(["plan", "-a", "--containers", "--engine", host.engine])
        let victims = try #require(plan["victims"] as? [[String: Any]])
        #expect(victims.compactMap { $0["name"] as? String } == ["a2", "a1", "localhost/one:1"])
        let kept = try #require(plan["kept"] as? [[String: Any]]).compactMap { $0["reason"] as? String }
        #expect(kept.contains("it goes with its pod"), "\(kept)")
        let outcome = try host.document(["apply", try #require(plan["id"] as? String)])
        let items = try #require(outcome["items"] as? [[String: Any]])
        #expect(items.allSatisfy { $0["status"] as? String == "removed" }, "\(items)")
        #expect(outcome["freedBytes"] as? NSNumber == outcome["predictedBytes"] as? NSNumber)
    }
}
