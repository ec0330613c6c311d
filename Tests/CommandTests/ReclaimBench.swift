import Foundation
import OCISpec
import TestSupport
import Testing

/// A store with small images made for prunes: what each shares with others is known.
struct ReclaimBench {
    let bench: Workbench

    init() throws { bench = try Workbench() }

    /// Loads an image of layers that hold one file of so many bytes each; equal seeds are equal layers.
    func load(
        _ name: String?, layers: [(seed: UInt64, bytes: Int)], created: String? = nil, labels: [ExactText: String] = [:]
    ) throws {
        let built = layers.map { BuiltLayer([.file("f\($0.seed)", size: $0.bytes, seed: $0.seed)]) }
        var config = ImageConfig(
            platform: Platform(os: "linux", architecture: "amd64"), rootfs: RootFS(diffIDs: built.map(\.diffID)),
            created: created)
        if !labels.isEmpty {
            var container = ContainerConfig()
            container.labels = labels
            config.config = container
        }
        let bytes = try encodeDocument(config)
        var image = ImageBuilder(built).with { $0.configOverride = bytes }
        if let name { image.names = [name] }
        try bench.succeed("load", "-q", "-i", try bench.file("in.tar", try image.layout().tar))
    }

    /// Three images on a common layer of 40 kB, with 10, 20 and 30 kB of their own, made in this order.
    static func withThreeImages() throws -> ReclaimBench {
        let store = try ReclaimBench()
        for (number, name) in ["localhost/a:1", "localhost/a:2", "localhost/b:1"].enumerated() {
            try store.load(
                name, layers: [(1, 40_000), (UInt64(number) + 2, (number + 1) * 10_000)],
                created: "2024-0\(number + 1)-01T00:00:00Z",
                labels: number == 0 ? ["keep": "yes"] : [:])
        }
        return store
    }

    /// A container's record, as one that was made from the image leaves it.
    func useByContainer(_ name: String, id: String) throws {
        let entry = try #require(
            try entries().first { $0.annotations?["org.opencontainers.image.ref.name"]?.contains(name) == true })
        let folder = "\(bench.store)/containers/\(id)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let record = try JSONSerialization.data(withJSONObject: [
            "id": id, "image": ["mediaType": entry.mediaType, "digest": entry.digest.description, "size": entry.size],
        ])
        try record.write(to: URL(fileURLWithPath: "\(folder)/config.json"))
    }

    func entries() throws -> [Descriptor] {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(bench.store)/index.json"))
        return try decodeDocument(ImageIndex.self, from: [UInt8](bytes)).manifests
    }

    /// Bytes that the blobs take on the disk, the folders not counted.
    func blobBytes() -> Int {
        bench.names("blobs/sha256").reduce(0) { sum, name in
            var status = stat()
            #expect(lstat("\(bench.store)/blobs/sha256/\(name)", &status) == 0)
            return sum + Int(status.st_blocks) * 512
        }
    }

    /// Puts a blob there that nothing reaches, as old as it is said to be by its content's time.
    @discardableResult
    func orphan(_ text: String) throws -> String {
        let digest = sha256(Array(text.utf8))
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(bench.store)/blobs/sha256/\(digest.hex)"))
        return digest.hex
    }

    /// What is wrong with the store by the program's own account and by the checker's; kept bins are not.
    func expectSound(_ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try bench.strata("fsck")
        #expect(outcome.status == 0, "\(comment): \(outcome.output)\(outcome.errors)", sourceLocation: sourceLocation)
        let problems = bench.problems.filter { !$0.hasPrefix("left over: trash/") && !$0.hasPrefix("left over: ingest/") }
        #expect(problems.filter { $0 != "left over: locks/index.json.new" } == [], "\(comment)", sourceLocation: sourceLocation)
    }
}
