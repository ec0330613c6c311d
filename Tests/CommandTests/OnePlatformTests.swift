import Foundation
import OCISpec
import TestSupport
import Testing

/// `--platform` reads what it means, wherever the image is: nothing of the other platforms is opened, so what is wrong with them does
/// not matter and no figure holds any of it.
struct OnePlatformTests {
    private static func image(_ architecture: String, _ variant: String? = nil) -> ImageBuilder {
        let layer = BuiltLayer([.file("only-\(architecture)", size: 4000 + architecture.utf8.count, seed: 7)])
        return ImageBuilder([layer]).with {
            $0.platform = Platform(os: "linux", architecture: architecture, variant: variant)
        }
    }

    private static let wanted = image("arm64")
    /// One for another machine, one that would do where nothing better is, and a statement about the first.
    private static let others = [
        image("amd64"), image("arm", "v7"),
        ImageBuilder([BuiltLayer(Array(#"{"_type":"x"}"#.utf8), mediaType: "application/vnd.in-toto+json")]).with {
            $0.platform = Platform(os: "unknown", architecture: "unknown")
        },
    ]

    /// What is wrong with the others.
    enum Fault: String, CaseIterable, Sendable { case documents, layers, absent }

    /// Where an image may be.
    enum Place: String, CaseIterable, Sendable {
        case archive, folder, input, compressed, topIndex, nestedIndex, docker, registry, store
    }

    /// The names of the others' blobs.
    private static func blobs(_ fault: Fault) throws -> [String] {
        try others.flatMap { image in
            let documents = [try image.descriptor().digest, sha256(try image.config())]
            let layers = image.layers.map(\.descriptor.digest)
            return (fault == .documents ? documents : fault == .layers ? layers : documents + layers).map(\.hex)
        }
    }

    /// A layout of one name for an index of all of them, before anything is wrong with it.
    private static func layout(_ place: Place) throws -> ArchiveFiles {
        var files = ArchiveFiles()
        files["oci-layout"] = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        try files.setIndex(of: [others[0], others[1], wanted, others[2]], named: "localhost/multi:1")
        guard place == .topIndex || place == .nestedIndex else { return files }
        var entries: [Descriptor] = []
        // What `index.json` itself lists are images of their own: each that would do is one.
        for image in place == .topIndex ? [others[0], wanted] : [others[0], others[1], wanted] {
            var entry = try image.descriptor()
            entry.platform = image.platform
            entries.append(entry)
        }
        if place == .nestedIndex {
            let inner = try entries.map { try files.addDocument(ImageIndex(manifests: [$0]), MediaType.index) }
            var top = try files.addDocument(ImageIndex(manifests: inner), MediaType.index)
            top.annotations = ["org.opencontainers.image.ref.name": "localhost/multi:1"]
            entries = [top]
        }
        try files.setIndex(entries)
        return files
    }

    private func spoil(_ fault: Fault, _ files: inout ArchiveFiles) throws {
        for blob in try Self.blobs(fault) {
            let name = "blobs/sha256/\(blob)"
            files[name] = fault == .absent ? nil : files[name].map { [UInt8](repeating: 0x20, count: $0.count) }
        }
    }

    /// The words that name the image, and what standard input is to hold.
    private func source(
        _ place: Place, _ fault: Fault, _ bench: Workbench, _ registry: inout ScriptedRegistry?
    ) throws -> (words: [String], input: Program.Input) {
        var files = try Self.layout(place)
        switch place {
        case .store:
            try bench.succeed("load", "-i", try bench.file("whole.tar", files.tar))
            for blob in try Self.blobs(fault) {
                let path = "\(bench.store)/blobs/sha256/\(blob)"
                try FileManager.default.removeItem(atPath: path)
                if fault != .absent { try Data("spoiled".utf8).write(to: URL(fileURLWithPath: path)) }
            }
            return (["localhost/multi:1"], .nothing)
        case .docker:
            // Of docker's archive each config must be read, since nothing else says what an image is for.
            files = try ImageBuilder.dockerArchive([Self.others[0], Self.wanted])
            for member in files.members.indices where files.members[member].body == Self.others[0].layers[0].blob {
                files.members[member].name = Array("elsewhere".utf8)
            }
            return ([try bench.file("docker.tar", files.tar)], .nothing)
        case .registry:
            let blobs = Set(try Self.blobs(.absent).map { "sha256:\($0)" })
            var content = ScriptedRegistry.Content()
            for image in Self.others + [Self.wanted] { try content.add(image, tag: image.platform.architecture) }
            content.add(Self.indexBytes(files), type: MediaType.index, tag: "1")
            let server = try ScriptedRegistry(content) { request in
                blobs.contains { request.path.hasSuffix($0) } ? ScriptedRegistry.Reply(status: 404) : nil
            }
            registry = server
            return (["docker://\(server.name)/a/b:1"], .nothing)
        default: break
        }
        try spoil(fault, &files)
        switch place {
        case .folder:
            try files.write(to: bench.folder.path("layout"))
            return ([bench.folder.path("layout")], .nothing)
        case .input: return (["-"], .file(try bench.file("multi.tar", files.tar)))
        case .compressed: return ([try bench.file("multi.tar.gz", try Compressor.gzip(files.tar, "-n"))], .nothing)
        default: return ([try bench.file("multi.tar", files.tar)], .nothing)
        }
    }

    /// The index that `index.json` names.
    private static func indexBytes(_ files: ArchiveFiles) -> [UInt8] {
        guard let top = try? decodeDocument(ImageIndex.self, from: files["index.json"] ?? []).manifests.first else { return [] }
        return files["blobs/sha256/\(top.digest.hex)"] ?? []
    }

    @Test(arguments: Place.allCases, Fault.allCases)
    func nothingOfTheOthersIsRead(_ place: Place, _ fault: Fault) throws {
        for command in [["scan"], ["scan", "--no-import"], ["analyze"]] {
            let bench = try Workbench()
            var registry: ScriptedRegistry?
            let source = try source(place, fault, bench, &registry)
            let outcome = try bench.program.run(
                command + source.words + ["--platform", "linux/arm64", "--format", "json"], input: source.input)
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            // An image of docker's archive that is for another platform is told; nothing else is worth a word.
            if place != .docker, place != .topIndex { #expect(outcome.errors == "", "\(command)") }
            let document = try object(outcome.output)
            let image = (document["images"] as? [[String: Any]])?.first ?? document
            let layers = try #require(image["layers"] as? [[String: Any]])
            #expect(layers.map { $0["diffID"] as? String } == Self.wanted.layers.map(\.diffID.description))
            #expect((image["totals"] as? [String: Any])?["contentBytes"] as? Int == 4005)
            let requested = registry?.requests.filter { request in
                (try? Self.blobs(.absent))?.contains { request.path.contains($0) } == true
            }
            #expect(requested?.isEmpty != false)
            guard place != .store else { continue }
            // What is not read is not kept either.
            let kept = Set(bench.names("blobs/sha256"))
            #expect(kept.isDisjoint(with: try Self.blobs(.absent)))
            #expect(bench.problems == [])
        }
    }

    /// The other platforms can be added later, under the same name.
    @Test func platformsAreAddedOneAfterAnother() throws {
        let bench = try Workbench()
        let archive = try bench.file("multi.tar", try Self.layout(.archive).tar)
        try bench.succeed("scan", archive, "--platform", "linux/arm64")
        #expect(try bench.strata("analyze", "localhost/multi:1", "--platform", "linux/amd64").status == 3)
        try bench.succeed("scan", archive, "--platform", "linux/amd64")
        for platform in ["linux/arm64", "linux/amd64"] {
            try bench.succeed("analyze", "localhost/multi:1", "--platform", platform)
        }
        #expect(bench.problems == [])
    }

    /// What was asked for and is damaged is not made up for by one that would do.
    @Test(arguments: ["archive", "store"]) func theBestThatIsThereMustBeWhole(_ place: String) throws {
        let bench = try Workbench()
        var files = try Self.layout(.archive)
        let manifest = try Self.wanted.descriptor().digest.hex
        var words = ["localhost/multi:1"]
        if place == "store" {
            try bench.succeed("load", "-i", try bench.file("whole.tar", files.tar))
            let path = "\(bench.store)/blobs/sha256/\(manifest)"
            try FileManager.default.removeItem(atPath: path)
            try Data("spoiled".utf8).write(to: URL(fileURLWithPath: path))
        } else {
            files["blobs/sha256/\(manifest)"] = [UInt8](repeating: 0x20, count: Int(try Self.wanted.descriptor().size))
            words = [try bench.file("multi.tar", files.tar)]
        }
        let outcome = try bench.program.run(["analyze", "--platform", "linux/arm64"] + words)
        #expect(outcome.status == 3, "\(outcome.output)")
        #expect(outcome.errors.contains(manifest.prefix(12)), "\(outcome.errors)")
    }

    /// The error names what the source has, and not what its index only lists.
    @Test func whatIsNotThereIsToldWithWhatIs() throws {
        let bench = try Workbench()
        var files = try Self.layout(.archive)
        files["blobs/sha256/\(try Self.others[1].descriptor().digest.hex)"] = nil
        let outcome = try bench.strata("analyze", try bench.file("multi.tar", files.tar), "--platform", "linux/s390x")
        #expect(outcome.status == 3)
        #expect(outcome.errors.contains("`--platform` takes linux/amd64, linux/arm64\n"), "\(outcome.errors)")
    }
}
