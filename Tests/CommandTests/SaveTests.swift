import Foundation
import Glibc
import OCISpec
import StorageIO
import TestSupport
import Testing

/// `save` in all its forms, and what it leaves when it fails.
struct SaveTests {
    private static let small = "localhost/strata/small:1"
    private static let multi = "localhost/strata/multi:1"
    private static let app = "localhost/strata/app:1"
    private static let archives = ["docker-archive", "oci-archive"]

    private func benchWithImages() throws -> Workbench {
        let bench = try Workbench()
        for name in ["app-oci-gzip.tar", "small-hybrid.tar", "multi-platform.tar"] {
            try bench.succeed("load", "-i", "fixtures/\(name)")
        }
        return bench
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    /// The names beside the store in the test's folder.
    private func outputs(_ bench: Workbench) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).filter { $0 != "store" }.sorted()
    }

    @Test(arguments: archives, [[small], [multi], [app, multi, small]])
    func whatWasSavedAndLoadedIsSavedTheSame(type: String, names: [String]) throws {
        let (bench, other) = (try benchWithImages(), try Workbench())
        let (first, second) = (bench.folder.path("a.tar"), other.folder.path("b.tar"))
        #expect(try bench.program.run(["save", "-o", first, "--type", type] + names).output == "")
        #expect(try other.succeed("load", "-i", first) == names.map { "Loaded image: \($0)\n" }.joined())
        #expect(other.problems == [])
        #expect(try other.program.run(["save", "-o", second, "--type", type] + names).status == 0)
        #expect(try bytes(first) == bytes(second))
        for name in names { #expect(try bench.succeed("inspect", name) == other.succeed("inspect", name)) }
    }

    @Test func aFolderIsLoadedAsItWasSaved() throws {
        let (bench, other) = (try benchWithImages(), try Workbench())
        let folder = bench.folder.path("layout")
        try bench.succeed("save", "--type", "oci", "-o", folder, Self.app, Self.multi)
        try other.succeed("load", "-i", folder)
        let again = other.folder.path("layout")
        try other.succeed("save", "--type", "oci", "-o", again, Self.app, Self.multi)
        #expect(try bench.shell("diff -r \"$1\" \"$2\"", folder, again).output == "")
        #expect(try outputs(bench) == ["layout"])
    }

    @Test func standardOutputGetsTheSameBytesAsAFile() throws {
        let bench = try benchWithImages()
        let path = bench.folder.path("a.tar")
        try bench.succeed("save", "-o", path, Self.app)
        #expect(try bench.shell("\"$STRATA\" save \(Self.app) | cmp - \"$1\"", path).status == 0)
    }

    @Test func bothSpellingsAndAnyOrderOfTheArgumentsDo() throws {
        let bench = try benchWithImages()
        let (a, b) = (bench.folder.path("a"), bench.folder.path("b"))
        try bench.succeed("image", "save", "-o", a, Self.small)
        try bench.succeed("save", Self.small, "--output=\(b)")
        #expect(try bytes(a) == bytes(b))
    }

    @Test func anArchiveListsEachBlobOnce() throws {
        let bench = try benchWithImages()
        let path = bench.folder.path("a.tar")
        try bench.succeed("save", "-o", path, Self.app, Self.app, Self.multi, Self.small)
        let members = try bench.shell("tar tf \"$1\"", path).lines
        #expect(members.prefix(5) == ["oci-layout", "index.json", "manifest.json", "blobs/", "blobs/sha256/"])
        #expect(members.dropFirst(5).map { $0 } == Set(members.dropFirst(5)).sorted())
        #expect(try bench.shell("tar tvf \"$1\" | grep -vc ' 0/0 .* 1970-01-01 00:00 '", path).output == "0\n")
    }

    @Test func aRepositoryMeansAllItsNames() throws {
        let (bench, other) = (try Workbench(), try Workbench())
        let image = ImageBuilder(
            [BuiltLayer([.file("a", text: "a")])], named: "localhost/r:2", "localhost/r:1", "localhost/r/s:1")
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        let path = bench.folder.path("out.tar")
        try bench.succeed("save", "-o", path, "localhost/r")
        #expect(try other.succeed("load", "-i", path) == "Loaded image: localhost/r:1\nLoaded image: localhost/r:2\n")
        let manifest = try bench.shell("tar xOf \"$1\" manifest.json", path).output
        #expect(manifest.contains(#""RepoTags":["localhost/r:1","localhost/r:2"]"#))
    }

    @Test func anIDIsSavedWithoutAName() throws {
        let (bench, other) = (try benchWithImages(), try Workbench())
        let path = bench.folder.path("out.tar")
        try bench.succeed("save", "-o", path, "48b57abe160c")
        #expect(
            try other.succeed("load", "-i", path)
                == "Loaded image ID: sha256:48b57abe160ca25d3f71aec14e33fb228dd25485b1aae077dab0ef485cada04c\n")
        #expect(try bench.shell("tar xOf \"$1\" manifest.json", path).output.contains(#""RepoTags":null"#))
    }

    @Test(arguments: archives) func aPlatformIsSavedAlone(type: String) throws {
        let (bench, other) = (try benchWithImages(), try Workbench())
        let path = bench.folder.path("out.tar")
        try bench.succeed("save", "-o", path, "--type", type, "--platform", "linux/arm64", Self.multi)
        try other.succeed("load", "-i", path)
        let image = try #require(
            try JSONSerialization.jsonObject(with: Data(other.succeed("inspect", Self.multi).utf8)) as? [[String: Any]])
        #expect(image.first?["Architecture"] as? String == "arm64")
    }

    @Test(arguments: archives) func anIndexKeepsAllItsPlatforms(type: String) throws {
        let (bench, other) = (try benchWithImages(), try Workbench())
        let path = bench.folder.path("out.tar")
        try bench.succeed("save", "-o", path, "--type", type, Self.multi)
        try other.succeed("load", "-i", path)
        for platform in ["linux/amd64", "linux/arm64"] {
            #expect(
                try other.succeed("inspect", "--platform", platform, Self.multi)
                    == bench.succeed("inspect", "--platform", platform, Self.multi))
        }
    }

    @Test func anImageThatIsNotThereIsAnErrorAndNoFile() throws {
        let bench = try benchWithImages()
        expectSentence(try bench.strata("save", "-o", bench.folder.path("a.tar"), Self.small, "nope"), naming: "nope")
        #expect(try outputs(bench) == [])
    }

    @Test(arguments: ["docker-archive", "oci-archive", "oci"]) func aDamagedBlobIsAnErrorAndNoFile(type: String) throws {
        let bench = try benchWithImages()
        let layer = "3d926a53d14f5bdf4e2a543231c2411d178b62a55e0a2a0e76225074a7657c30"
        let blob = "\(bench.store)/blobs/sha256/\(layer)"
        #expect(
            try bench.shell("chmod u+w \"$1\" && printf x | dd of=\"$1\" bs=1 seek=700 conv=notrunc status=none", blob).status
                == 0)
        expectSentence(
            try bench.strata("save", "--type", type, "-o", bench.folder.path("out"), Self.small), naming: "sha256:\(layer)")
        #expect(try outputs(bench) == [])
    }

    @Test(arguments: ["docker-archive", "oci"]) func aMissingBlobIsAnErrorAndNoFile(type: String) throws {
        let bench = try benchWithImages()
        let layer = "3d926a53d14f5bdf4e2a543231c2411d178b62a55e0a2a0e76225074a7657c30"
        #expect(unlink("\(bench.store)/blobs/sha256/\(layer)") == 0)
        expectSentence(
            try bench.strata("save", "--type", type, "-o", bench.folder.path("out"), Self.small), naming: "sha256:\(layer)")
        #expect(try outputs(bench) == [])
    }

    @Test func aForeignLayerThatIsNotThereIsLeftOutWithANote() throws {
        let (bench, other) = (try Workbench(), try Workbench())
        let foreign = BuiltLayer([.file("w", text: "w")]).with {
            $0.descriptor.mediaType = "application/vnd.oci.image.layer.nondistributable.v1.tar"
            $0.descriptor.urls = ["https://example.com/w"]
            $0.isAbsent = true
        }
        let image = ImageBuilder([foreign, BuiltLayer([.file("a", text: "a")])], named: "localhost/w:1")
        try bench.succeed("load", "-i", try bench.file("in.tar", try image.layout().tar))
        let path = bench.folder.path("out.tar")
        let outcome = try bench.strata("save", "-o", path, "localhost/w:1")
        #expect(outcome.status == 0)
        #expect(outcome.errors.contains(foreign.descriptor.digest.description), "\(outcome.errors)")
        #expect(try other.succeed("load", "-i", path) == "Loaded image: localhost/w:1\n")
    }

    // MARK: What a failure leaves

    private static let points = Failpoint.allCases.filter { $0.rawValue.hasPrefix("output.") }

    @Test(arguments: points, ["docker-archive", "oci"])
    func aKilledSaveLeavesAllOrNothing(point: Failpoint, type: String) throws {
        let bench = try benchWithImages()
        let path = bench.folder.path("out")
        let outcome = try bench.strata(
            "save", "--type", type, "-o", path, Self.small, environment: ["STRATA_FAILPOINT": point.rawValue])
        #expect(outcome.isKilled, "\(outcome.status) \(outcome.errors)")
        let isDone = [.outputAfterRename, .outputAfterDirectorySync].contains(point)
        #expect((access(path, F_OK) == 0) == isDone)
        if isDone { #expect(try Workbench().strata("load", "-i", path).status == 0) }
    }

    @Test(arguments: [Failpoint.outputBeforeWrite, .outputAfterWrite, .outputAfterSync], ["docker-archive", "oci"])
    func aFullDiskLeavesNothing(point: Failpoint, type: String) throws {
        let bench = try benchWithImages()
        let path = bench.folder.path("out")
        let outcome = try bench.strata(
            "save", "--type", type, "-o", path, Self.small, environment: ["STRATA_FAILPOINT": "\(point.rawValue)=ENOSPC"])
        expectSentence(outcome, naming: path)
        #expect(try outputs(bench) == [])
    }

    @Test func aFailedSaveLeavesTheOldFile() throws {
        let bench = try benchWithImages()
        let path = try bench.file("out", Data("old".utf8))
        let outcome = try bench.strata(
            "save", "-o", path, Self.small, environment: ["STRATA_FAILPOINT": "output.after-sync=EIO"])
        expectSentence(outcome, naming: path)
        #expect(try bytes(path) == Data("old".utf8))
        try bench.succeed("save", "-o", path, Self.small)
        #expect(try bytes(path).count > 100_000)
    }

    @Test(arguments: ["docker-archive", "oci"]) func anInterruptedSaveLeavesNothing(type: String) throws {
        let bench = try Workbench()
        let made = try bench.shell(
            "cd \"$1\" && truncate -s 300M big && tar -cf big.tar big && \"$STRATA\" load -q -i tarball:big.tar && rm big big.tar",
            bench.folder.path)
        let id = try #require(made.output.split(separator: ":").last.map { String($0).trimmingCharacters(in: .newlines) })
        let save = try bench.program.start(["save", "--type", type, "-o", bench.folder.path("out"), id])
        while save.isRunning, try outputs(bench).isEmpty { usleep(500) }
        save.signal(SIGINT)
        let outcome = try save.wait()
        // On a fast disk the signal may arrive when all is in its place.
        let isWhole = try outputs(bench) == ["out"]
        #expect(try isWhole || outputs(bench) == [], "\(outcome.status) \(outcome.errors)")
        if isWhole { #expect(try Workbench().strata("scan", bench.folder.path("out")).status == 0) }
    }

    @Test func aFolderWithOtherThingsIsRefused() throws {
        let bench = try benchWithImages()
        let path = try bench.file("x", Data())
        expectSentence(try bench.strata("save", "--type", "oci", "-o", bench.folder.path, Self.small), naming: bench.folder.path)
        expectSentence(try bench.strata("save", "--type", "oci", "-o", path, Self.small), naming: path)
        #expect(try outputs(bench) == ["x"])
    }

    @Test func anEmptyFolderIsFilledAndKeepsItsMode() throws {
        let bench = try benchWithImages()
        let path = bench.folder.path("empty")
        #expect(mkdir(path, 0o700) == 0)
        try bench.succeed("save", "--type", "oci", "-o", path, Self.small)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == ["blobs", "index.json", "oci-layout"])
        #expect(try bench.shell("stat -c %a \"$1\"", path).output == "700\n")
    }

    @Test func aSymlinkStaysAndADeviceIsWrittenTo() throws {
        let bench = try benchWithImages()
        let (target, link) = (try bench.file("target", Data("old".utf8)), bench.folder.path("link"))
        #expect(symlink(target, link) == 0)
        try bench.succeed("save", "-o", link, Self.small)
        #expect(try bytes(target).count > 100_000)
        try bench.succeed("save", "-o", "/dev/null", Self.small)
        #expect(try outputs(bench) == ["link", "target"])
    }

    @Test(arguments: ["/", "sub/../", ""]) func aSymlinkToNothingYetStaysAndTheFileIsMadeThere(way: String) throws {
        let bench = try benchWithImages()
        try FileManager.default.createDirectory(atPath: bench.folder.path("sub"), withIntermediateDirectories: true)
        let (target, link) = (bench.folder.path("target"), bench.folder.path("link"))
        #expect(symlink(way == "/" ? target : "\(way)target", link) == 0)
        try bench.succeed("save", "-o", link, Self.small)
        #expect(try bytes(target).count > 100_000)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link).hasSuffix("target"))
    }

    @Test func aSymlinkThatLeadsNowhereOrToItselfIsAnError() throws {
        let bench = try benchWithImages()
        for target in ["nowhere/file", "link"] {
            let link = bench.folder.path("link")
            #expect(symlink(target, link) == 0)
            expectSentence(try bench.strata("save", "-o", link, Self.small), naming: target == "link" ? "link" : "nowhere")
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
            try FileManager.default.removeItem(atPath: link)
        }
    }

    // MARK: Terminals and pipes

    @Test func aReaderThatGoesAwayIsNoFailure() throws {
        let bench = try benchWithImages()
        let outcome = try bench.shell("{ \"$STRATA\" save \(Self.app); echo \"status $?\" >&2; } | head -c 10 >/dev/null")
        #expect(outcome.errors == "status 0\n")
    }

    @Test(.needs("script")) func aTerminalIsRefused() throws {
        let bench = try benchWithImages()
        let outcome = try bench.shell("script -qec \"'$STRATA' save \(Self.small)\" /dev/null")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("cowardly refusing to save to a terminal. Use the -o flag or redirect"))
    }

    @Test func aFolderCannotBeStandardOutput() throws {
        expectSentence(try Workbench().strata("save", "--type", "oci", Self.small), naming: "--type oci", status: 2)
    }
}
