import LayerArchive
import TestSupport
import Testing

struct EntryNameTests {
    @Test(arguments: [
        ("./x", "x"), ("/x", "x"), ("x//y", "x/y"), ("./a/./b", "a/b"), ("...", "..."), ("a..b", "a..b"),
    ])
    func namesAreNormalised(written: String, path: String) throws {
        #expect(try entries([.file(written, text: "1")]).map(\.name) == [path])
    }

    @Test(arguments: ["./", ".", "/"])
    func theRootIsAnEntryWithAnEmptyPath(name: String) throws {
        let root = try entries([TarMember(name: Array(name.utf8), type: "5")])
        #expect(root.map(\.name) == [""])
        #expect(root.first?.kind == .directory)
    }

    @Test(arguments: ["../x", "a/../b", "..", "a/..", "/../etc/passwd"])
    func aParentPartIsRefusedByName(name: String) {
        let error = failure([.file("ok", text: "1"), .file(name, text: "x")])
        #expect(error?.name == "parentTraversal")
        #expect(error?.entryName == name)
    }

    @Test func anErrorNamesTheEntrysPlaceAndTheOneBefore() {
        guard case .parentTraversal(let place) = failure([.file("ok", text: "1"), .file("../x", text: "x")]) else {
            Issue.record("no traversal found")
            return
        }
        #expect(place == EntryPlace(index: 1, path: Array("../x".utf8), previousPath: Array("ok".utf8)))
    }

    @Test func anEmptyNameIsRefused() {
        #expect(failure([TarMember(name: [])])?.name == "emptyName")
    }

    @Test func bytesThatAreNoTextStayAsTheyAre() throws {
        let name: [UInt8] = [0x66, 0xFF, 0xFE, 0x80]
        let long = name + [UInt8](repeating: 0xE9, count: 150)
        let found = try entries([TarMember(name: name), TarMember(name: long), TarMember(name: long).with { $0.dialect = .gnu }])
        #expect(found.map(\.path) == [name, long, long])
    }

    /// Precomposed and decomposed letters are two names; nothing may turn one into the other.
    @Test func unicodeNamesAreNotRecomposed() throws {
        let names = ["caf\u{E9}", "cafe\u{301}"].map { Array($0.utf8) + [UInt8](repeating: 0x61, count: 120) }
        #expect(try entries(names.map { TarMember(name: $0) }).map(\.path) == names)
    }

    @Test func namesOfExtendedHeadersLeaveNoWarning() throws {
        let long = String(repeating: "é", count: 100)
        let result = try scan(Tar([.file(long, text: "x")]).bytes)
        #expect(result.warnings.isEmpty)
        #expect(result.index[0].name == long)
    }

    @Test func anOldDirectoryIsToldByItsLastSlash() throws {
        let long = String(repeating: "é", count: 100) + "/"
        let found = try entries([TarMember(name: Array("d/".utf8)), TarMember(name: Array(long.utf8))])
        #expect(found.map(\.kind) == [.directory, .directory])
    }
}

struct MarkerTests {
    @Test func aWhiteoutCarriesThePathItHides() throws {
        let found = try entries([.whiteout("a/b"), .whiteout("top")])
        #expect(found.map(\.name) == ["a/b", "top"])
        #expect(found.map(\.kind) == [.whiteout, .whiteout])
    }

    @Test func anOpaqueMarkerCarriesItsDirectory() throws {
        let found = try entries([.opaque("a/b"), .opaque("")])
        #expect(found.map(\.name) == ["a/b", ""])
        #expect(found.map(\.kind) == [.opaque, .opaque])
    }

    @Test func aMarkerWithABodyWeighsNothing() throws {
        let result = try scan(
            Tar([.file(".wh.x", size: 70_000, seed: 1), .file("a/.wh..wh..opq", text: "body"), .file("y", text: "12")]).bytes)
        #expect(result.index.contentBytes == 2)
        #expect(result.index.count == 3)
    }

    @Test(arguments: [".wh..wh.plnk/1.2", ".wh..wh.aufs", "a/.wh..wh.orph/x"])
    func metadataOfAUFSIsNoEntry(name: String) throws {
        #expect(try entries([.file(name, text: "hidden"), .file("y", text: "1")]).map(\.name) == ["y"])
    }

    @Test(arguments: [".wh.", "a/.wh..", ".wh...", ".wh./"])
    func aWhiteoutOfNothingIsRefused(name: String) {
        #expect(failure([.file(name, text: "")])?.name == "badWhiteout")
    }

    @Test func aDirectoryNamedLikeAMarkerIsOneForWhatIsBelow() throws {
        let found = try entries([.file(".wh.etc/somefile", text: "non-empty")])
        #expect(found.map(\.name) == [".wh.etc/somefile"])
        #expect(found.map(\.kind) == [.file])
    }

    @Test func anEntryNamedLikeAMarkerIsOneWhateverItsType() throws {
        let found = try entries([.directory("a/.wh.d"), .symlink(".wh.s", to: "x"), .hardLink(".wh.h", to: "../x")])
        #expect(found.map(\.kind) == [.whiteout, .whiteout, .whiteout])
        #expect(found.map(\.linkTarget) == [[], [], []])
    }
}
