import Foundation
import ImageBuild
import LayerArchive
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// A context on the disk, odd files and all.
@Suite struct ContextFolderTests {
    @Test func aFolderIsReadAsItIs() throws {
        let folder = try TemporaryDirectory()
        let script = """
            cd "$1" && mkdir d && printf hello > d/f && chmod 640 d/f && ln d/f hard && ln -s /etc/passwd out && mkfifo pipe
            printf x > "$(printf 'odd\\377name')" && touch -d @1700000000.5 d/f
            """
        #expect(try Program.shell.run(["-c", script, "sh", folder.path]).status == 0)
        let context = ContextFolder(try Directory.open(FilePath(folder.path)))
        let names = try context.children(of: []).map(\.path)
        #expect(
            names
                == ["d", "hard", "odd", "out", "pipe"].map {
                    $0 == "odd" ? Array("odd".utf8) + [0xFF] + Array("name".utf8) : Array($0.utf8)
                })
        let file = try #require(try context.file(at: Array("d/f".utf8)))
        #expect(file.kind == .file && file.mode == 0o640 && file.size == 5)
        #expect(file.mtimeSeconds == 1_700_000_000 && file.mtimeNanoseconds == 500_000_000)
        #expect(file.inode != nil)
        #expect(try context.file(at: Array("hard".utf8))?.inode == file.inode)
        #expect(try context.file(at: Array("out".utf8))?.linkTarget == Array("/etc/passwd".utf8))
        #expect(try context.file(at: Array("pipe".utf8))?.kind == .fifo)
        #expect(try context.file(at: Array("d/f/g".utf8)) == nil)
        #expect(try context.file(at: Array("none".utf8)) == nil)
        #expect(try context.open(Array("d/f".utf8)).readAll(limit: 100) == Array("hello".utf8))
    }

    @Test func noSymlinkIsFollowed() throws {
        let folder = try TemporaryDirectory()
        #expect(
            try Program.shell.run(["-c", "cd \"$1\" && ln -s /etc etc && ln -s /etc/passwd p", "sh", folder.path]).status == 0)
        let context = ContextFolder(try Directory.open(FilePath(folder.path)))
        #expect(throws: BuildError.self) { try context.children(of: Array("etc".utf8)) }
        #expect(throws: BuildError.self) { try context.open(Array("p".utf8)) }
        #expect(throws: BuildError.self) { try context.open(Array("etc/passwd".utf8)) }
        #expect(try context.file(at: Array("etc/passwd".utf8)) == nil)
    }
}
