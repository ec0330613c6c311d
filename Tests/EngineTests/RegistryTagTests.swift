import Foundation
import Glibc
import OCISpec
import TestSupport
import Testing

/// A registry that takes single tags away, as distribution 3 does: written for the test, on a folder of the test.
private final class TagRegistry {
    let address: String
    private let program: RunningProgram

    /// It deletes a tag by its name, and does not know one that is not there; manifests it deletes with their tags.
    private static let script = """
        import http.server, os, shutil, sys, uuid
        top = sys.argv[1] + "/docker/registry/v2"
        class Registry(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *words): pass
            def answer(self, status, **headers):
                self.send_response(status)
                for name, value in headers.items(): self.send_header(name.replace("_", "-"), value)
                self.send_header("Content-Length", "0")
                self.end_headers()
            def parts(self):
                name, _, rest = self.path[len("/v2/"):].partition("/manifests/")
                return f"{top}/repositories/{name}/_manifests", rest
            def digest(self, folder, reference):
                path = f"{folder}/revisions/sha256/{reference[7:]}/link" if ":" in reference else f"{folder}/tags/{reference}/current/link"
                return open(path).read() if os.path.exists(path) else None
            def do_GET(self): self.answer(200)
            def do_HEAD(self):
                if "/blobs/" in self.path:
                    digits = self.path.rpartition(":")[2]
                    return self.answer(200 if os.path.exists(f"{top}/blobs/sha256/{digits[:2]}/{digits}") else 404)
                folder, reference = self.parts()
                digest = self.digest(folder, reference)
                self.answer(200, Docker_Content_Digest=digest) if digest else self.answer(404)
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name, upload = self.path[len("/v2/"):].partition("/blobs/")[0], str(uuid.uuid4())
                os.makedirs(f"{top}/repositories/{name}/_uploads/{upload}")
                self.answer(202, Location=f"/v2/{name}/blobs/uploads/{upload}", Docker_Upload_UUID=upload)
            def do_PUT(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                name, _, rest = self.path[len("/v2/"):].partition("/blobs/uploads/")
                shutil.rmtree(f"{top}/repositories/{name}/_uploads/{rest.partition('?')[0]}")
                self.answer(201)
            def do_DELETE(self):
                folder, reference = self.parts()
                digest = self.digest(folder, reference)
                if not digest: return self.answer(404)
                tags = os.listdir(f"{folder}/tags") if os.path.isdir(f"{folder}/tags") else []
                gone = [tag for tag in tags if self.digest(folder, tag) == digest] if ":" in reference else [reference]
                for tag in gone: shutil.rmtree(f"{folder}/tags/{tag}")
                if ":" in reference: os.remove(f"{folder}/revisions/sha256/{digest[7:]}/link")
                self.answer(202)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Registry)
        open(sys.argv[2] + ".new", "w").write(str(server.server_port))
        os.rename(sys.argv[2] + ".new", sys.argv[2])
        server.serve_forever()
        """

    init(_ folder: RegistryFolder) throws {
        let (script, port) = (folder.scratch.path("registry.py"), folder.scratch.path("port"))
        try Data(Self.script.utf8).write(to: URL(fileURLWithPath: script))
        program = try Program("python3").start([script, folder.root, port])
        for _ in 0..<400 where access(port, F_OK) != 0 { usleep(25_000) }
        address = "http://127.0.0.1:\(try String(contentsOfFile: port, encoding: .utf8))"
    }

    deinit {
        program.signal(SIGKILL)
        _ = try? program.wait(timeLimit: 10)
    }
}

/// Single tags of a registry that can take them away.
@Suite struct RegistryTagTests {
    private let folder: RegistryFolder
    private let bench: EngineBench

    init() throws {
        folder = try RegistryFolder()
        bench = try EngineBench()
    }

