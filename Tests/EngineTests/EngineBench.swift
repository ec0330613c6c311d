import Foundation
import OCISpec
import TestSupport
import Testing

/// A store of one test, and the program that works on it.
struct EngineBench {
    let folder: TemporaryDirectory
    var store: String { folder.path("store") }

    init() throws { folder = try TemporaryDirectory() }

    var program: Program {
        var program = Program.strata
        program.environment = ["STRATA_STORE": store, "HOME": folder.path]
        return program
    }

    /// Runs a command to its end.
    func strata(_ arguments: String...) throws -> Program.Outcome { try program.run(arguments) }

    /// Runs a command that must succeed; what it wrote.
    @discardableResult
    func succeed(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        let outcome = try program.run(arguments)
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
        return outcome.output
    }

    /// The document that a command writes, without the fields named.
    func document(_ arguments: String..., without fields: String...) throws -> NSDictionary {
        let outcome = try program.run(arguments + ["--format", "json"])
        #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        var document = try #require(object as? [String: Any])
        for field in fields { document[field] = nil }
        return document as NSDictionary
    }

    /// The blobs of the store, by their digits.
    var blobs: Set<String> {
        Set((try? FileManager.default.contentsOfDirectory(atPath: "\(store)/blobs/sha256")) ?? [])
    }
}

/// An image with all that layers may have: whiteouts, an opaque folder, links, devices, long names, attributes, padding, a package database.
enum TrickyImage {
    static let name = "localhost/tricky:1"

    static var image: ImageBuilder {
        let first = Tar([
            .directory("data"), .file("data/large", size: 3_000_000, seed: 5), .file("data/same", size: 70_000, seed: 3),
            .file("data/empty", []), .symlink("data/link", to: "/etc/passwd"), .hardLink("data/hard", to: "data/same"),
            .directory("old"), .file("old/a", text: "a"), .file(String(repeating: "long/", count: 40) + "name", text: "x"),
            .characterDevice("null", major: 1, minor: 3), .fifo("fifo"),
            TarMember.file("owned", text: "abc").xattr("user.note", [1, 0, 2]).with { $0.uid = 1000 },
            .directory("usr"), .directory("usr/bin"), .file("usr/bin/tool", size: 5000, seed: 9),
            .directory("var"), .directory("var/lib"), .directory("var/lib/dpkg"), .directory("var/lib/dpkg/info"),
            .file(
                "var/lib/dpkg/status",
                text: "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2-3\nInstalled-Size: 5\n\n"),
            .file("var/lib/dpkg/info/tool.list", text: "/.\n/usr\n/usr/bin\n/usr/bin/tool\n"),
        ])
        let second = Tar(
            [
                .whiteout("data/large"), .opaque("old"), .file("old/b", text: "b"), .file("data/copy", size: 70_000, seed: 3),
                .file("owned", text: "abc", mode: 0o600),
            ],
            ending: Tar.endBlocks + [UInt8](repeating: 0, count: 8192))
        return ImageBuilder([BuiltLayer(first.bytes), BuiltLayer(second.bytes)], named: name)
    }

    /// Writes it as an archive that engines load.
    static func write(to path: String) throws {
        try Data(image.dockerArchive().tar).write(to: URL(fileURLWithPath: path))
    }
}

/// The archive of `../shared/engines/mktricky.py`, an image `tricky:1`; nil where that is absent.
func sharedTrickyArchive(in folder: String) throws -> String? {
    let script = Program.packageRoot + "/../shared/engines/mktricky.py"
    guard FileManager.default.fileExists(atPath: script), Program.isInstalled("python3") else { return nil }
    let outcome = try Program("python3").run([script, folder + "/shared.tar"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return folder + "/shared.tar"
}
