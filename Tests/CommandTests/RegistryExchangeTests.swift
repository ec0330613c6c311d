import Foundation
import OCISpec
import TestSupport
import Testing

/// Images go to a real registry and come back, by this program and by others: the bytes stay what they were.
final class RegistryExchangeTests {
    /// podman takes no longer path than 50 bytes for what it keeps while it runs.
    private let runFolder = "/tmp/strata-\(UUID().uuidString.prefix(13))"

    deinit { try? FileManager.default.removeItem(atPath: runFolder) }

    /// How an image's layers and documents are written.
    enum Form: String, CaseIterable, CustomTestStringConvertible {
        case ociGzip, ociZstd, docker

        var testDescription: String { rawValue }
    }

    private static func layer(_ form: Form, _ members: [TarMember]) throws -> BuiltLayer {
        let tar = Tar(members).bytes
        switch form {
        case .ociGzip: return BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.layerGzip)
        case .ociZstd: return BuiltLayer(tar, stored: try Compressor.zstd(tar), mediaType: MediaType.layerZstd)
        case .docker: return BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.dockerLayerGzip)
        }
    }

    static func image(_ form: Form, named names: String...) throws -> ImageBuilder {
        let first = try layer(form, [.directory("etc"), .file("etc/a", size: 300_000, seed: 1), .symlink("b", to: "etc/a")])
        let second = try layer(form, [.file("c", text: "c"), .whiteout("b")])
        return ImageBuilder([first, second]).with { image in
            image.names = names
            guard form == .docker else { return }
            image.manifestMediaType = MediaType.dockerManifest
            image.configMediaType = MediaType.dockerConfig
        }
    }

    /// A store with this image.
    private func bench(_ image: ImageBuilder) throws -> Workbench {
        let bench = try Workbench()
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        return bench
    }

    /// The blobs of a folder that is a layout, by name.
    private func blobs(_ folder: String) throws -> [String: Data] {
        let path = folder + "/blobs/sha256"
        var found: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            found[name] = try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)"))
        }
        return found
    }

    private func expected(_ image: ImageBuilder) throws -> [String: Data] {
        var files = ArchiveFiles()
        try image.addBlobs(to: &files)
        return Dictionary(
            files.members.map {
                (String(decoding: $0.name, as: UTF8.self).split(separator: "/").last.map(String.init) ?? "", Data($0.body))
            },
            uniquingKeysWith: { first, _ in first })
    }

    private func run(_ bench: Workbench, _ command: String, _ arguments: String...) throws -> String {
        var shell = Program.shell
        shell.environment = ["HOME": bench.folder.path, "D": bench.folder.path, "R": runFolder, "TMPDIR": bench.folder.path]
        let outcome = try shell.run(["-c", command, "sh"] + arguments)
        #expect(outcome.status == 0, "\(command) \(arguments): \(outcome.errors)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    @Test(.needs("docker-registry"), arguments: Form.allCases) func whatIsPushedIsPulledByteForByte(form: Form) throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a/b:1"
        let image = try Self.image(form, named: name)
        let pushed = try bench(image).succeed("push", name)
        #expect(pushed.contains("1: digest: \(try image.descriptor().digest) size: \(try image.manifest().count)\n"))
        let pulling = try Workbench()
        let pulled = try pulling.succeed("pull", name)
        #expect(
            pulled.hasSuffix("Digest: \(try image.descriptor().digest)\nStatus: Downloaded newer image for \(name)\n\(name)\n"))
        #expect(try blobs(pulling.store) == expected(image))
        #expect(pulling.problems == [])
    }

    @Test(.needs("docker-registry", "skopeo"), arguments: Form.allCases) func skopeoGetsWhatIsPushed(form: Form) throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a/b:1"
        let image = try Self.image(form, named: name)
        let bench = try bench(image)
        try bench.succeed("push", name)
        _ = try run(bench, "skopeo copy -q --preserve-digests --src-tls-verify=false docker://$1 dir:$D/copy", name)
        let manifest = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("copy/manifest.json")))
        #expect(try Array(manifest) == image.manifest())
        for (digest, bytes) in try expected(image) where digest != (try image.descriptor().digest.hex) {
            let copied = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("copy/\(digest)")))
            #expect(copied == bytes, "\(digest)")
        }
    }

    @Test(.needs("docker-registry", "skopeo"), arguments: Form.allCases)
    func whatSkopeoPushesIsPulledByteForByte(form: Form) throws {
        let registry = try DockerRegistry()
        let image = try Self.image(form, named: "localhost/a:1")
        let name = "\(registry.name)/x:2"
        let pulling = try Workbench()
        let folder = pulling.folder.path("dir")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var files = try expected(image)
        files[try image.descriptor().digest.hex] = nil
        files["manifest.json"] = Data(try image.manifest())
        files["version"] = Data("Directory Transport Version: 1.1\n".utf8)
        for (file, bytes) in files { try bytes.write(to: URL(fileURLWithPath: "\(folder)/\(file)")) }
        _ = try run(pulling, "skopeo copy -q --preserve-digests --dest-tls-verify=false dir:$1 docker://$2", folder, name)
        try pulling.succeed("pull", name)
        #expect(try blobs(pulling.store) == expected(image))
        #expect(pulling.problems == [])
    }

    private static let podman = "podman --root \"$D/pr\" --runroot \"$R/p\" --storage-driver vfs"

    @Test(.needs("docker-registry", "podman")) func podmanAndThisProgramGetEachOthersImages() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a/b:1"
        let image = try Self.image(.ociGzip, named: name)
        let bench = try bench(image)
        let listed = try Program.shell.run(["-c", "D=$1 R=$2; \(Self.podman) images", "sh", bench.folder.path, runFolder])
        try Skip.unless(listed.status == 0, "podman cannot keep images here: \(listed.errors.suffix(300))")
        try bench.succeed("push", name)
        let imageID = try run(bench, "\(Self.podman) pull -q --tls-verify=false \"$1\"", name)
        #expect("sha256:\(imageID)" == sha256(try image.config()).description)
        let back = "\(registry.name)/back:1"
        _ = try run(bench, "\(Self.podman) push -q --tls-verify=false \"$1\" \"docker://$2\"", imageID, back)
        let pulling = try Workbench()
        try pulling.succeed("pull", back)
        let parsed = try JSONSerialization.jsonObject(with: Data(pulling.succeed("inspect", back).utf8))
        let inspected = try #require((parsed as? [[String: Any]])?.first)
        #expect((inspected["RootFS"] as? [String: Any])?["Layers"] as? [String] == image.layers.map(\.diffID.description))
        #expect(pulling.problems == [])
    }

    @Test(.needs("docker-registry")) func allPlatformsOfAnIndexGoAndComeBack() throws {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/multi-platform.tar")
        let name = "\(registry.name)/multi:1"
        try bench.succeed("tag", "localhost/strata/multi:1", name)
        let pushed = try bench.succeed("push", name)
        let pulling = try Workbench()
        try pulling.succeed("pull", "--all-platforms", name)
        #expect(try blobs(pulling.store) == blobs(bench.store))
        #expect(pushed.contains("\(registry.name)/multi"))
        #expect(pulling.problems == [])
    }

    @Test(.needs("docker-registry")) func ofAnIndexOnlyThisPlatformIsPulledAndPushedOn() throws {
        let registry = try DockerRegistry()
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/multi-platform.tar")
        let name = "\(registry.name)/multi:1"
        try bench.succeed("tag", "localhost/strata/multi:1", name)
        try bench.succeed("push", name)
        let pulling = try Workbench()
        try pulling.succeed("pull", "--platform", "linux/arm64", name)
        #expect(try blobs(pulling.store).count < blobs(bench.store).count)
        #expect(pulling.problems == [])
        let on = "\(registry.name)/arm:1"
        try pulling.succeed("tag", name, on)
        let outcome = try pulling.strata("push", on)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("only the image for linux/arm64 is pushed"))
    }

    @Test(.needs("docker-registry")) func anUncompressedLayerIsCompressedOnceAndTheImageStaysTheSame() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/plain:1"
        let image = ImageBuilder([BuiltLayer([.file("zeros", [UInt8](repeating: 0, count: 500_000))])], named: name)
        let bench = try bench(image)
        let first = try bench.document("push", name)
        #expect(try #require(first["sentBytes"] as? Int) < 20_000)
        let second = try bench.document("push", name)
        #expect(second["sentBytes"] as? Int == 0)
        #expect(second["digest"] as? String == first["digest"] as? String)
        let pulling = try Workbench()
        try pulling.succeed("pull", name)
        #expect(try pulling.succeed("images", "-q", "--no-trunc") == "\(sha256(try image.config()))\n")
        #expect(pulling.problems == [])
    }

    @Test(.needs("docker-registry")) func whatTheRegistryHasElsewhereIsMounted() throws {
        let registry = try DockerRegistry()
        let (one, other) = ("\(registry.name)/one:1", "\(registry.name)/deep/other:1")
        let bench = try bench(try Self.image(.ociGzip, named: one, other))
        try bench.succeed("push", one)
        let pushed = try bench.succeed("push", other)
        #expect(pushed.components(separatedBy: "Mounted from one").count == 3)
        #expect(!registry.requests.contains { $0.method == "PATCH" && $0.path.contains("deep/other") && $0.bytes > 1000 })
        try Workbench().succeed("pull", other)
    }

    @Test(.needs("docker-registry")) func allTagsOfARepositoryArePushed() throws {
        let registry = try DockerRegistry()
        let names = ["\(registry.name)/r:1", "\(registry.name)/r:2"]
        let bench = try bench(try Self.image(.ociGzip, named: names[0], names[1], "\(registry.name)/not:1"))
        try bench.succeed("push", "--all-tags", "\(registry.name)/r")
        for name in names { try Workbench().succeed("pull", name) }
        expectSentence(try Workbench().strata("pull", "-q", "\(registry.name)/not:1"), naming: "/not:1")
    }

    @Test(.needs("docker-registry")) func aSecondPullFetchesNothing() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a:1"
        let bench = try bench(try Self.image(.ociGzip, named: name))
        try bench.succeed("push", name)
        let pulling = try Workbench()
        try pulling.succeed("pull", name)
        let deliveries = registry.blobDeliveries
        let text = try pulling.succeed("pull", name)
        #expect(text.contains("Status: Image is up to date for \(name)\n"))
        #expect(registry.blobDeliveries == deliveries)
    }

    /// That the same layer was read under another compression proves nothing of this blob; reading it once does.
    @Test(.needs("docker-registry")) func aLayerKnownUnderAnotherDigestIsFetchedOnceForLooks() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a:1"
        let image = try Self.image(.ociGzip, named: name)
        try bench(image).succeed("push", name)
        // The same layers, stored otherwise.
        let looking = try bench(try Self.image(.ociZstd, named: "localhost/z:1"))
        try looking.succeed("analyze", "localhost/z:1")
        for _ in 0..<2 { try looking.succeed("analyze", "docker://\(name)") }
        let layers = image.layers.map(\.descriptor.digest.description)
        #expect(registry.blobDeliveries.filter { layers.contains($0.key) }.map(\.value) == layers.map { _ in 1 })
    }

    @Test(.needs("docker-registry")) func anImageIsPulledByItsDigest() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a:1"
        let image = try Self.image(.ociGzip, named: name)
        try bench(image).succeed("push", name)
        let digest = try image.descriptor().digest.description
        let pulling = try Workbench()
        try pulling.succeed("pull", "\(registry.name)/a@\(digest)")
        try pulling.succeed("analyze", "\(registry.name)/a@\(digest)")
        #expect(try blobs(pulling.store) == expected(image))
    }

    @Test(.needs("docker-registry")) func aRegistryIsASourceAnywhere() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a:1"
        let bench = try bench(try Self.image(.ociGzip, named: name))
        try bench.succeed("push", name)
        let figures = try bench.succeed("analyze", name).split(separator: "\n").dropFirst()
        let looking = try Workbench()
        #expect(try looking.succeed("analyze", "docker://\(name)").split(separator: "\n").dropFirst() == figures)
        #expect(looking.names("blobs/sha256") == [])
        try looking.succeed("scan", "docker://\(name)")
        #expect(try looking.imageNames() == [name])
        #expect(looking.problems == [])
    }

    @Test(.needs("docker-registry")) func withoutAnIndexTheFirstLookMakesIt() throws {
        let registry = try DockerRegistry()
        let name = "\(registry.name)/a:1"
        let bench = try bench(try Self.image(.ociGzip, named: name))
        try bench.succeed("push", name)
        let pulling = try Workbench()
        try pulling.succeed("pull", "--no-index", name)
        #expect(try pulling.succeed("analyze", name) == bench.succeed("analyze", name))
        #expect(pulling.problems == [])
    }
}
