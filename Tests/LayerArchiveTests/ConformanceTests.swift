import Foundation
import LayerArchive
import TestSupport
import Testing

/// Public odd tars, against what libarchive's own tools make of them.
struct ConformanceTests {
    struct Expectation: Decodable {
        struct Entry: Decodable {
            let path: String?
            let pathBase64: String?
            let type: String
            let mode: String?
            let uid: Int64?
            let gid: Int64?
            let mtime: Int64?
            let size: Int64?
            let linkname: String?
            let dev: [UInt64]?
        }
        struct Lister: Decodable {
            let same_names: Bool
        }
        let result: String
        let entries: [Entry]?
        let gnu_tar: Lister
    }

    static let tars: [String] = {
        guard let folder = SharedCases.url("tars") else { return [] }
        let names = ["gostd", "libarchive"].flatMap { part in
            let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent(part).path)) ?? []
            return all.filter { !$0.hasSuffix(".json") }.map { "\(part)/\($0)" }
        }
        return names.sorted()
    }()

    /// Readers disagree on these: refusing them is as good as reading them as libarchive does.
    static let disputed: Set<String> = [
        "libarchive/test_read_format_tar_pax_large_attr.tar.Z", "gostd/pax-bad-hdr-large.tar",
        "libarchive/test_read_format_gtar_sparse_skip_entry.tar.Z",
    ]

    @Test(arguments: tars)
    func anOddTarReadsAsExpected(file: String) throws {
        let url = try #require(SharedCases.url("tars/\(file)"))
        let data = try Data(
            contentsOf: url.deletingLastPathComponent().appendingPathComponent(url.lastPathComponent + ".expected.json"))
        let expected = try JSONDecoder().decode(Expectation.self, from: data)
        let isDisputed = Self.disputed.contains(file) || !expected.gnu_tar.same_names
        let bytes = [UInt8](try Data(contentsOf: url))
        let found: [LayerEntry]
        do throws(LayerArchiveError) {
            let index = try scan(bytes).index
            found = (0..<index.count).map { index[$0] }
        } catch {
            #expect(expected.result == "rejects" || isDisputed, "\(error)")
            return
        }
        #expect(expected.result == "reads" || isDisputed)
        let wanted = expected.entries ?? []
        #expect(found.count == wanted.count)
        for (entry, want) in zip(found, wanted) { compare(entry, want) }
    }

    private func compare(_ entry: LayerEntry, _ want: Expectation.Entry) {
        let raw = want.pathBase64.flatMap { Data(base64Encoded: $0).map { [UInt8]($0) } } ?? Array((want.path ?? "").utf8)
        #expect(entry.path == Self.normalised(raw))
        let kinds: [String: EntryKind] = [
            "file": .file, "dir": .directory, "symlink": .symlink, "hardlink": .hardLink, "char": .characterDevice,
            "block": .blockDevice, "fifo": .fifo,
        ]
        #expect(entry.kind == kinds[want.type])
        if let mode = want.mode { #expect(entry.mode == UInt16(mode, radix: 8)) }
        if let uid = want.uid { #expect(entry.uid == uid) }
        if let gid = want.gid { #expect(entry.gid == gid) }
        if let mtime = want.mtime { #expect(entry.mtimeSeconds == mtime) }
        if let size = want.size, entry.kind == .file { #expect(entry.size == size) }
        if let link = want.linkname {
            #expect(entry.linkTarget == (entry.kind == .hardLink ? Self.normalised(Array(link.utf8)) : Array(link.utf8)))
        }
        if let dev = want.dev, dev.count == 2 { #expect(entry.device == dev[0] << 32 | dev[1]) }
    }

    private static func normalised(_ path: [UInt8]) -> [UInt8] {
        Array(
            path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual([UInt8(ascii: ".")]) }.joined(separator: [
                UInt8(ascii: "/")
            ]))
    }

    struct LayerCase: Decodable {
        let mustFail: Bool
    }

    static let layers: [String] = {
        guard let folder = SharedCases.url("layers") else { return [] }
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return all.filter { FileManager.default.fileExists(atPath: folder.appendingPathComponent("\($0)/layer.tar").path) }
            .sorted()
    }()

    /// Names with `..`, which some engines apply.
    static let refused: Set<String> = [
        "symlinkparentdirectory", "hardlinkrelative", "hardlinkrelativelong", "hardlinkdirectrelative", "whiteoutrelativepath",
    ]

    @Test(arguments: layers)
    func aLayerIsReadUnlessItMustFail(name: String) throws {
        let folder = try #require(SharedCases.url("layers/\(name)"))
        let wanted = try JSONDecoder().decode(LayerCase.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
        _ = try scan([UInt8](Data(contentsOf: folder.appendingPathComponent("base.tar"))))
        let error = failure([UInt8](try Data(contentsOf: folder.appendingPathComponent("layer.tar"))))
        if wanted.mustFail {
            #expect(error != nil)
        } else if !Self.refused.contains(name) {
            #expect(error == nil, "\(error.debugDescription)")
        }
    }
}
