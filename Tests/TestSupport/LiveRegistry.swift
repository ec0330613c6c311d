import Foundation
import Glibc
package import OCISpec
import Testing

/// The distribution project's registry of this machine on loopback, with a folder of its own; it ends with the last reference.
package final class LiveRegistry {
    package let folder: RegistryFolder
    package let port: Int
    /// Where it listens.
    package var address: String { "http://127.0.0.1:\(port)" }
    private let settings: String
    private let program: RunningProgram

    /// Starts it on a folder; with `deletes` it deletes what it is told.
    package init(_ folder: RegistryFolder, deletes: Bool = true) throws {
        self.folder = folder
        settings = folder.scratch.path("config-\(UUID().uuidString.prefix(8)).yml")
        let port = try Self.freePort()
        let lines = [
            "version: 0.1", "log: {level: error}", "storage:", "  filesystem: {rootdirectory: \(folder.root)}",
            "  delete: {enabled: \(deletes)}", "http:", "  addr: 127.0.0.1:\(port)",
        ]
        try (lines.joined(separator: "\n") + "\n").write(toFile: settings, atomically: true, encoding: .utf8)
        self.port = port
        program = try Program("docker-registry").start(["serve", settings])
        for _ in 0..<400 where program.isRunning {
            if try Program("curl").run(["-sf", "-o", "/dev/null", "\(address)/v2/"]).status == 0 { return }
            usleep(20_000)
        }
        try Skip.because("docker-registry does not start here: \(program.errorsSoFar.suffix(300))")
    }

    deinit {
        program.signal(SIGKILL)
        _ = try? program.wait(timeLimit: 10)
    }

    /// Runs the registry's own collector, without `-m`; whether that did.
    @discardableResult
    package func collect() throws -> Bool {
        try Program("docker-registry").run(["garbage-collect", settings]).status == 0
    }

    /// The statuses of requests, in the order of `paths`, which are below the address.
    package func statuses(_ method: String, _ paths: [String]) throws -> [Int] {
        guard !paths.isEmpty else { return [] }
        let types = [MediaType.manifest, MediaType.index, MediaType.dockerManifest, MediaType.dockerManifestList].joined(
            separator: ", ")
        var lines: [String] = []
        for path in paths {
            if !lines.isEmpty { lines.append("next") }
            lines += ["url = \"\(address)\(path)\"", "output = \"/dev/null\"", "header = \"Accept: \(types)\"", "silent"]
            lines += [method == "HEAD" ? "head" : "request = \"\(method)\"", "write-out = \"%{http_code}\\n\""]
        }
        let file = folder.scratch.path("requests")
        try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        return try Program("curl").run(["-K", file]).lines.compactMap { Int($0) }
    }

    private static func freePort() throws -> Int {
        let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(fd) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(fd, address, length) == 0 ? getsockname(fd, address, &length) : -1
            }
        }
        if result != 0 { try Skip.because("no port is free") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// A registry's folder, written as the distribution project's registry lays it out.
package struct RegistryFolder {
    package let scratch: TemporaryDirectory
    /// The registry's `rootdirectory`.
    package var root: String { scratch.path("data") }
    /// The folder with blobs and repositories.
    package var top: String { root + "/docker/registry/v2" }

    package init() throws {
        scratch = try TemporaryDirectory()
        try Self.folder(top + "/blobs/sha256")
        try Self.folder(top + "/repositories")
    }

    /// The folder of a blob.
    package func blob(_ digest: Digest) -> String { "\(top)/blobs/sha256/\(digest.hex.prefix(2))/\(digest.hex)" }
    /// The link of a manifest.
    package func revision(_ digest: Digest, _ repository: String) -> String {
        "\(top)/repositories/\(repository)/_manifests/revisions/sha256/\(digest.hex)/link"
    }
    /// The link of a tag.
    package func tag(_ tag: String, _ repository: String) -> String {
        "\(top)/repositories/\(repository)/_manifests/tags/\(tag)/current/link"
    }

    /// Stores bytes, linked in a repository as a layer is where one is named.
    @discardableResult
    package func add(_ bytes: [UInt8], layerOf repository: String? = nil) throws -> Digest {
        let digest = Digest(hashing: bytes)
        try Self.write(bytes, blob(digest) + "/data")
        if let repository {
            try Self.folder("\(top)/repositories/\(repository)/_uploads")
            try Self.write(Array("\(digest)".utf8), "\(top)/repositories/\(repository)/_layers/sha256/\(digest.hex)/link")
        }
        return digest
    }

    /// Stores a document as a manifest of a repository, under these tags.
    @discardableResult
    package func add(manifest text: String, _ repository: String, tags: [String] = []) throws -> Digest {
        let digest = try add(Array(text.utf8))
        try Self.write(Array("\(digest)".utf8), revision(digest, repository))
        for tag in tags { try self.tag(digest, as: tag, repository) }
        return digest
    }

    /// Gives a manifest a tag.
    package func tag(_ digest: Digest, as tag: String, _ repository: String) throws {
        let link = Array("\(digest)".utf8)
        let place = "\(top)/repositories/\(repository)/_manifests/tags/\(tag)"
        try Self.write(link, "\(place)/index/sha256/\(digest.hex)/link")
        try Self.write(link, "\(place)/current/link")
    }

    package static func folder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    package static func write(_ bytes: [UInt8], _ path: String) throws {
        try folder((path as NSString).deletingLastPathComponent)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

/// Documents of a registry as JSON texts.
package enum RegistryDocument {
    /// A descriptor of something with this digest.
    package static func descriptor(_ type: String, _ digest: Digest, _ bytes: Int, _ more: String = "") -> String {
        "{\"mediaType\":\"\(type)\",\"digest\":\"\(digest)\",\"size\":\(bytes)\(more)}"
    }

    /// The configuration of an image that was made at this moment.
    package static func config(created: String, labels: String = "{}", note: String = "") -> String {
        """
        {"architecture":"amd64","os":"linux","created":"\(created)","author":"\(note)","config":{"Labels":\(labels)},\
        "rootfs":{"type":"layers","diff_ids":[]}}
        """
    }

    /// An index of what these descriptors are of.
    package static func index(_ entries: [String], note: String = "") -> String {
        """
        {"schemaVersion":2,"mediaType":"\(MediaType.index)","manifests":[\(entries.joined(separator: ","))],\
        "annotations":{"note":"\(note)"}}
        """
    }
}

extension RegistryFolder {
    /// Stores an image of these layers; its manifest's digest and length.
    @discardableResult
    package func image(
        _ repository: String, tags: [String] = [], created: String = "2025-01-01T00:00:00Z", labels: String = "{}",
        note: String = "", layers: [[UInt8]], subject: String? = nil
    ) throws -> (digest: Digest, size: Int) {
        let config = Array(RegistryDocument.config(created: created, labels: labels, note: note).utf8)
        let id = try add(config, layerOf: repository)
        let entries = try layers.map {
            RegistryDocument.descriptor(
                "application/vnd.oci.image.layer.v1.tar+gzip", try add($0, layerOf: repository), $0.count)
        }
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.manifest)",\
            "config":\(RegistryDocument.descriptor(MediaType.config, id, config.count)),\
            "layers":[\(entries.joined(separator: ","))]\(subject.map { ",\"subject\":\($0)" } ?? "")}
            """
        return (try add(manifest: text, repository, tags: tags), text.utf8.count)
    }

    /// Stores something that is about a manifest, by its subject where one is given.
    @discardableResult
    package func referrer(
        _ repository: String, tags: [String] = [], note: String, subject: String? = nil
    ) throws -> (digest: Digest, size: Int) {
        let empty = Array("{}".utf8)
        let body = Array("statement \(note)".utf8)
        let text = """
            {"schemaVersion":2,"mediaType":"\(MediaType.manifest)","artifactType":"application/vnd.test.statement",\
            "config":\(RegistryDocument.descriptor("application/vnd.oci.empty.v1+json", try add(empty, layerOf: repository), 2)),\
            "layers":[\(RegistryDocument.descriptor("text/plain", try add(body, layerOf: repository), body.count))]\
            \(subject.map { ",\"subject\":\($0)" } ?? "")}
            """
        return (try add(manifest: text, repository, tags: tags), text.utf8.count)
    }

    /// Stores an index of manifests.
    @discardableResult
    package func index(
        _ repository: String, tags: [String] = [], of entries: [(digest: Digest, size: Int)], type: String = MediaType.manifest,
        note: String = ""
    ) throws -> (digest: Digest, size: Int) {
        let text = RegistryDocument.index(
            entries.map { RegistryDocument.descriptor(type, $0.digest, $0.size) }, note: note)
        return (try add(manifest: text, repository, tags: tags), text.utf8.count)
    }

    /// The descriptor of a manifest, as a subject has it.
    package static func subject(_ manifest: (digest: Digest, size: Int)) -> String {
        RegistryDocument.descriptor(MediaType.manifest, manifest.digest, manifest.size)
    }
}
