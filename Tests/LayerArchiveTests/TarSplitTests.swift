import Foundation
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// What a tar-split tells of a layer, beside what a scan of the tar finds.
@Suite struct TarSplitTests {
    private let members: [TarMember] = [
        .directory("./"), .directory("etc"), .file("etc/passwd", text: "root:x:0:0"), .file("etc/empty", []),
        .file("etc/large", size: 70_000, seed: 3), .file("etc/same", size: 70_000, seed: 3), .symlink("etc/link", to: "../bin"),
        .hardLink("etc/hard", to: "etc/passwd"), .whiteout("etc/gone"), .opaque("etc/new"),
        .characterDevice("dev/null", major: 1, minor: 3), .fifo("run/fifo"),
        .file(String(repeating: "long/", count: 40) + "name", text: "x"),
        .file("owned", text: "abc").xattr("security.capability", [1, 0, 2]), .file("block", size: 512, seed: 9),
    ]

    private func index(_ bytes: [UInt8], _ limits: ScanLimits = ScanLimits()) throws(LayerArchiveError) -> TarSplitIndex {
        try TarSplitIndex(MemorySource(bytes), limits: limits)
    }

    /// The index with the contents left out.
    private func outline(_ index: LayerIndex) -> [LayerEntry] {
        (0..<index.count).map { place in
            var entry = index[place]
            entry.content = ContentHash()
            return entry
        }
    }

    /// An unpacked layer with these contents.
    private func unpacked(_ model: ModelTarSplit) throws -> (TemporaryDirectory, Directory) {
        let scratch = try TemporaryDirectory()
        for (name, bytes) in model.contents {
            let path = scratch.path(String(decoding: name, as: UTF8.self))
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
        return (scratch, try Directory.open(FilePath(scratch.path)))
    }

    private func bytes(of source: TarSplitSource) throws(LayerArchiveError) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 10_007)
        while true {
            var outcome: Result<Int, LayerArchiveError> = .success(0)
            buffer.withUnsafeMutableBytes { target in
                do throws(LayerArchiveError) { outcome = .success(try source.read(into: target)) } catch {
                    outcome = .failure(error)
                }
            }
            let count = try outcome.get()
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    @Test(arguments: [false, true]) func everyFigureIsThatOfAScan(isCompressed: Bool) throws {
        let tar = Tar(members).bytes
        let text = ModelTarSplit(tar).text
        let found = try index(isCompressed ? try Compressor.gzip(text) : text)
        let wanted = try LayerScanner.scan(source: MemorySource(tar))
        #expect(outline(found.entries) == outline(wanted.index))
        #expect(found.tarBytes == wanted.tarBytes && found.tarBytes == Int64(tar.count))
        #expect(found.entries.documents == nil)
    }

    @Test func contentsAreTheSameWhereTheyAreAndMarkedAsChecksums() throws {
        let tar = Tar(members).bytes
        let found = try index(ModelTarSplit(tar).text).entries
        let scanned = try LayerScanner.scan(source: MemorySource(tar)).index
        let files = (0..<found.count).filter { found.kinds[$0] == .file }
        for left in files {
            #expect(found.contents[left].isChecksum && !scanned.contents[left].isChecksum)
            for right in files {
                let isSame = scanned.contents[left] == scanned.contents[right]
                #expect((found.contents[left] == found.contents[right]) == isSame)
            }
        }
    }

    @Test func theTarIsMadeAgainBitForBit() throws {
        for ending in [Tar.endBlocks, Tar.endBlocks + [UInt8](repeating: 0, count: 8192), []] {
            let tar = Tar(members, ending: ending).bytes
            let model = ModelTarSplit(tar)
            let (scratch, folder) = try unpacked(model)
            let made = try bytes(of: try TarSplitSource(MemorySource(try Compressor.gzip(model.text)), layer: folder))
            #expect(made == tar)
            withExtendedLifetime(scratch) {}
        }
    }

    /// A content of a terabyte, of which nothing is read.
    @Test func aLargeContentCostsNothing() throws {
        var model = ModelTarSplit(Tar([.file("big", size: 5, seed: 1)]).bytes)
        let size = Int64(1) << 32
        var header = Array(Tar([.file("big", size: 5, seed: 1)]).bytes[..<512])
        let digits = Array((String(repeating: "0", count: 11 - String(size, radix: 8).count) + String(size, radix: 8)).utf8)
        header.replaceSubrange(124..<135, with: digits)
        header.replaceSubrange(148..<156, with: Array("        ".utf8))
        let sum = header.reduce(0) { $0 + Int($1) }
        let octal = String(sum, radix: 8)
        header.replaceSubrange(148..<156, with: Array((String(repeating: "0", count: 6 - octal.count) + octal).utf8) + [0, 32])
        let text = [
            #"{"type":2,"payload":"\#(Data(header).base64EncodedString())","position":0}"#,
            #"{"type":1,"name":"big","size":\#(size),"payload":"AAAAAAAAAAE=","position":1}"#,
            #"{"type":2,"payload":"\#(Data(repeating: 0, count: 1024).base64EncodedString())","position":2}"#,
        ]
        model = ModelTarSplit([])
        let found = try index(Array((text.joined(separator: "\n") + "\n").utf8))
        #expect(found.entries.sizes == [size] && found.entries.contents == [ContentHash(checksum: 1)])
        #expect(found.tarBytes == size + 1536)
        let error = #expect(throws: LayerArchiveError.self) {
            try index(Array((text.joined(separator: "\n") + "\n").utf8), with { $0.maxTarBytes = size })
        }
        #expect(error?.name == "limitExceeded")
        withExtendedLifetime(model) {}
    }

