import ContentStorage
import Foundation
import Glibc
import OCISpec
import TestSupport

/// A store of everything that a store may hold, written file by file with nothing of the modules that read it but the hash.
final class RandomStore {
    typealias Fields = [String: Any]

    static let manifestType = "application/vnd.oci.image.manifest.v1+json"
    static let indexType = "application/vnd.oci.image.index.v1+json"
    static let configType = "application/vnd.oci.image.config.v1+json"
    static let artifactType = "application/vnd.oci.artifact.manifest.v1+json"
    static let layerType = "application/vnd.oci.image.layer.v1.tar+gzip"

    let folder: TemporaryDirectory
    var random: SeededNumbers
    /// The sessions whose locks this process has.
    private(set) var liveSessions: Set<String> = []
    private var locks: [Int32] = []
    private(set) var layers: [(descriptor: Fields, diffID: String)] = []
    private var manifests: [Fields] = []
    private var indexes: [Fields] = []
    private var artifacts: [Fields] = []
    private(set) var entries: [Fields] = []

    var path: String { folder.path("store") }

    init(seed: Int) throws {
        random = SeededNumbers(seed: seed)
        folder = try TemporaryDirectory()
        try write("oci-layout", text: #"{"imageLayoutVersion":"1.0.0"}"#)
        try write("strata.json", text: #"{"format":1,"id":"store-\#(seed)"}"#)
        try makeImages()
        try makeEntries()
        try makeContainers()
        try makeUnpackedLayers()
        try makeSessions()
        try makeTrash()
        try makeStrays()
        if random.chance(12) { try damage() }
    }

    deinit {
        for lock in locks { close(lock) }
    }

    // Files

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ name: String, _ bytes: Data) throws {
        let url = URL(fileURLWithPath: file(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try bytes.write(to: url)
    }

    func write(_ name: String, text: String) throws { try write(name, Data(text.utf8)) }

    func noise(_ range: ClosedRange<Int>) -> Data {
        let count = random.number(range)
        return Data((0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) })
    }

    static func digest(_ bytes: Data, with algorithm: Digest.Algorithm = .sha256) -> String {
        Digest(hashing: Array(bytes), with: algorithm).description
    }

    /// Stores a blob, and returns its descriptor.
    @discardableResult
    func blob(_ bytes: Data, _ type: String) throws -> Fields {
        let digest = Self.digest(bytes)
        try write("blobs/" + digest.replacingOccurrences(of: ":", with: "/"), bytes)
        return ["mediaType": type, "digest": digest, "size": bytes.count]
    }

    func document(_ fields: Fields, _ type: String) throws -> Fields {
        try blob(try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys), type)
    }

    func unknownDigest() -> String { Self.digest(noise(8...8)) }

    // Images

    private func makeImages() throws {
        for _ in 0..<random.number(2...7) {
            let descriptor = try blob(noise(0...20_000), Self.layerType)
            layers.append((descriptor, unknownDigest()))
        }
        // The same layer packed in another way.
        if random.chance(30) { layers.append((try blob(noise(10...9000), Self.layerType), layers[0].diffID)) }
        for _ in 0..<random.number(1...6) { try makeImage() }
        for _ in 0..<random.number(0...4) { try makeArtifact() }
        for _ in 0..<random.number(0...3) { try makeIndex() }
        if random.chance(40) { try makeArtifact() }
        for _ in 0..<random.number(0...3) { try blob(noise(0...15_000), "") }
    }

    private func makeImage() throws {
        let stack = random.some(of: layers, percent: 50) + (random.chance(20) ? [layers[0]] : [])
        let machine = random.one(of: ["amd64", "amd64", "arm64", "s390x"])
        let config: Fields = [
            "architecture": machine, "os": "linux", "rootfs": ["type": "layers", "diff_ids": stack.map(\.diffID)],
            "author": "\(random.number(0...3))",
        ]
        var manifest: Fields = ["schemaVersion": 2, "layers": stack.map(\.descriptor)]
        manifest["config"] = try document(config, Self.configType)
        if random.chance(10) { manifest["annotations"] = ["n": "\(random.number(0...1))"] }
        // What no image is: a config of any bytes, or one that is another's manifest.
        if random.chance(6) { manifest["config"] = try blob(Data("[]".utf8), Self.configType) }
        if random.chance(8), var other = manifests.last {
            other["mediaType"] = Self.configType
            other["platform"] = nil
            manifest["config"] = other
        }
        var descriptor = try document(manifest, Self.manifestType)
        descriptor["platform"] = ["os": "linux", "architecture": machine]
        manifests.append(descriptor)
    }

    private func makeArtifact() throws {
        var manifest: Fields = [
            "schemaVersion": 2, "artifactType": "application/example",
            "config": try blob(Data("{}".utf8), "application/vnd.oci.empty.v1+json"),
            "layers": [try blob(noise(1...6000), "application/example")],
        ]
        if random.chance(70), var subject = (manifests + indexes + artifacts).randomElement(using: &random) {
            subject["platform"] = nil
            if random.chance(20) { subject["digest"] = unknownDigest() }
            manifest["subject"] = subject
        }
        if random.chance(25) {
            artifacts.append(try document(try oldArtifact(manifest["subject"]), Self.artifactType))
            return
        }
        // A bundle of images.
        if random.chance(25), var image = (manifests + indexes).randomElement(using: &random) {
            image["platform"] = nil
            manifest["layers"] = [image, try blob(noise(1...600), "application/example")]
        }
        artifacts.append(try document(manifest, Self.manifestType))
    }

    /// An artifact manifest of OCI's drafts, which no reader of today knows.
    private func oldArtifact(_ subject: Any?) throws -> Fields {
        var blobs = [try blob(noise(1...6000), "application/example")]
        if random.chance(30), var image = manifests.randomElement(using: &random) {
            image["platform"] = nil
            blobs.append(image)
        }
        var fields: Fields = ["mediaType": Self.artifactType, "artifactType": "application/example", "blobs": blobs]
        fields["subject"] = subject
        return fields
    }

    private func makeIndex() throws {
        var children = random.some(of: manifests, percent: 45) + random.some(of: indexes + artifacts, percent: 25)
        if random.chance(50) {
            children.append([
                "mediaType": Self.manifestType, "digest": unknownDigest(), "size": 500,
                "platform": ["os": "linux", "architecture": "ppc64le"],
            ])
        }
        if random.chance(40) { children.append(try makeAttestation()) }
        if random.chance(20) { children.append(try blob(noise(1...3000), "application/example")) }
        var index: Fields = ["schemaVersion": 2, "manifests": children]
        if random.chance(15), var subject = manifests.randomElement(using: &random) {
            subject["platform"] = nil
            index["subject"] = subject
        }
        indexes.append(try document(index, Self.indexType))
    }

    private func makeAttestation() throws -> Fields {
        let config: Fields = ["architecture": "unknown", "os": "unknown", "rootfs": ["type": "layers", "diff_ids": []]]
        var descriptor = try document(
            [
                "schemaVersion": 2, "config": try document(config, Self.configType),
                "layers": [try blob(noise(1...3000), "application/vnd.in-toto+json")],
            ], Self.manifestType)
        descriptor["platform"] = ["os": "unknown", "architecture": "unknown"]
        descriptor["annotations"] = ["vnd.docker.reference.type": "attestation-manifest"]
        return descriptor
    }

    private func makeEntries() throws {
        for document in random.some(of: manifests, percent: 60) + random.some(of: indexes + artifacts, percent: 60) {
            for _ in 0..<(random.chance(35) ? random.number(2...3) : 1) {
                var entry = document
                entry["platform"] = nil
                var annotations: [String: String] = [:]
                if random.chance(75) {
                    let repository = random.one(of: ["example.com/a:", "example.com/a:", "example.com/b:", "r.io/prod/a:", "v"])
                    annotations["org.opencontainers.image.ref.name"] = "\(repository)\(random.number(0...9))"
                }
                if random.chance(15) { annotations["io.strata.pinned"] = "true" }
                if !annotations.isEmpty { entry["annotations"] = annotations }
                // A type that says nothing: the document is asked.
                if random.chance(8) { entry["mediaType"] = "application/octet-stream" }
                entries.append(entry)
            }
        }
        if random.chance(15) { entries.append(try blob(noise(1...4000), "application/octet-stream")) }
        entries.shuffle(using: &random)
        try setEntries(entries)
    }

    func setEntries(_ entries: [Fields]) throws {
        let index: Fields = ["schemaVersion": 2, "mediaType": Self.indexType, "manifests": entries]
        try write("index.json", try JSONSerialization.data(withJSONObject: index, options: .sortedKeys))
    }

    // What stands beside

    private func makeContainers() throws {
        for number in 0..<random.number(0...3) {
            guard var image = (random.chance(60) ? entries : manifests + indexes).randomElement(using: &random) else { return }
            image["annotations"] = nil
            let record: Fields = ["id": "c\(number)", "name": "box", "image": image]
            if random.chance(85) {
                try write("containers/c\(number)/config.json", try JSONSerialization.data(withJSONObject: record))
            }
            try write("containers/c\(number)/diff/etc/hosts", noise(0...5000))
        }
    }

    private func makeUnpackedLayers() throws {
        for diffID in Set(random.some(of: layers.map(\.diffID), percent: 40) + (random.chance(30) ? [unknownDigest()] : [])) {
            let root = "layers/" + diffID.replacingOccurrences(of: ":", with: "-")
            try write("\(root)/diff/usr/bin/tool", noise(0...9000))
            if random.chance(60) { link("\(root)/diff/usr/bin/tool", to: "\(root)/diff/usr/bin/other") }
            if random.chance(20) { linkOutside("\(root)/diff/usr/bin/tool") }
            try write("\(root)/link", text: "ABC")
            symlink("usr/bin/tool", file("\(root)/diff/tool"))
        }
        if random.chance(30) {
            try FileManager.default.createDirectory(atPath: file("layers/l"), withIntermediateDirectories: true)
            symlink("../somewhere/diff", file("layers/l/ABC"))
        }
    }

    private func link(_ old: String, to new: String) {
        let status = Glibc.link(file(old), file(new))
        precondition(status == 0, "\(old) \(new) \(errno)")
    }

    private func linkOutside(_ name: String) {
        let status = Glibc.link(file(name), folder.path("outside-\(random.next())"))
        precondition(status == 0)
    }

    var blobNames: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: file("blobs/sha256"))) ?? []).sorted()
    }

    private func makeSessions() throws {
        for number in 0..<random.number(0...3) {
            let name = "session-\(number)"
            var holds = random.some(of: blobNames, percent: 15).map { "sha256:\($0)" }
            if random.chance(50) { holds.append(unknownDigest()) }
            try write("ingest/\(name)/holds", text: holds.map { "\($0)\n" }.joined() + (random.chance(20) ? "sha256:12" : ""))
            if random.chance(60) { try write("ingest/\(name)/partial.1", noise(0...9000)) }
            if random.chance(40) {
                try write("ingest/\(name)/\(unknownDigest().replacingOccurrences(of: ":", with: "-")).2", noise(0...9000))
            }
            if random.chance(30) { try write("ingest/\(name)/resumable", Data()) }
            guard random.chance(50) else { continue }
            let descriptor = open(file("ingest/\(name)"), O_RDONLY | O_DIRECTORY)
            precondition(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            locks.append(descriptor)
            liveSessions.insert(name)
        }
    }

    private func makeTrash() throws {
        if random.chance(30) {
            try write("trash/repaired/repair.json", text: "{}")
            try write("trash/repaired/sha256-\(String(repeating: "a", count: 64))", noise(0...9000))
        }
        if random.chance(30) {
            try write(
                "trash/kept/release.json",
                text: #"""
                    {"kind":"release","schemaVersion":1,"entries":[],"blobs":[],"layers":[],"keepUntil":"2999-01-01T00:00:00Z"}
                    """#)
            try write("trash/kept/complete", Data())
            try write("trash/kept/sha256-\(String(repeating: "b", count: 64))", noise(0...9000))
            try write("trash/kept/layer-sha256-\(String(repeating: "c", count: 64))/diff/x", noise(0...9000))
        }
    }

    private func makeStrays() throws {
        let names = [
            "notes.txt", "blobs/sha256/short", "blobs/md5/d41d8cd98f00b204e9800998ecf8427e", "ingest/file", "locks/odd",
            "layers/sha256-12/diff/x", "containers/file", "trash/file", "folder/below/x", "blobs/file", "plans/p.txt",
            "ingest/session-0/mine.txt",
        ]
        for name in random.some(of: names, percent: 15) { try write(name, noise(0...9000)) }
        // A plan, what a killed writer left of one, and names that no plan has.
        for name in random.some(of: ["0badc0ffee12.json", "0badc0ffee12.json.new", "c0ffee0badc0.json", "0c.json"], percent: 20) {
            try write("plans/\(name)", noise(0...9000))
        }
        try write("locks/sweep.lock", Data())
        if random.chance(20) { symlink("/nowhere", file("a-link")) }
        if random.chance(20) { try write("locks/index.json.new", noise(0...300)) }
        for name in random.some(of: blobNames, percent: 6) {
            switch random.number(0...2) {
            case 0: linkOutside("blobs/sha256/\(name)")
            case 1: link("blobs/sha256/\(name)", to: "AAA-\(name.prefix(6))")
            default: try linkToTwin(name)
            }
        }
    }

    /// The same blob under its other digest, as one inode; a further entry leads to it.
    private func linkToTwin(_ name: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file("blobs/sha256/\(name)")))
        let digest = Self.digest(bytes, with: .sha512)
        let twin = digest.dropFirst("sha512:".count)
        try FileManager.default.createDirectory(atPath: file("blobs/sha512"), withIntermediateDirectories: true)
        link("blobs/sha256/\(name)", to: "blobs/sha512/\(twin)")
        guard random.chance(60) else { return }
        let blob: Fields = ["mediaType": "application/example", "digest": digest, "size": bytes.count]
        entries.append(
            try document(
                [
                    "schemaVersion": 2, "artifactType": "application/example", "layers": [blob],
                    "config": try self.blob(Data("{}".utf8), "application/vnd.oci.empty.v1+json"),
                ], Self.manifestType))
        try setEntries(entries)
    }

    /// A document that some image needs is torn, or goes.
    private func damage() throws {
        guard let victim = entries.randomElement(using: &random), let digest = victim["digest"] as? String else { return }
        let name = "blobs/" + digest.replacingOccurrences(of: ":", with: "/")
        if random.chance(50) {
            unlink(file(name))
        } else {
            unlink(file(name))
            try write(name, text: "torn")
        }
    }
}
