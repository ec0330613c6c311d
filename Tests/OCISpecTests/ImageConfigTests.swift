import OCISpec
import Testing

@Suite("image configs")
struct ImageConfigTests {
    private func decode(_ fields: String, rootfs: String = #"{"type":"layers","diff_ids":[]}"#) throws -> ImageConfig {
        let comma = fields.isEmpty ? "" : ","
        return try Samples.decode(
            ImageConfig.self, #"{"architecture":"amd64","os":"linux","rootfs":\#(rootfs)\#(comma)\#(fields)}"#)
    }

    private func config(layers: Int, history: [HistoryEntry]?) throws -> ImageConfig {
        let ids = try Array("abcdef").prefix(layers).map { try Samples.digest($0) }
        return ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: ids), history: history)
    }

    @Test("null stands for absent")
    func nulls() throws {
        let fields =
            #""created":null,"author":null,"variant":null,"os.version":null,"history":null,"config":{"User":null,"#
            + #""ExposedPorts":null,"Env":null,"Entrypoint":null,"Cmd":null,"Volumes":null,"WorkingDir":null,"Labels":null,"#
            + #""StopSignal":null,"Healthcheck":null,"OnBuild":null,"Shell":null,"ArgsEscaped":null}"#
        #expect(try decode(fields).config == ContainerConfig())
    }

    @Test("Docker's own keys are passed over")
    func dockerKeys() throws {
        let fields =
            #""container":"abc","docker_version":"24.0.1","container_config":{"Hostname":"x","Cmd":null},"id":"1","#
            + #""config":{"Hostname":"","AttachStdin":false,"Image":"sha256:x","Cmd":["sh"]},"moby.buildkit.buildinfo.v1":"e30=""#
        #expect(try decode(fields).config?.cmd == ["sh"])
    }

    @Test("every key of a container's config is read and written")
    func containerConfig() throws {
        let text =
            #"{"ArgsEscaped":true,"Cmd":["a"],"Entrypoint":["b"],"Env":["K=v","E="],"ExposedPorts":{"53/udp":{},"80/tcp":{}},"#
            + #""Healthcheck":{"Interval":30000000000,"Retries":3,"StartInterval":5,"StartPeriod":4,"#
            + #""Test":["CMD","x"],"Timeout":2},"#
            + #""Labels":{"l":"m"},"OnBuild":["RUN x"],"Shell":["/bin/sh","-c"],"StopSignal":"SIGTERM","User":"1000:1000","#
            + #""Volumes":{"/data":{}},"WorkingDir":"/w"}"#
        let config = try Samples.decode(ContainerConfig.self, text)
        #expect(try String(decoding: encodeDocument(config), as: UTF8.self) == text)
    }

    @Test("a set may have null members")
    func nullMembers() throws {
        #expect(try decode(#""config":{"Volumes":{"/a":null,"/b":{}}}"#).config?.volumes == ["/a", "/b"])
    }

    @Test("a variable must be NAME=value", arguments: ["foo", "=x", ""])
    func badVariable(_ variable: String) {
        #expect(throws: DocumentError.malformed(detail: "config.Env: not NAME=value: \(variable)")) {
            try decode(#""config":{"Env":["OK=1","\#(variable)"]}"#)
        }
    }

    @Test("Windows' drive variables are legal")
    func driveVariable() throws {
        #expect(try decode(#""config":{"Env":["=C:=C:\\"]}"#).config?.env == ["=C:=C:\\"])
    }

    @Test("no layers is legal", arguments: [#"{"type":"layers"}"#, #"{"type":"layers","diff_ids":null}"#])
    func noLayers(_ rootfs: String) throws {
        #expect(try decode("", rootfs: rootfs).rootfs.diffIDs.isEmpty)
    }

    @Test("a command of one word may be a text", arguments: [("Cmd", "sh -c x"), ("Entrypoint", "/x"), ("Shell", "sh")])
    func commandAsText(_ key: String, _ word: String) throws {
        let config = try #require(try decode(#""config":{"\#(key)":"\#(word)"}"#).config)
        #expect([config.cmd, config.entrypoint, config.shell].compactMap(\.self) == [[word]])
    }

    @Test("the type of the root file system, and a step of the history, may be left out")
    func leftOut() throws {
        let digest = "sha256:" + String(repeating: "a", count: 64)
        #expect(try decode("", rootfs: #"{"diff_ids":["\#(digest)"]}"#).rootfs.diffIDs.count == 1)
        #expect(try decode(#""history":[null,{"created_by":"x"}]"#).layerHistory.isEmpty)
    }

    @Test("a root file system is required", arguments: ["null", "{}", "[]", #"{"type":"layers","diff_ids":["sha256:x"]}"#])
    func badRootFS(_ rootfs: String) {
        #expect(throws: DocumentError.self) { try decode("", rootfs: rootfs) }
    }

    @Test("the platform is the config's own")
    func platform() throws {
        let config = try decode(#""variant":"v2","os.version":"10.0""#)
        #expect(config.platform == Platform(os: "linux", architecture: "amd64", variant: "v2", osVersion: "10.0"))
    }

    @Test("steps without a layer are skipped")
    func emptyLayersAreSkipped() throws {
        let steps = [
            HistoryEntry(createdBy: "ADD"), HistoryEntry(createdBy: "ENV", emptyLayer: true), HistoryEntry(createdBy: "RUN"),
        ]
        #expect(try config(layers: 2, history: steps).layerHistory.map { $0?.createdBy } == ["ADD", "RUN"])
    }

    @Test("a history too short leaves the rest open")
    func shortHistory() throws {
        let steps = [HistoryEntry(createdBy: "ADD")]
        #expect(try config(layers: 3, history: steps).layerHistory.map { $0?.createdBy } == ["ADD", nil, nil])
    }

    @Test("a history too long loses its end")
    func longHistory() throws {
        let steps = [HistoryEntry(createdBy: "ADD"), HistoryEntry(createdBy: "RUN")]
        #expect(try config(layers: 1, history: steps).layerHistory.map { $0?.createdBy } == ["ADD"])
    }

    @Test("without a history every layer is open")
    func noHistory() throws {
        #expect(try config(layers: 2, history: nil).layerHistory == [nil, nil])
    }

    @Test("a config encodes to what decodes to it")
    func roundTrip() throws {
        let steps = [HistoryEntry(created: "2024-01-01T00:00:00Z", createdBy: "x", comment: "c"), HistoryEntry(emptyLayer: true)]
        let value = try config(layers: 1, history: steps)
        #expect(try decodeDocument(ImageConfig.self, from: encodeDocument(value)) == value)
    }
}
