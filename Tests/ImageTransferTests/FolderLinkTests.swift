import Foundation
import Glibc
import ImageTransfer
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// Layouts in which symlinks stand for files.
struct FolderLinkTests {
    private static let layer = BuiltLayer([.file("etc/os-release", size: 1000, seed: 1)])
    private static let image = ImageBuilder([layer], named: "localhost/linked:1")
    private static var blob: String { "blobs/sha256/\(layer.descriptor.digest.hex)" }

    /// A layout whose file `name` is replaced by a symlink to `target`.
    private func folder(_ fixture: ScanFixture, _ name: String, to target: String) throws -> String {
        let folder = fixture.scratch.path("layout")
        try Self.image.layout().write(to: folder)
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: target)
        return folder
    }

    @Test(arguments: ["../../../out", "relative", "absolute"]) func aBlobMayLieElsewhere(_ way: String) throws {
        let fixture = try ScanFixture()
        let out = fixture.scratch.path("out")
        try Data(Self.layer.blob).write(to: URL(fileURLWithPath: out))
        let target = way == "absolute" ? out : "../../../out"
        let folder = try folder(fixture, Self.blob, to: target)
        #expect(try fixture.scan(folder).map(\.name) == ["localhost/linked:1"])
        #expect(fixture.problems == [])
    }

    @Test(arguments: ["blobs", "blobs/sha256"]) func soMayAFolderOfBlobs(_ name: String) throws {
        let fixture = try ScanFixture()
        let folder = fixture.scratch.path("layout")
        try Self.image.layout().write(to: folder)
        try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: fixture.scratch.path("out"))
        try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: fixture.scratch.path("out"))
        #expect(try fixture.scan(folder).map(\.name) == ["localhost/linked:1"])
    }

    @Test func aFileMayLieElsewhereInTheFolder() throws {
        let fixture = try ScanFixture()
        let folder = fixture.scratch.path("layout")
        try Self.image.layout().write(to: folder)
        for (name, other) in [("index.json", "the-index"), (Self.blob, "a-layer")] {
            try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: "\(folder)/\(other)")
            let up = name == "index.json" ? "" : "../../"
            try FileManager.default.createSymbolicLink(atPath: "\(folder)/\(name)", withDestinationPath: up + other)
        }
        #expect(try fixture.scan(folder).map(\.name) == ["localhost/linked:1"])
    }

    /// Neither its size, nor what is wrong with it as a layer.
    @Test(arguments: [Array("secret".utf8), Tar([.file("secret-name", text: "x")], ending: []).bytes + [1], layer.blob + [0]])
    func ofAnotherFileNothingIsTold(_ bytes: [UInt8]) throws {
        let fixture = try ScanFixture()
        let out = fixture.scratch.path("out")
        try Data(bytes).write(to: URL(fileURLWithPath: out))
        #expect(fixture.failure(of: try folder(fixture, Self.blob, to: out)) == "linkedElsewhere")
    }

    @Test func theListOfImagesIsNotReadFromElsewhere() throws {
        let fixture = try ScanFixture()
        let out = fixture.scratch.path("out")
        try Data(#"{"secret":1}"#.utf8).write(to: URL(fileURLWithPath: out))
        #expect(fixture.failure(of: try folder(fixture, "index.json", to: out)) == "linkedElsewhere")
    }

    @Test(arguments: ["/dev/zero", "/dev/full", "/proc/kcore", "self", "fifo", "/", "nowhere"])
    func whatIsNoFileEndsAtOnce(_ target: String) throws {
        let fixture = try ScanFixture()
        #expect(mkfifo(fixture.scratch.path("fifo"), 0o600) == 0)
        let hex = Self.layer.descriptor.digest.hex
        let place = target == "self" ? hex : target == "fifo" ? fixture.scratch.path("fifo") : target
        let failure = fixture.failure(of: try folder(fixture, Self.blob, to: place))
        #expect(
            ["badLink", "linkedElsewhere", "missingMember", "notAFile", "unreadable"].contains(failure), "\(failure ?? "none")")
    }
}
