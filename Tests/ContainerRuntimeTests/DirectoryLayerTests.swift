import ContainerRuntime
import ContentStorage
import Foundation
import LayerArchive
import StorageIO
import TestSupport
import Testing

/// What a container changed, as a layer and as a list.
@Suite struct DirectoryLayerTests {
    private func layer(_ upper: Directory) throws -> DirectoryLayer {
        try DirectoryLayer(upper, marks: .own) { _, _ in true }
    }

    private func changes(_ layer: DirectoryLayer, _ below: Directory...) throws -> [String] {
        try layer.changes(from: StackedTree(below)).map { "\($0.kind) \(String(decoding: $0.path, as: UTF8.self))" }
    }

    /// Sets an extended attribute of a path in the scratch folder.
    private func set(_ name: String, _ folder: Folder, _ path: String) throws {
        let script = "import os, sys; os.setxattr(sys.argv[1], sys.argv[2], b'y')"
        let outcome = try Program("python3").run(["-c", script, folder.scratch.path(path), name])
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func aNameThatWouldDeleteSomethingIsRefused() throws {
        let folder = try Folder()
        for name in [".wh.x", ".wh..wh..opq", ".wh.", ".wh..wh.plnk"] {
            let layer = try layer(try folder.tree("up\(name)", "d/\(name)"))
            #expect(throws: RuntimeError.markerName(Array("d/\(name)".utf8))) {
                try layer.write(to: try TarWriter { _ in }, latest: nil)
            }
            let listed = try changes(layer, try folder.tree("low\(name)", "d/x"))
            #expect(listed == ["C d", "A d/\(name)"], "to whoever looks it is a file")
        }
        let directory = try layer(try folder.tree("up", ".wh.d/file"))
        #expect(throws: RuntimeError.markerName(Array(".wh.d".utf8))) {
            try directory.write(to: try TarWriter { _ in }, latest: nil)
        }
    }

    @Test(.needs("python3"), .needsRoot) func onlyTheMountsOwnAttributeMakesADirectoryOpaque() throws {
        let folder = try Folder()
        let upper = try folder.tree("up", "d/new")
        let below = try folder.tree("low", "d/old")
        try set("user.overlay.opaque", folder, "up/d")
        #expect(try changes(try layer(upper), below) == ["C d", "A d/new"])
        #expect(try StackedTree([upper, below]).item(at: Array("d/old".utf8)) != nil)
        try set("trusted.overlay.opaque", folder, "up/d")
        #expect(try changes(try layer(upper), below) == ["C d", "A d/new", "D d/old"])
    }

    @Test(.needs("python3"), .needsRoot) func whatSomethingElseHidesIsDeleted() throws {
        let folder = try Folder()
        let below = try folder.tree("low", "d/a", "d/sub/b", "d/sub/c", "e/f", "g/h", "k")
        // A new directory in the place of another one, and in it one that has no mark of its own; files instead of directories.
        let upper = try folder.tree("up", "d/a", "d/sub/new", "e", "k/m")
        try set("trusted.overlay.opaque", folder, "up/d")
        try FileManager.default.createSymbolicLink(atPath: folder.scratch.path("up/g"), withDestinationPath: "d")
        let expected = """
            C d, C d/a, C d/sub, D d/sub/b, D d/sub/c, A d/sub/new, C e, D e/f, C g, D g/h, C k, A k/m
            """
        #expect(try changes(try layer(upper), below).joined(separator: ", ") == expected)
        // What is gone already is not deleted once more.
        let between = try folder.tree("between", "d/x")
        try #require(mknod(folder.scratch.path("between/e"), S_IFCHR, 0) == 0)
        let after = try changes(try layer(upper), between, below)
        #expect(after.contains("A e") && !after.contains("D e/f") && after.contains("D d/x"))
    }

    @Test func aFileEndsWhereReadingEnds() throws {
        let folder = try Folder()
        let upper = try folder.tree("up", "long")
        let path = folder.scratch.path("up/long")
        try Data(count: 4 << 20).write(to: URL(fileURLWithPath: path))
        var isCut = false
        let writer = try TarWriter { _ in
            if !isCut { truncate(path, 3 << 19) }
            isCut = true
        }
        #expect(throws: RuntimeError.fileChanged(Array("long".utf8), toldBytes: 4 << 20, readBytes: 3 << 19)) {
            try layer(upper).write(to: writer, latest: nil)
        }
    }
}