    private func with(_ change: (inout ScanLimits) -> Void) -> ScanLimits {
        var limits = ScanLimits()
        change(&limits)
        return limits
    }

    // MARK: What is refused

    private func fault(_ lines: [String], layer: Directory? = nil) -> TarSplitFault? {
        let text = Array((lines.joined(separator: "\n") + "\n").utf8)
        do throws(LayerArchiveError) {
            if let layer {
                _ = try bytes(of: try TarSplitSource(MemorySource(text), layer: layer))
            } else {
                _ = try index(text)
            }
        } catch {
            if case .badTarSplit(let fault) = error { return fault }
        }
        return nil
    }

    @Test func linesThatAreNoneAreRefused() throws {
        let lines = ModelTarSplit(Tar([.file("a", text: "1"), .file("b", text: "2")]).bytes).lines
        #expect(fault(lines) == nil)
        #expect(fault(["{}"]) == .unknownKind(0))
        #expect(fault(["nonsense"]) == .badLine(0))
        #expect(fault([lines[0], "{\"type\":1,\"name\":\"a\",\"size\":-1,\"position\":1}"]) == .badLine(1))
        #expect(fault([lines[0], "{\"type\":1,\"name\":\"a\",\"size\":1,\"payload\":\"AAAA\",\"position\":1}"]) == .badLine(1))
        #expect(fault(["{\"type\":2,\"payload\":\"A\",\"position\":0}"]) == .badLine(0))
        #expect(fault(["{\"type\":2,\"payload\":\"AA=A\",\"position\":0}"]) == .badLine(0))
        #expect(fault([lines[0]] + lines[2...]) == .outOfOrder(1))
        #expect(
            fault([lines[0], lines[1].replacing("\"size\":1", with: "\"size\":2")] + lines[2...])
                == .contentMissing(name: Array("a".utf8)))
        let cut = Array(lines.joined(separator: "\n").utf8)
        #expect(throws: LayerArchiveError.self) { try index(cut) }
    }

    @Test func nothingLeadsOutOfTheLayer() throws {
        let scratch = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: scratch.path("layer/sub"), withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: scratch.path("secret")))
        try FileManager.default.createSymbolicLink(atPath: scratch.path("layer/link"), withDestinationPath: "../secret")
        try FileManager.default.createSymbolicLink(atPath: scratch.path("layer/up"), withDestinationPath: "..")
        let folder = try Directory.open(FilePath(scratch.path("layer")))
        for (name, wanted) in [
            ("../secret", TarSplitFault.badName(Array("../secret".utf8))), ("/", .badName(Array("/".utf8))),
            ("link", .fileMissing(name: Array("link".utf8))), ("up/secret", .fileMissing(name: Array("up/secret".utf8))),
            ("sub", .fileMissing(name: Array("sub".utf8))), ("none", .fileMissing(name: Array("none".utf8))),
        ] {
            let sum = withUnsafeBytes(of: ModelTarSplit.checksum([120]).bigEndian) { Data($0).base64EncodedString() }
            let line = "{\"type\":1,\"name\":\"\(name)\",\"size\":1,\"payload\":\"\(sum)\",\"position\":0}"
            #expect(fault([line], layer: folder) == wanted)
        }
    }

    @Test func aChangedFileIsTold() throws {
        let model = ModelTarSplit(Tar([.file("a", text: "one"), .file("b", text: "two")]).bytes)
        let (scratch, folder) = try unpacked(model)
        for text in ["tWo", "tw", "twoo", ""] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: scratch.path("b")))
            #expect(fault(model.lines, layer: folder) == .fileChanged(name: Array("b".utf8)))
        }
    }

    /// Every byte changed in the text, and every length of it: a value or an error, and an end.
    @Test func everyByteFlippedAndEveryTruncation() throws {
        let tar = Tar([.directory("d"), .file("d/a", text: "12345"), .symlink("l", to: "d/a")]).bytes
        let text = ModelTarSplit(tar).text
        let limits = with { $0.maxTarBytes = 1 << 20 }
        for place in stride(from: 0, to: text.count, by: 1) {
            var bytes = text
            bytes[place] ^= 1 << UInt8(place % 8)
            endsOrIsRefused(bytes, limits)
        }
        for length in stride(from: 0, to: text.count, by: 13) {
            endsOrIsRefused(Array(text[..<length]), limits)
        }
        let packed = try Compressor.gzip(text)
        for place in packed.indices {
            var bytes = packed
            bytes[place] ^= 0xFF
            endsOrIsRefused(bytes, limits)
        }
    }

    private func endsOrIsRefused(_ bytes: [UInt8], _ limits: ScanLimits) {
        do throws(LayerArchiveError) { _ = try index(bytes, limits) } catch {
            // A refusal is as right as a value: that there is one is what is tested.
        }
    }
}
