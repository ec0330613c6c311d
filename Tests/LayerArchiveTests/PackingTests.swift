import Foundation
import LayerArchive
import OCISpec
import TestSupport
import Testing

/// Layers that are compressed on several cores, and those that carry a table of contents.
struct PackingTests {
    private static let text = Array((0..<120_000).map { "\($0) bottles of beer\n" }.joined().utf8)
    private static let files: [(String, [UInt8])] = [
        ("big", TarMember.noise(size: 5_000_000, seed: 1) + text + [UInt8](repeating: 0, count: 6_000_000)), ("empty", []),
        ("text", text), ("tiny", [1]),
    ]

    private static let packings: [LayerPacking] = [
        .init(.gzip, level: 1), .init(.gzip, level: nil), .init(.gzip, level: 9), .init(.zstd, level: 1),
        .init(.zstd, level: nil),
        .init(.zstd, level: 12), .init(.none, level: nil), .init(table: .estargz, level: nil), .init(table: .estargz, level: 9),
        .init(table: .zstdChunked, level: nil), .init(table: .zstdChunked, level: 9),
    ]

    private func assemble(_ packing: LayerPacking) throws -> (layer: AssembledLayer, blob: [UInt8]) {
        let bytes = Collected()
        let layer = try LayerAssembly.assemble(into: { bytes.add($0) }, packing: packing) { writer in
            try writer.begin(
                TarHeader(path: Array("d".utf8), kind: .directory, mode: 0o750, uid: 7, gid: 8, mtimeSeconds: 1_700_000_000))
            for (name, content) in Self.files {
                try writer.add(
                    TarHeader(
                        path: Array("d/\(name)".utf8), kind: .file, mode: 0o640, size: Int64(content.count), mtimeSeconds: -1,
                        mtimeNanoseconds: 500_000_000,
                        xattrs: [ExtendedAttribute(name: Array("user.a".utf8), value: [0, 255])]), content)
            }
            try writer.begin(
                TarHeader(path: Array("d/link".utf8), kind: .hardLink, mode: 0o640, linkTarget: Array("d/tiny".utf8)))
            try writer.begin(TarHeader(path: Array("d/sym".utf8), kind: .symlink, mode: 0o777, linkTarget: Array("../x".utf8)))
            try writer.begin(
                TarHeader(path: Array("null".utf8), kind: .characterDevice, mode: 0o666, device: 1 << 32 | 3))
            try writer.begin(TarHeader(path: Array(".wh.gone".utf8), kind: .file, mode: 0))
        }
        return (layer, bytes.all)
    }

    @Test(arguments: packings) func equalBytesComeOutOnAnyNumberOfCores(_ packing: LayerPacking) throws {
        let blobs = try [1, 2, 5].map { workers in
            var packing = packing
            packing.workerCount = workers
            return try assemble(packing).blob
        }
        #expect(blobs[0] == blobs[1] && blobs[1] == blobs[2])
    }

