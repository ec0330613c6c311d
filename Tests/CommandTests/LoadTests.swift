import Foundation
import OCISpec
import TestSupport
import Testing

/// `load`: what comes in, and what is said of it.
struct LoadTests {
    @Test(arguments: [
        ("app-docker.tar", "Loaded image: localhost/strata/app:1\n"),
        ("app-oci-gzip.tar", "Loaded image: localhost/strata/app:1\n"),
        ("small-hybrid.tar", "Loaded image: localhost/strata/small:1\n"),
        ("multi-platform.tar", "Loaded image: localhost/strata/multi:1\n"),
    ])
    func aNamedImageIsNamed(fixture: String, line: String) throws {
        let bench = try Workbench()
        #expect(try bench.succeed("load", "-i", "fixtures/\(fixture)") == line)
        #expect(try bench.succeed("image", "load", "--input", "fixtures/\(fixture)", "-q") == line)
        #expect(bench.problems == [])
    }

    @Test func aShortNameIsSaidAsDockerSaysIt() throws {
        let bench = try Workbench()
        let image = ImageBuilder([BuiltLayer([.file("a", text: "a")])], named: "docker.io/library/busybox:latest")
        let path = try bench.file("in.tar", try image.dockerArchive(.hybrid).tar)
        #expect(try bench.succeed("load", "-i", path) == "Loaded image: busybox:latest\n")
    }

    /// An image of one file.
    private func archive(_ bench: Workbench, _ text: String, _ names: String...) throws -> String {
        let image = ImageBuilder([BuiltLayer([.file("a", text: text)])]).with { $0.names = names }
        return try bench.file("\(text).tar", try image.dockerArchive(.hybrid).tar)
    }

