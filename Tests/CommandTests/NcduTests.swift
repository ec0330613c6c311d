import Foundation
import TestSupport
import Testing

/// Listings in ncdu's format: they are what the program itself reads, with exact bytes and links, and no path of this machine.
struct NcduTests {
    /// What a listing has: bytes of every inode once, the names, and the root's name.
    private struct Read {
        var bytes: Int64 = 0
        var names: [String] = []
        var root = ""
        private var seen: Set<Int> = []

        init(_ text: Data) throws {
            let whole = try #require(try JSONSerialization.jsonObject(with: text) as? [Any])
            #expect(whole[0] as? Int == 1)
            #expect((whole[2] as? [String: Any])?["progname"] as? String == "strata")
            let folder = try #require(whole[3] as? [Any])
            root = try #require((folder[0] as? [String: Any])?["name"] as? String)
            try add(folder)
        }

        private mutating func add(_ folder: [Any]) throws {
            let own = try #require(folder[0] as? [String: Any])
            #expect(own["asize"] == nil, "a folder has no sum")
            for item in folder.dropFirst() {
                if let folder = item as? [Any] {
                    try add(folder)
                    continue
                }
                let file = try #require(item as? [String: Any])
                names.append(try #require(file["name"] as? String))
                if let inode = file["ino"] as? Int, !seen.insert(inode).inserted { continue }
                bytes += (file["asize"] as? NSNumber)?.int64Value ?? 0
            }
        }
    }

    private func image(_ bench: Workbench) throws {
        let layer = BuiltLayer([
            .directory("a"), .file("a/one", size: 1234, seed: 1), .hardLink("a/two", to: "a/one"), .directory("b"),
            .file("b/\u{1B}[31m\"q\\", size: 77, seed: 2), .symlink("b/link", to: "/etc/passwd"),
        ])
        let archive = try bench.file(
            "image.tar", Data(try ImageBuilder.dockerArchive([ImageBuilder([layer], named: "localhost/odd:1")]).tar))
        try bench.succeed("load", "-i", archive)
    }

    @Test func anImagesFilesAreExact() throws {
        let bench = try Workbench()
        try image(bench)
        let text = try bench.succeed("files", "localhost/odd:1", "--format", "ncdu")
        let read = try Read(Data(text.utf8))
        #expect(read.root == "localhost/odd:1")
        #expect(read.bytes == 1234 + 77)
        #expect(Set(read.names) == ["one", "two", "\u{1B}[31m\"q\\", "link"])
        #expect(!text.contains("\u{1B}"), "what acts is escaped")
        #expect(text.contains(#"{"name":"one","asize":1234,"dsize":1234,"ino":"#))
        #expect(text.contains(#""hlnkc":true,"nlink":2}"#))
        #expect(text.contains(#"{"name":"link","notreg":true}"#))
        let listed = try bench.document("files", "localhost/odd:1")
        let entries = try #require(listed["entries"] as? [[String: Any]])
        #expect((entries[0]["visibleBytes"] as? NSNumber)?.int64Value == read.bytes)
        let part = try Read(Data(try bench.succeed("files", "localhost/odd:1", "/a", "--format", "ncdu").utf8))
        #expect(part.root == "localhost/odd:1/a")
        #expect(part.bytes == 1234)
        for options in [["--wasted"], ["--depth", "1"]] {
            let refused = try bench.program.run(["files", "localhost/odd:1", "--format", "ncdu"] + options)
            #expect(refused.status == 2)
        }
    }

    /// ncdu reads it, and writes the same names and bytes again.
    @Test(.needs("ncdu")) func ncduReadsIt() throws {
        let bench = try Workbench()
        try image(bench)
        let path = bench.folder.path("list.json")
        let text = try bench.succeed("files", "localhost/odd:1", "--format", "ncdu")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let outcome = try Program("ncdu").run(["-f", path, "-o", "-"], environment: ["TERM": "xterm"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let again = outcome.output.replacing("\"progname\":\"ncdu\"", with: "\"progname\":\"strata\"")
        let (first, second) = (try Read(Data(text.utf8)), try Read(Data(again.utf8)))
        #expect(second.bytes == first.bytes)
        #expect(second.names.sorted() == first.names.sorted())
    }

    @Test(.needs("gdu")) func gduReadsIt() throws {
        let bench = try Workbench()
        try image(bench)
        let path = bench.folder.path("list.json")
        try Data(try bench.succeed("files", "localhost/odd:1", "--format", "ncdu").utf8).write(to: URL(fileURLWithPath: path))
        let outcome = try Program("gdu").run(["-n", "-p", "-a", "-f", path], environment: ["TERM": "xterm"])
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("a"))
    }

    /// A store as a listing: images are folders, what they share is one file, and all of it is what `df` and `du` say.
    @Test func aStoreIsAFolderOfImages() throws {
        let scene = try HostScene()
        let read = try Read(Data(try scene.bench.succeed("df", "--format", "ncdu").utf8))
        let total = try #require(try scene.bench.document("df")["totalBytes"] as? NSNumber).int64Value
        #expect(read.bytes == total)
        #expect(read.root.hasPrefix("store at "))
        let text = try scene.bench.succeed("df", "--format", "ncdu")
        #expect(text.contains(#""hlnkc":true,"nlink":4"#), "the base is in four images")
    }
}