    @Test(arguments: packings) func otherProgramsReadTheWhole(_ packing: LayerPacking) throws {
        let (layer, blob) = try assemble(packing)
        #expect(layer.digest == sha256(blob) && layer.compressedBytes == Int64(blob.count))
        let tar =
            switch packing.compression {
            case .gzip: try Self.gunzip(blob)
            case .zstd: try Compressor.run("zstd", ["-dqc"], on: blob)
            case .none: blob
            }
        #expect(sha256(tar) == layer.scan.diffID)
        let names = String(decoding: try Compressor.run("tar", ["-tf"], on: tar), as: UTF8.self).split(separator: "\n")
        let table = packing.table == .estargz ? ["stargz.index.json"] : []
        #expect(
            names.map(String.init) == ["d/", "d/big", "d/empty", "d/text", "d/tiny", "d/link", "d/sym", "null", ".wh.gone"]
                + table)
        #expect(try scan(blob).index == layer.scan.index)
    }

    @Test func aHigherLevelIsSmaller() throws {
        let noise = TarMember.noise(size: 400_000, seed: 5)
        let text = stride(from: 0, to: noise.count, by: 2).flatMap {
            Array("word\(Int(noise[$0]) * 7 + Int(noise[$0 + 1] & 3)) ".utf8)
        }
        for compression in [LayerCompression.gzip, .zstd] {
            let sizes = try [1, 9].map { level in
                try LayerAssembly.assemble(into: { _ in }, packing: LayerPacking(compression, level: level)) { writer in
                    try writer.add(TarHeader.file("text", size: Int64(text.count)), text)
                }.compressedBytes
            }
            #expect(sizes[1] < sizes[0], "\(compression)")
        }
    }

    private static func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        // gzip(1) wants a name that ends as it likes.
        try Compressor.run("sh", ["-c", "gzip -dc < \"$0\""], on: bytes)
    }

    /// What the table says is what a scan of the layer finds, and each content lies where the table says.
    @Test(arguments: [TableOfContents.Form.estargz, .zstdChunked]) func theTableTellsWhatIsInTheLayer(
        _ form: TableOfContents.Form
    ) throws {
        let (layer, blob) = try assemble(LayerPacking(table: form, level: nil))
        let descriptor = Descriptor(
            mediaType: form.compression.mediaType, digest: layer.digest, size: layer.compressedBytes,
            annotations: layer.annotations)
        #expect(TableOfContents.isClaimed(form, by: descriptor))
        let place: TableOfContents.Place
        switch try #require(try TableOfContents.claim(descriptor)) {
        case .place(let found): place = found
        case .footer(let digest):
            place = try TableOfContents.place(
                footer: Array(blob.suffix(Int(TableOfContents.footerBytes))), digest: digest, blobBytes: Int64(blob.count))
        }
        let stored = Array(blob[Int(place.range.lowerBound)..<Int(place.range.upperBound)])
        let index = try TableOfContents.index(stored, at: place)
        func told(_ index: LayerIndex) -> [LayerEntry] {
            (0..<index.count).map { number in
                var entry = index[number]
                // The table's own size and hashes are another matter; a hard link has no target's.
                entry.content = ContentHash()
                if entry.path == Array("stargz.index.json".utf8) { (entry.size, entry.metadata.mode) = (0, 0) }
                return entry
            }
        }
        #expect(told(index) == told(layer.scan.index))
        try expectContents(form, blob, stored)
    }

    private func expectContents(_ form: TableOfContents.Form, _ blob: [UInt8], _ stored: [UInt8]) throws {
        let document: [UInt8]
        switch form {
        case .zstdChunked: document = try Compressor.run("zstd", ["-dqc"], on: stored)
        case .estargz:
            let tar = try Self.gunzip(stored)
            #expect(String(decoding: tar.prefix(17), as: UTF8.self) == "stargz.index.json")
            document = Array(tar[512...].prefix { $0 != 0 })
        }
        let table = try #require(try JSONSerialization.jsonObject(with: Data(document)) as? [String: Any])
        let entries = try #require(table["entries"] as? [[String: Any]])
        var contents: [String: [UInt8]] = [:]
        for entry in entries where ["reg", "chunk"].contains(entry["type"] as? String ?? "") {
            let name = try #require(entry["name"] as? String)
            guard let offset = entry["offset"] as? Int else {
                contents[name] = []
                continue
            }
            let rest = Array(blob[offset...])
            let piece =
                form == .estargz
                ? try firstMember(rest)
                : try Compressor.run("zstd", ["-dqc"], on: Array(blob[offset..<(try #require(entry["endOffset"] as? Int))]))
            #expect((entry["chunkOffset"] as? Int ?? 0) == (contents[name] ?? []).count)
            #expect(entry["chunkDigest"] as? String == sha256(piece).description)
            contents[name, default: []] += piece
        }
        for (name, content) in Self.files { #expect(contents["d/\(name)"] == content, "\(name)") }
        #expect(entries.count { $0["type"] as? String == "chunk" } > 1)
        let big = try #require(entries.first { $0["name"] as? String == "d/big" })
        #expect(big["digest"] as? String == sha256(Self.files[0].1).description && big["size"] as? Int == Self.files[0].1.count)
    }

    /// The first gzip member of a stream, by another program.
    private func firstMember(_ bytes: [UInt8]) throws -> [UInt8] {
        let program =
            "import sys, zlib; sys.stdout.buffer.write(zlib.decompressobj(31).decompress(open(sys.argv[1], 'rb').read()))"
        return try Compressor.run("python3", ["-c", program], on: bytes)
    }

    /// The bytes of a blob; one thread adds, and another reads when that has ended.
    private final class Collected: @unchecked Sendable {
        private(set) var all: [UInt8] = []

        func add(_ bytes: UnsafeRawBufferPointer) { all += bytes }
    }
}
