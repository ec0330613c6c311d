import Foundation
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// What a source is, is found out from all of its content: in whatever form the same members come, they are the same images.
struct DetectionTests {
    private static let fixtures = [
        "app-docker.tar", "app-oci-gzip.tar", "layout-two-refs.tar", "multi-platform.tar", "small-hybrid.tar",
        "small-oci-zstd.tar",
    ].map { "\(Program.packageRoot)/fixtures/\($0)" }

    private static let shared = ["made", "fetched"].flatMap { folder -> [String] in
        let archives = folder == "made" ? SharedCases.made : SharedCases.fetched
        return archives.keys.sorted().filter { archives[$0]?.kind != "rootfs" }.map {
            "\(SharedCases.folder ?? "")/archives/\(folder)/\($0)"
        }
    }

    /// What reports say of a source's images, or the error that it ends with.
    private struct Figures: Hashable, CustomStringConvertible {
        var images: [String]

        init(_ path: String) throws {
            let fixture = try ScanFixture()
            do {
                images = try fixture.scan(path) { $0.isImporting = false }.map { image in
                    let tree = try fixture.tree(image).sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                    let layers = image.layers.map { "\($0.diffID) \($0.isAbsent ? 0 : $0.descriptor.size)" }
                    return "\(image.name ?? "<none>") \(image.imageID) \(image.platform) \(layers) \(tree)"
                }
            } catch {
                images = [caseNames(of: error)]
            }
        }

        var description: String { images.map { String($0.prefix(300)) }.joined(separator: "\n") }
    }

    @Test(arguments: fixtures + shared) func anArchiveIsTheSameInEveryDisguise(_ path: String) throws {
        // One that is compressed or damaged as a whole has no members to disguise.
        guard let members = try? DisguisedMember.all(at: path) else { return }
        let scratch = try TemporaryDirectory()
        let expected = try Figures(path)
        for disguise in Disguise.allCases {
            let isLayout = members.contains { $0.name == "index.json" } || members.contains { $0.name == "manifest.json" }
            // What is no image is no folder of one, and folders have no members that replace others.
            if [.folder, .folderOfLinks].contains(disguise), !isLayout { continue }
            let found = try Figures(try disguise.write(members, in: scratch))
            #expect(found == expected, "\(disguise): \(found)\nnot: \(expected)")
        }
    }

    // MARK: What names leave open

    private static let layer = BuiltLayer([.file("etc/os-release", size: 1000, seed: 1)])
    private static let image = ImageBuilder([layer], named: "localhost/found:1")

    @Test func aLayoutMayLackItsMarker() throws {
        let fixture = try ScanFixture()
        var files = try Self.image.layout()
        files["oci-layout"] = nil
        #expect(try fixture.scan(files.tar).map(\.name) == ["localhost/found:1"])
        let folder = fixture.scratch.path("layout")
        try files.write(to: folder)
        #expect(try fixture.scan(folder).map(\.name) == ["localhost/found:1"])
    }

    @Test(arguments: [
        #"{"name":"My app","icons":[]}"#, "[]", "[1]", #"[{"name":"x"}]"#, "5", #""text""#, #"{"Config":"x"}"#,
    ])
    func aRootFileSystemMayHaveAManifestOfItsOwn(_ text: String) throws {
        let fixture = try ScanFixture()
        let tar = Tar([.file("bin/sh", text: "#!"), .file("manifest.json", text: text), .file("a", size: 10, seed: 1)]).bytes
        if text == "[]" {
            #expect(try fixture.failure(of: tar) == "noImages")
        } else {
            #expect(try fixture.scan(tar).first?.layers.map(\.diffID) == [sha256(tar)])
        }
    }

