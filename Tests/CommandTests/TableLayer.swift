import Foundation
import OCISpec
import TestSupport

/// Layers that carry a table of contents, true or not.
enum TableLayer {
    static let estargzDigest: ExactText = "containerd.io/snapshot/stargz/toc.digest"
    static let chunked = "io.github.containers.zstd-chunked.manifest-"

    /// The table of these members, as the writers of eStargz make it.
    static func table(_ members: [TarMember]) throws -> [UInt8] {
        let entries = members.map { member in
            let name = String(decoding: member.name, as: UTF8.self)
            var entry: [String: Any] = ["name": name, "mode": member.type == UInt8(ascii: "5") ? 0o755 : 0o644]
            switch Character(UnicodeScalar(member.type)) {
            case "5": entry["type"] = "dir"
            case "2":
                entry["type"] = "symlink"
                entry["linkName"] = String(decoding: member.linkName, as: UTF8.self)
            case "1":
                entry["type"] = "hardlink"
                entry["linkName"] = String(decoding: member.linkName, as: UTF8.self)
            default:
                entry["type"] = "reg"
                entry["size"] = member.body.count
                if !member.body.isEmpty { entry["digest"] = sha256(member.body).description }
            }
            return entry
        }
        return Array(try JSONSerialization.data(withJSONObject: ["version": 1, "entries": entries]))
    }

    /// An eStargz layer of these members: files, then the table, then the footer.
    static func estargz(_ members: [TarMember], table: [UInt8]? = nil, isVouchedFor: Bool = true) throws -> BuiltLayer {
        let table = try table ?? self.table(members)
        let files = Tar(members, ending: []).bytes
        let end = Tar([.file("stargz.index.json", table)]).bytes
        let front = try Compressor.gzip(files, "-n")
        let digits = String(front.count, radix: 16)
        let text = Array((String(repeating: "0", count: 16 - digits.count) + digits + "STARGZ").utf8)
        let footer: [UInt8] =
            [0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, 0x53, 0x47, 22, 0] + text
            + [1, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]
        let blob = front + (try Compressor.gzip(end, "-n")) + footer
        let layer = BuiltLayer(files + end, stored: blob, mediaType: MediaType.layerGzip)
        guard isVouchedFor else { return layer }
        return layer.with { $0.descriptor.annotations = [estargzDigest: sha256(table).description] }
    }

    /// A zstd:chunked layer of these members, with a table of these entries where they are given.
    static func chunked(
        _ members: [TarMember], table: [UInt8]? = nil, type: Int = 1, isVouchedFor: Bool = true
    ) throws -> BuiltLayer {
        let table = try table ?? self.table(members)
        let tar = Tar(members).bytes
        let front = try Compressor.zstd(tar)
        let packed = try Compressor.zstd(table)
        let frame =
            withUnsafeBytes(of: UInt32(0x184D_2A50).littleEndian, Array.init)
            + withUnsafeBytes(of: UInt32(packed.count).littleEndian, Array.init)
        let layer = BuiltLayer(tar, stored: front + frame + packed, mediaType: MediaType.layerZstd)
        return layer.with {
            var notes: [ExactText: String] = [:]
            notes[ExactText(chunked + "position")] = "\(front.count + 8):\(packed.count):\(table.count):\(type)"
            if isVouchedFor { notes[ExactText(chunked + "checksum")] = sha256(packed).description }
            $0.descriptor.annotations = notes
        }
    }

    /// The JSON of a table with these entries.
    static func table(_ entries: String) -> [UInt8] { Array(#"{"version":1,"entries":[\#(entries)]}"#.utf8) }
}

/// Images in a registry that are looked at, and what is told of them.
struct LookScene {
    let bench: Workbench
    let registry: ScriptedRegistry
    let image: ImageBuilder

    /// A registry that has an image of these layers as `a/b:1`.
    init(_ layers: [BuiltLayer], _ script: @escaping ScriptedRegistry.Script = { _ in nil }) throws {
        bench = try Workbench()
        image = ImageBuilder(layers, named: "x/y:1")
        var content = ScriptedRegistry.Content()
        try content.add(image, tag: "1")
        registry = try ScriptedRegistry(content, script: script)
    }

    var source: String { "docker://\(registry.name)/a/b:1" }

    /// A command's outcome, of this image unless other arguments are given.
    func look(_ command: String, _ options: String...) throws -> Program.Outcome {
        try bench.program.run([command, source, "--retry", "1"] + options)
    }

    /// The JSON of a look without a pull, and what was remarked.
    func remote(_ command: String = "analyze", _ options: String...) throws -> (document: [String: Any], remarks: String) {
        let outcome = try bench.program.run([command, source, "--retry", "1", "--remote", "--format", "json"] + options)
        guard outcome.status == 0 else { throw Failure(errors: outcome.errors) }
        return (try object(outcome.output), outcome.errors)
    }

    struct Failure: Error { var errors: String }

    /// How often the blob of a layer was asked for whole.
    func fetchCount(_ layer: Int) -> Int {
        registry.requests("GET", containing: image.layers[layer].descriptor.digest.description)
            .count { $0.header("Range") == nil }
    }
}

/// The layers of a document.
func layers(_ document: [String: Any]) -> [[String: Any]] { document["layers"] as? [[String: Any]] ?? [] }

/// The totals of a document.
func totals(_ document: [String: Any]) -> [String: Any] { document["totals"] as? [String: Any] ?? [:] }
