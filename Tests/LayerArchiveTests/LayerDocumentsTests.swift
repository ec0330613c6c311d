import LayerArchive
import TestSupport
import Testing

/// A scan keeps package managers' files whole, and nothing else.
@Suite struct LayerDocumentsTests {
    private func documents(_ index: LayerIndex) throws -> [String: [UInt8]] {
        let documents = try #require(index.documents)
        return Dictionary(
            uniqueKeysWithValues: try documents.contents().map { document in
                (String(decoding: index[document.entry].path, as: UTF8.self), document.bytes)
            })
    }

    private static let large = (0..<60).map { number in
        TarMember.file("x/p\(number).dist-info/RECORD", size: 100_000, seed: UInt64(number))
    }

    @Test func contentsComeBackByteForByte() throws {
        let chunks: [(offset: Int64, bytes: [UInt8])] = [(1000, Array("P:x".utf8))]
        let members: [TarMember] = [
            TarMember.file("var/lib/dpkg/status", text: "Package: a\n"), .file("etc/passwd", text: "root"),
            .file("./var/lib/dpkg/info/a.list", text: "/.\n"), .file("var/lib/dpkg/info/empty.list", []),
            .sparse("lib/apk/db/installed", size: 3000, chunks: chunks),
        ]
        let index = try scan(Tar(members + Self.large).bytes).index
        let found = try documents(index)
        #expect(found["var/lib/dpkg/status"] == Array("Package: a\n".utf8))
        #expect(found["var/lib/dpkg/info/a.list"] == Array("/.\n".utf8))
        #expect(found["var/lib/dpkg/info/empty.list"] == [])
        let sparse = [UInt8](repeating: 0, count: 1000) + Array("P:x".utf8) + [UInt8](repeating: 0, count: 1997)
        #expect(found["lib/apk/db/installed"] == sparse)
        for member in Self.large { #expect(found[String(decoding: member.name, as: UTF8.self)] == member.body) }
        #expect(found.count == 4 + Self.large.count)
    }

    @Test func theIndexCarriesThem() throws {
        let index = try scan(Tar([.file("var/lib/dpkg/status", text: "Package: a\n")] + Self.large).bytes).index
        let copy = try LayerIndexCodec.decode(LayerIndexCodec.encode(index))
        #expect(copy == index)
        #expect(try documents(copy) == documents(index))
    }

    @Test func noDocumentsIsNotTheSameAsNotKnown() throws {
        let scanned = try LayerIndexCodec.decode(LayerIndexCodec.encode(try scan(Tar([.file("x", text: "y")]).bytes).index))
        #expect(scanned.documents?.isEmpty == true)
        #expect(try LayerIndexCodec.decode(LayerIndexCodec.encode(LayerIndex())).documents == nil)
    }
}