    private func document(_ arguments: String...) throws -> [String: Any] {
        let outcome = try bench.program.run(arguments + ["--format", "json"])
        try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    private func tags(_ repository: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: "\(folder.top)/repositories/\(repository)/_manifests/tags"))
    }

    @Test(.needs("python3")) func aTagOfADigestWithOthersGoesAlone() throws {
        let registry = try TagRegistry(folder)
        let layer = [UInt8](repeating: 7, count: 20_000)
        let both = try folder.image("app", tags: ["one", "two", "moves", "lonely"], layers: [layer])
        let other = try folder.image("app", tags: ["other"], note: "other", layers: [layer])
        let plan = try document(
            "plan", "-a", "--engine", "registry=\(folder.root)", "--min-age", "0s", "-H", registry.address, "--filter",
            "ref=app:one", "--keep", "^app:(two|other)$")
        let victims = try #require(plan["victims"] as? [[String: Any]])
        // An image of which a pattern keeps one name stays whole.
        #expect(victims.isEmpty, "\(victims)")
        let single = try document(
            "plan", "-a", "--engine", "registry=\(folder.root)", "--min-age", "0s", "-H", registry.address, "--filter",
            "ref=app:[om]*", "-o", folder.scratch.path("plan.json"))
        let found = try #require(single["victims"] as? [[String: Any]])
        #expect(
            Set(found.map { "\($0["type"] as? String ?? "") \($0["name"] as? String ?? "")" })
                == ["name app:one", "name app:moves", "image app@\(other.digest)"], "\(found)")
        let predicted = found.compactMap { ($0["freesBytes"] as? NSNumber)?.int64Value }.reduce(0, +)
        try folder.tag(other.digest, as: "moves", "app")
        let before = try du(folder.root)
        let outcome = try document("apply", folder.scratch.path("plan.json"), "-H", registry.address)
        let items = try #require(outcome["items"] as? [[String: Any]])
        let became = Dictionary(
            items.map { ($0["name"] as? String ?? "", "\($0["status"] as? String ?? ""): \($0["detail"] as? String ?? "")") }
        ) { first, _ in first }
        #expect(became["app:one"] == "removed: ")
        #expect(became["app:moves"] == "skipped: it means another image now")
        // It has a tag that the plan does not know of.
        #expect(became["app@\(other.digest)"]?.hasPrefix("skipped") == true, "\(became)")
        #expect(try tags("app") == ["two", "lonely", "moves", "other"])
        let freed = try #require(outcome["freedBytes"] as? NSNumber).int64Value
        #expect(try before - du(folder.root) == freed && freed > 0 && freed < predicted)
        // The last tag of an image that is to stay stays.
        let last = try document(
            "plan", "-a", "--engine", "registry=\(folder.root)", "--min-age", "0s", "-H", registry.address, "--filter",
            "ref=app:two", "-o", folder.scratch.path("last.json"))
        #expect((last["victims"] as? [[String: Any]])?.compactMap { $0["name"] as? String } == ["app:two"])
        try FileManager.default.removeItem(atPath: "\(folder.top)/repositories/app/_manifests/tags/lonely")
        let stays = try document("apply", folder.scratch.path("last.json"), "-H", registry.address)
        let detail = (stays["items"] as? [[String: Any]])?.first?["detail"] as? String
        #expect(detail == "it is the last tag of the image, which is to stay", "\(stays)")
        #expect(try tags("app").contains("two"))
        #expect(FileManager.default.fileExists(atPath: folder.revision(both.digest, "app")))
    }

    /// No line of a plan is wider than a terminal for the sake of a digest; `-v` and JSON have it whole.
    @Test func digestsAreShort() throws {
        let layer = [UInt8](repeating: 7, count: 20_000)
        let untagged = try folder.image("team/some/application", layers: [layer])
        try folder.image("team/some/application", tags: ["2025.01.17-rc1"], note: "tagged", layers: [layer])
        let words = ["plan", "-a", "--engine", "registry=\(folder.root)", "--min-age", "0s"]
        let text = try bench.program.run(words)
        let table = text.lines.drop { !$0.contains("TYPE") }.prefix { !$0.contains("victims") }
        #expect(table.count == 3 && table.allSatisfy { $0.count <= 80 }, "\(text.output)")
        #expect(table.contains { $0.contains("@\(untagged.digest.short)") }, "\(text.output)")
        #expect(try bench.program.run(words + ["--verbose"]).output.contains("\(untagged.digest)"))
    }
}
