import LayerArchive
import TestSupport
import Testing

struct EntryTests {
    @Test func everyTypeIsTold() throws {
        let found = try entries([
            .directory("d"), .file("f", text: "abc"), .symlink("s", to: "../up/there"), .hardLink("h", to: "./d//f"),
            .characterDevice("c", major: 5, minor: 1), .blockDevice("b", major: 8, minor: 300), .fifo("p"),
            TarMember(name: Array("contiguous".utf8), type: "7", body: [1]),
        ])
        #expect(found.map(\.kind) == [.directory, .file, .symlink, .hardLink, .characterDevice, .blockDevice, .fifo, .file])
        #expect(found.map(\.target) == ["", "", "../up/there", "d/f", "", "", "", ""])
        #expect(found.map(\.device) == [0, 0, 0, 0, 5 << 32 | 1, 8 << 32 | 300, 0, 0])
        #expect(found.map(\.size) == [0, 3, 0, 0, 0, 0, 0, 1])
    }

    @Test func ownersAndModesAreKept() throws {
        let member = TarMember.file("x", text: "1", mode: 0o4755).with {
            $0.uid = 5_000_000_000
            $0.gid = 70_000
        }
        let found = try entries([member, member.with { $0.dialect = .gnu }])
        #expect(found.map(\.mode) == [0o4755, 0o4755])
        #expect(found.map(\.uid) == [5_000_000_000, 5_000_000_000])
        #expect(found.map(\.gid) == [70_000, 70_000])
    }

    @Test(
        arguments: [
            (0, 0), (0, 5), (1_700_000_000, 123_456_789), (-5, 0), (-2, 500_000_000), (-1, 500_000_000), (-1, 1), (-100, 1),
            (20_000_000_000, 0),
        ] as [(Int64, UInt32)])
    func timesAreExact(seconds: Int64, nanoseconds: UInt32) throws {
        let found = try entries([
            .file("x", text: "1").with {
                $0.mtimeSeconds = seconds
                $0.mtimeNanoseconds = nanoseconds
            }
        ])
        #expect(found.map(\.mtimeSeconds) == [seconds])
        #expect(found.map(\.mtimeNanoseconds) == [nanoseconds])
    }

    @Test func extendedAttributesCountInAnyOrder() throws {
        let file = TarMember.file("x", text: "1")
        let found = try entries([
            file.xattr("user.a", [1, 0, 10]).xattr("user.b", [2]), file.xattr("user.b", [2]).xattr("user.a", [1, 0, 10]),
            file.xattr("user.a", [1, 0]).xattr("user.b", [2]), file,
        ])
        #expect(found[0].xattrs == found[1].xattrs)
        #expect(found[0].xattrs != found[2].xattrs)
        #expect(found[0].xattrs != 0)
        #expect(found[3].xattrs == 0)
    }

    @Test func headersThatAreNoEntriesAreNotCounted() throws {
        let found = try entries([
            .globalHeader([("comment", [0x41])]), .file(String(repeating: "x", count: 300), text: "1"),
            .file(String(repeating: "y", count: 300), text: "1").with { $0.dialect = .gnu },
        ])
        #expect(found.map(\.path.count) == [300, 300])
    }

    @Test func longLinksAreWhole() throws {
        let target = String(repeating: "t/", count: 100) + "end"
        let found = try entries([
            .symlink("a", to: target), .symlink("b", to: target).with { $0.dialect = .gnu }, .hardLink("c", to: target),
            .hardLink("d", to: target).with { $0.dialect = .gnu },
        ])
        #expect(found.map(\.target) == [target, target, target, target])
        #expect(found.map(\.kind) == [.symlink, .symlink, .hardLink, .hardLink])
    }

    @Test func duplicatesCountEachTime() throws {
        let result = try scan(Tar([.file("x", size: 1000, seed: 1), .file("x", size: 500, seed: 2)]).bytes)
        #expect(result.index.count == 2)
        #expect(result.index.contentBytes == 1500)
    }

    @Test func theSizeOfAnExtendedHeaderCounts() throws {
        let body = TarMember.noise(size: 3000, seed: 1)
        let member = TarMember.file("x", body).with {
            $0.claimedSize = 0
            $0.records = [("size", Array("3000".utf8))]
        }
        #expect(try entries([member, .file("y", text: "1")]).map(\.size) == [3000, 1])
    }

    @Test func theRestOfAFileFromAnotherVolumeIsRefused() {
        let member = TarMember(name: Array("m".utf8), type: "M").with { $0.dialect = .gnu }
        #expect(failure([member])?.name == "unsupportedEntry")
    }
}

struct HardLinkTests {
    @Test(arguments: ["../x", "a/../../etc/passwd"])
    func aTargetWithAParentPartIsRefused(target: String) {
        let error = failure([.hardLink("h", to: target)])
        #expect(error?.name == "linkTargetTraversal")
        #expect(error?.entryName == "h")
    }

    @Test(arguments: ["/", "./"])
    func aTargetThatIsTheRootIsRefused(target: String) {
        #expect(failure([.hardLink("h", to: target)])?.name == "emptyLinkTarget")
    }

    @Test(arguments: [TarMember.Dialect.pax, .gnu, .v7])
    func aBodyIsReadOver(dialect: TarMember.Dialect) throws {
        let link = TarMember.hardLink("h", to: "x").with {
            $0.body = TarMember.noise(size: 1300, seed: 9)
            $0.dialect = dialect
        }
        let found = try entries(
            [.file("x", text: "1"), link, .file("y", text: "2")].map { member in
                member.with { $0.dialect = dialect }
            })
        #expect(found.map(\.name) == ["x", "h", "y"])
        #expect(found.map(\.size) == [1, 0, 1])
    }

    @Test func aBodyInAPaxArchiveIsReadOver() throws {
        let link = TarMember.hardLink("h", to: "x").with {
            $0.body = TarMember.noise(size: 1300, seed: 9)
            $0.records = [("comment", [0x41])]
        }
        #expect(try entries([.file("x", text: "1"), link, .file("y", text: "2")]).map(\.name) == ["x", "h", "y"])
    }

    @Test func aSizeWithoutABodyIsIgnored() throws {
        let link = TarMember.hardLink("h", to: "x").with { $0.claimedSize = 5000 }
        #expect(try entries([.file("x", text: "1"), link, .file("y", text: "2")]).map(\.name) == ["x", "h", "y"])
    }

    /// Only the link's body may hold blocks that are no headers: anything more is damage, not to be skipped quietly.
    @Test func damageBehindALinkIsNoBody() {
        let tar = Tar([.hardLink("h", to: "x"), .file("y", text: "2")])
        var bytes = tar.bytes
        bytes[tar.memberOffsets[1] + 3] ^= 0x55
        #expect(failure(bytes)?.name == "badTar")
    }
}
