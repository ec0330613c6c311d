import Foundation
import OCISpec
import TestSupport
import Testing

/// `import`: a tarball becomes an image.
struct ImportTests {
    private static let epoch = ["SOURCE_DATE_EPOCH": "1700000000"]

    private func image(_ bench: Workbench, _ name: String) throws -> [String: Any] {
        let parsed = try JSONSerialization.jsonObject(with: Data(bench.succeed("inspect", name).utf8))
        return try #require((parsed as? [[String: Any]])?.first)
    }

    @Test func theImageHasTheNameAndWhatTheChangesSay() throws {
        let bench = try Workbench()
        let outcome = try bench.strata(
            "import", "-c", #"CMD ["/bin/sh"]"#, "--change", "ENV A=1 B=$A", "-c", "EXPOSE 80", "-m", "by hand",
            "fixtures/rootfs.tar.gz", "busy:1", environment: Self.epoch)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(/^sha256:[0-9a-f]{64}\n$/))
        let image = try image(bench, "busy:1")
        #expect("\(image["Id"] as? String ?? "")\n" == outcome.output)
        #expect(image["Created"] as? String == "2023-11-14T22:13:20Z")
        let config = try #require(image["Config"] as? [String: Any])
        #expect(config["Cmd"] as? [String] == ["/bin/sh"])
        #expect(config["Env"] as? [String] == ["A=1", "B="])
        #expect((config["ExposedPorts"] as? [String: Any])?.keys.map { $0 } == ["80/tcp"])
        #expect(try bench.succeed("history", "busy:1").contains("by hand"))
        #expect(try bench.imageNames() == ["busy:1"])
        #expect(bench.problems == [])
    }

    @Test func theHistorySaysWhatDockerSays() throws {
        let bench = try Workbench()
        try bench.succeed("image", "import", "fixtures/rootfs.tar.gz", "busy")
        #expect(try bench.succeed("history", "busy:latest").contains("Imported from -"))
    }

    @Test func aTarballIsFetchedFromAWebServer() throws {
        let bench = try Workbench()
        let tarball = try Data(contentsOf: URL(fileURLWithPath: "fixtures/rootfs.tar.gz"))
        let server = try ScriptedServer { request in
            switch request.path {
            case "/moved": ScriptedReply(status: 302, headers: [("Location", "/rootfs.tgz")])
            case "/rootfs.tgz": ScriptedReply(body: Array(tarball))
            default: ScriptedReply(status: 404)
            }
        }
        let local = try bench.succeed("import", "fixtures/rootfs.tar.gz")
        let fetched = try bench.succeed("import", "\(server.url)/moved", "web")
        func layers(_ id: String) throws -> String {
            let image = try image(bench, String(id.dropLast()))
            return "\((image["RootFS"] as? [String: Any])?["Layers"] ?? "")"
        }
        #expect(try layers(local) == layers(fetched))
        #expect(try bench.succeed("history", "--no-trunc", "web").contains("Imported from \(server.url)/moved"))
        expectSentence(try bench.strata("import", "\(server.url)/nothing.tgz"), naming: server.name)
        #expect(bench.problems == [])
    }

    @Test func theSameInputAtTheSameMomentIsTheSameImage() throws {
        let (a, b) = (try Workbench(), try Workbench())
        let first = try a.strata("import", "fixtures/rootfs.tar.zst", "x", environment: Self.epoch)
        let second = try b.shell("SOURCE_DATE_EPOCH=1700000000 \"$STRATA\" import - x < fixtures/rootfs.tar.zst")
        #expect(first.output == second.output)
        #expect(try a.succeed("inspect", "x") == b.succeed("inspect", "x"))
    }

    @Test(arguments: ["gzip", "xz", "bzip2", "lz4"]) func anyCompressionWillDo(program: String) throws {
        try Skip.unless(installed: program, "umoci")
        let bench = try Workbench()
        let outcome = try bench.shell("zcat fixtures/rootfs.tar.gz | \(program) -c | \"$STRATA\" import - x:1")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let bundle = bench.folder.path("bundle")
        let unpacked = try bench.shell(
            "umoci unpack --rootless --image \"$STRATA_STORE:docker.io/library/x:1\" \"$1\" && ls \"$1/rootfs\"", bundle)
        #expect(unpacked.status == 0, "\(unpacked.errors)")
    }

    @Test func anotherPlatformIsTakenAtItsWord() throws {
        let bench = try Workbench()
        try bench.succeed("import", "--platform", "linux/arm/v6", "fixtures/rootfs.tar.gz", "x")
        let image = try image(bench, "x")
        #expect(image["Architecture"] as? String == "arm")
        #expect(image["Variant"] as? String == "v6")
    }

    @Test func withoutANameTheImageHasNone() throws {
        let bench = try Workbench()
        let id = try bench.succeed("import", "fixtures/rootfs.tar.gz").trimmingCharacters(in: .newlines)
        #expect(try bench.imageNames() == [])
        #expect(try image(bench, id)["Id"] as? String == id)
    }

    @Test func anImageArchiveIsATarballHere() throws {
        let bench = try Workbench()
        try bench.succeed("import", "fixtures/small-hybrid.tar", "x")
        #expect(try bench.succeed("files", "--depth", "1", "x").contains("manifest.json"))
    }

    @Test(arguments: [
        (["-c", "RUN x", "fixtures/rootfs.tar.gz"], "RUN"), (["-c", "EXPOSE x", "fixtures/rootfs.tar.gz"], "x"),
        (["fixtures/rootfs.tar.gz", "UPPER"], "UPPER"),
        (["fixtures/rootfs.tar.gz", "x@sha256:\(String(repeating: "a", count: 64))"], "digest"),
    ])
    func whatCannotBeMeantIsStatus2(arguments: [String], name: String) throws {
        let bench = try Workbench()
        expectSentence(try bench.program.run(["import"] + arguments), naming: name, status: 2)
    }

    @Test func aWrongMomentIsStatus2() throws {
        let outcome = try Workbench().strata("import", "fixtures/rootfs.tar.gz", environment: ["SOURCE_DATE_EPOCH": "soon"])
        expectSentence(outcome, naming: "SOURCE_DATE_EPOCH", status: 2)
    }

    @Test func whatIsNoTarIsAnError() throws {
        let bench = try Workbench()
        expectSentence(try bench.strata("import", "README.md", "x"), naming: "README.md")
        expectSentence(try bench.strata("import", "nowhere.tar", "x"), naming: "nowhere.tar")
        #expect(try bench.imageNames() == [])
        #expect(bench.ingestNames == [])
        #expect(bench.problems == [])
    }

    @Test func scriptsGetADocument() throws {
        let document = try Workbench().document("import", "fixtures/rootfs.tar.gz", "busybox")
        #expect(document["kind"] as? String == "image-import")
        #expect(document["name"] as? String == "busybox:latest")
    }
}
