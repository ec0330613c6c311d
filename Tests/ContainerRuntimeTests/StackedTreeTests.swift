import ContainerRuntime
import ContentStorage
import Foundation
import LayerArchive
import StorageIO
import TestSupport
import Testing

/// What an overlay of directories shows, looked up without a mount.
@Suite struct StackedTreeTests {
    private func text(_ tree: StackedTree, _ path: String) throws -> String? {
        guard let file = try tree.file(at: Array(path.utf8)) else { return nil }
        return String(decoding: try file.readAll(limit: 100), as: UTF8.self)
    }

    @Test func theUppermostFileShows() throws {
        let folder = try Folder()
        let tree = StackedTree([try folder.tree("up", "a", "d/x"), try folder.tree("low", "a", "b", "d/x", "d/y")])
        #expect(try text(tree, "a") == "up/a")
        #expect(try text(tree, "b") == "low/b")
        #expect(try text(tree, "d/x") == "up/d/x")
        #expect(try text(tree, "d/y") == "low/d/y", "directories are merged")
        #expect(try text(tree, "d") == nil && text(tree, "none") == nil && text(tree, "d/none/x") == nil)
    }

    @Test func aFileHidesTheDirectoryBelowIt() throws {
        let folder = try Folder()
        let tree = StackedTree([try folder.tree("up", "d"), try folder.tree("low", "d/x")])
        #expect(try text(tree, "d") == "up/d")
        #expect(try text(tree, "d/x") == nil)
    }

    @Test(.needs("python3"), .needsRoot) func aWhiteoutHidesANameAndAnOpaqueDirectoryAllBelow() throws {
        let folder = try Folder()
        let (up, low) = (try folder.tree("up", "d/z"), try folder.tree("low", "a", "d/x", "e/x"))
        try #require(mknod(folder.scratch.path("up/a"), S_IFCHR, 0) == 0)
        let script = "import os, sys; os.setxattr(sys.argv[1], 'trusted.overlay.opaque', b'y')"
        let marked = try Program("python3").run(["-c", script, folder.scratch.path("up/d")])
        try #require(marked.status == 0, "\(marked.errors)")
        let tree = StackedTree([up, low])
        #expect(try tree.item(at: Array("a".utf8)) == nil)
        #expect(try text(tree, "d/z") == "up/d/z" && text(tree, "d/x") == nil && text(tree, "e/x") == "low/e/x")
    }

    @Test func symlinksAreFollowedWithinTheTreeAlone() throws {
        let folder = try Folder()
        let (up, low) = (try folder.tree("up", "x"), try folder.tree("low", "usr/lib/y"))
        try FileManager.default.createSymbolicLink(atPath: folder.scratch.path("up/lib"), withDestinationPath: "usr/lib")
        try FileManager.default.createSymbolicLink(
            atPath: folder.scratch.path("up/out"), withDestinationPath: "../../../../etc")
        try FileManager.default.createSymbolicLink(atPath: folder.scratch.path("up/loop"), withDestinationPath: "loop")
        let tree = StackedTree([up, low])
        #expect(try tree.link(at: Array("lib".utf8)) == Array("usr/lib".utf8))
        #expect(try tree.resolve(Array("lib/y".utf8)) == Array("usr/lib/y".utf8))
        #expect(try tree.resolve(Array("out/passwd".utf8)) == Array("etc/passwd".utf8), "clamped at the root")
        #expect(try tree.resolve(Array("loop/a".utf8)) == nil)
    }

    /// What a runtime makes only to mount something on is no change that anybody made.
    @Test func stubsOfMountsAreNoChanges() throws {
        let folder = try Folder()
        let tree = StackedTree([try folder.tree("low", "etc/hosts")])
        let stubs = try MountStubs(["/proc", "/etc/resolv.conf", "/etc/hosts", "/new/deep/file"], in: tree)
        func isChange(_ path: String, _ kind: EntryKind, size: Int64 = 0) -> Bool {
            stubs.isChange(
                TarHeader(path: Array(path.utf8), kind: kind, mode: 0o755, size: size), isEmptyDirectory: kind == .directory)
        }
        #expect(!isChange("proc", .directory) && !isChange("etc/resolv.conf", .file) && !isChange("new/deep/file", .file))
        #expect(!isChange("new", .directory) && !isChange("new/deep", .directory), "made on the way")
        #expect(isChange("etc/resolv.conf", .file, size: 1), "somebody wrote to it")
        #expect(isChange("etc/hosts", .file), "it was there before")
        #expect(isChange("other", .directory))
    }
}