    @Test(arguments: [
        (#"[{"Config":5,"Layers":[]}]"#, "badDocument.malformed"), (#"[{"Config":"c"#, "badDocument.malformed"),
        (#"[{"config":"none.json","layers":[]}]"#, "missingMember"), ("", "badDocument.malformed"),
        ("null", "badDocument.malformed"),
    ])
    func aManifestThatIsDockersIsReadAsOne(_ text: String, _ failure: String) throws {
        let tar = Tar([.file("manifest.json", text: text), .file("l/layer.tar", Self.layer.blob)]).bytes
        #expect(try ScanFixture().failure(of: tar) == failure)
    }

    @Test func aFolderOfTheListsNameIsNoList() throws {
        let tar = Tar([.directory("manifest.json"), .file("manifest.json/x", text: "x"), .symlink("index.json", to: "none")])
            .bytes
        #expect(try ScanFixture().scan(tar).first?.layers.map(\.diffID) == [sha256(tar)])
    }

    @Test func anIndexOfAnotherProgramIsAFile() throws {
        let tar = Tar([.file("index.json", text: #"{"entries":[]}"#), .file("blobs/readme", text: "x")]).bytes
        #expect(try ScanFixture().scan(tar).first?.layers.map(\.diffID) == [sha256(tar)])
    }

    /// An image archive that lost the document that lists its images must never be taken for a root file system of blobs.
    @Test(arguments: ["layout", "layout without a marker", "hybrid", "legacy", "legacy with repositories", "podman"])
    func anArchiveWithoutItsListIsIncomplete(_ form: String) throws {
        var files: ArchiveFiles
        switch form {
        case "hybrid": files = try Self.image.dockerArchive(.hybrid)
        case "legacy", "legacy with repositories": files = try Self.image.dockerArchive(.legacy)
        case "podman":
            files = ArchiveFiles()
            files["\(Self.layer.diffID.hex).tar"] = Self.layer.blob
            files["config.json"] = try Self.image.config()
        default: files = try Self.image.layout()
        }
        for name in ["index.json", "manifest.json"] + (form == "layout without a marker" ? ["oci-layout"] : []) {
            files[name] = nil
        }
        if form == "legacy with repositories" { files["repositories"] = Array("{}".utf8) }
        let expected = form == "legacy with repositories" ? "ancientArchive" : "unlistedArchive"
        #expect(try ScanFixture().failure(of: files.tar) == expected)
        let fixture = try ScanFixture()
        #expect(try fixture.scan(files.tar) { $0.kind = .tarball }.count == 1)
    }

    // MARK: Names on both sides of a look-up

    @Test(arguments: ["./", "/", ".//", "x/../"]) func namesInDocumentsAreLookedUpInOneForm(_ prefix: String) throws {
        var files = try Self.image.dockerArchive()
        var items = try decodeDocument([DockerArchiveItem].self, from: try #require(files["manifest.json"]))
        items[0].config = prefix + items[0].config
        items[0].layers = items[0].layers.map { prefix + $0 }
        files["manifest.json"] = try encodeDocument(items)
        #expect(try ScanFixture().scan(files.tar).map(\.name) == ["localhost/found:1"])
    }

    /// Unicode calls both names equal; they are two members.
    @Test func membersAreToldApartByBytes() throws {
        let layers = [BuiltLayer([.file("p", size: 700, seed: 1)]), BuiltLayer([.file("q", size: 900, seed: 2)])]
        let names = ["\u{E9}.tar", "e\u{301}.tar"]
        var files = ArchiveFiles()
        for (name, layer) in zip(names, layers) { files.members.append(.file(name, layer.blob)) }
        files["c.json"] = try ImageBuilder(layers).config()
        files["manifest.json"] = try encodeDocument([DockerArchiveItem(config: "c.json", repoTags: nil, layers: names)])
        let fixture = try ScanFixture()
        let image = try #require(try fixture.scan(files.tar).first)
        #expect(image.layers.map(\.diffID) == layers.map(\.diffID))
    }

    @Test func namesThatAreNoneAreTold() throws {
        let fixture = try ScanFixture()
        _ = try fixture.scan(ImageBuilder([Self.layer], named: "MyApp:Latest", "localhost/good:1").dockerArchive().tar)
        let told = fixture.events.compactMap { event in
            if case .unnamed(let label, _) = event { label } else { nil }
        }
        #expect(told == ["MyApp:Latest"])
        #expect(try fixture.store.names().compactMap(\.reference) == ["localhost/good:1"])
    }
}