    @Test func aNameThatMovesIsSaidAsDockerSaysIt() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", try archive(bench, "old", "busybox:latest", "other:1"))
        let old = try bench.succeed("images", "--no-trunc", "-q", "busybox").trimmingCharacters(in: .newlines)
        #expect(
            try bench.succeed("load", "-i", try archive(bench, "new", "third:3", "busybox:latest")) == """
                Loaded image: third:3
                The image busybox:latest already exists, renaming the old one with ID \(old) to empty string
                Loaded image: busybox:latest

                """)
        #expect(try bench.imageNames().sorted() == ["busybox:latest", "other:1", "third:3"])
        #expect(bench.problems == [])
    }

    @Test func aNameThatMovesIsInJSON() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", try archive(bench, "old", "busybox:latest"))
        let old = try bench.succeed("images", "--no-trunc", "-q").trimmingCharacters(in: .newlines)
        let document = try bench.document("load", "-i", try archive(bench, "new", "busybox:latest"))
        let image = try #require((document["images"] as? [[String: Any]])?.first)
        #expect(image["replaced"] as? [[String: String]] == [["name": "busybox:latest", "imageID": old]])
    }

    /// The same image under another manifest, such as with compressed layers, replaces nothing that anybody would miss.
    @Test func theSameImageAgainIsNotSaidToMove() throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/app-docker.tar")
        #expect(try bench.succeed("load", "-i", "fixtures/app-oci-gzip.tar") == "Loaded image: localhost/strata/app:1\n")
    }

    @Test func aBareTagIsKeptWithoutANameAndANote() throws {
        let outcome = try Workbench().strata("load", "-i", "fixtures/layout-two-refs.tar")
        #expect(outcome.lines.count == 2)
        #expect(outcome.lines.allSatisfy { $0.contains(/^Loaded image ID: sha256:[0-9a-f]{64}$/) }, "\(outcome.output)")
        #expect(outcome.errors.contains("`base` is a tag without a repository"))
    }

    @Test(arguments: ["cat", "gzip -c", "zstd -qc"]) func standardInputIsReadAsAFileIs(program: String) throws {
        try Skip.unless(installed: String(program.prefix { $0 != " " }))
        let bench = try Workbench()
        let outcome = try bench.shell("\(program) fixtures/small-hybrid.tar | \"$STRATA\" load")
        #expect(outcome.output == "Loaded image: localhost/strata/small:1\n", "\(outcome.errors)")
        #expect(bench.problems == [])
    }

    /// As with docker: half an archive could otherwise come in as a file system of blobs.
    @Test func aRootFileSystemIsNoImage() throws {
        let bench = try Workbench()
        let outcome = try bench.strata("load", "-i", "fixtures/rootfs.tar.gz")
        expectSentence(outcome, naming: "fixtures/rootfs.tar.gz is a root file system")
        #expect(outcome.errors.contains("strata import"))
        let piped = try bench.shell("\"$STRATA\" load < fixtures/rootfs.tar.gz")
        expectSentence(piped, naming: "standard input is a root file system")
        #expect(try bench.succeed("images", "-q").isEmpty)
    }

    @Test func aRootFileSystemComesInWhereItsUserSaysSo() throws {
        let bench = try Workbench()
        #expect(try bench.succeed("load", "-i", "tarball:fixtures/rootfs.tar.gz").hasPrefix("Loaded image ID: sha256:"))
    }

    /// One choice for every command: of images for one platform each, the one that fits.
    @Test func ofSeveralImagesThoseOfThePlatformComeIn() throws {
        let platforms = ["amd64", "arm64"]
        let images = platforms.map { name in
            ImageBuilder([BuiltLayer([.file(name, text: name)])], named: "localhost/each:\(name)").with {
                $0.platform = Platform(os: "linux", architecture: name)
            }
        }
        let bench = try Workbench()
        let path = try bench.file("each.tar", try ImageBuilder.layout(images).tar)
        for name in platforms {
            let loaded = try bench.strata("load", "--platform", "linux/\(name)", "-i", path)
            #expect(loaded.output == "Loaded image: localhost/each:\(name)\n", "\(loaded.errors)")
            #expect(try bench.succeed("scan", "--platform", "linux/\(name)", path).hasPrefix("localhost/each:\(name)"))
        }
        for command in ["scan", "load"] {
            let arguments = command == "load" ? ["-i", path] : [path]
            let outcome = try bench.program.run([command, "--platform", "linux/s390x"] + arguments)
            expectSentence(outcome, naming: "no image for linux/s390x")
            #expect(outcome.errors.contains("linux/amd64, linux/arm64"))
        }
    }

    @Test func halfAnIndexComesInAsFarAsItIsWhole() throws {
        let bench = try Workbench()
        let images = ["amd64", "arm64"].map { name in
            ImageBuilder([BuiltLayer([.file(name, text: name)])]).with {
                $0.platform = Platform(os: "linux", architecture: name)
            }
        }
        var files = ArchiveFiles()
        try files.setIndex(of: images, named: "localhost/half:1")
        files["blobs/sha256/\(images[1].layers[0].descriptor.digest.hex)"] = nil
        let path = try bench.file("half.tar", files.tar)
        let loaded = try bench.strata("load", "-i", path)
        #expect(loaded.status == 0 && loaded.output == "Loaded image: localhost/half:1\n", "\(loaded.errors)")
        #expect(loaded.errors.split(separator: "\n").count == 1 && loaded.errors.contains("left out linux/arm64"))
        try bench.succeed("fsck")
        try bench.succeed("images")
        try bench.succeed("save", "--platform", "linux/amd64", "-o", bench.folder.path("out.tar"), "localhost/half:1")
        for source in ["localhost/half:1", path] {
            let outcome = try bench.strata("analyze", "--platform", "linux/arm64", source)
            expectSentence(outcome, naming: "linux/arm64")
        }
        #expect(bench.problems == [])
    }

    @Test func onePlatformComesInAlone() throws {
        let bench = try Workbench()
        try bench.succeed("load", "--platform", "linux/arm64", "-i", "fixtures/multi-platform.tar")
        #expect(try bench.strata("inspect", "localhost/strata/multi:1").output.contains("arm64"))
        expectSentence(
            try bench.strata("analyze", "--platform", "linux/amd64", "localhost/strata/multi:1"),
            naming: "has no image for linux/amd64 in the store")
        let outcome = try bench.strata("load", "--platform", "linux/s390x", "-i", "fixtures/multi-platform.tar")
        expectSentence(outcome, naming: "linux/s390x")
    }

    @Test func nothingIsAnError() throws {
        let bench = try Workbench()
        expectSentence(try bench.strata("load"), naming: "standard input")
        expectSentence(try bench.strata("load", "-i", bench.folder.path("nope")), naming: "nope")
        #expect(bench.ingestNames == [])
    }

    @Test(.needs("script")) func aTerminalIsRefused() throws {
        let outcome = try Workbench().shell("script -qec \"'$STRATA' load\" /dev/null")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("requested load from stdin, but stdin is empty"))
    }

    @Test func scriptsGetADocument() throws {
        let document = try Workbench().document("load", "-i", "fixtures/small-hybrid.tar")
        #expect(document["kind"] as? String == "image-load")
        let image = try #require((document["images"] as? [[String: Any]])?.first)
        #expect(image["names"] as? [String] == ["localhost/strata/small:1"])
        #expect(image["imageID"] as? String == "sha256:48b57abe160ca25d3f71aec14e33fb228dd25485b1aae077dab0ef485cada04c")
    }
}
