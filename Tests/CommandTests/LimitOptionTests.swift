import Foundation
import OCISpec
import TestSupport
import Testing

/// Each limit can be raised by the one option that its error names, in every command that reads layers.
struct LimitOptionTests {
    /// A layer over a limit that is set low, and the option that is to be named.
    struct Row: Sendable, CustomStringConvertible {
        var option: String
        var low: String
        var high: String
        var description: String { option }
    }

    private static let rows = [
        Row(option: "--max-tar", low: "2kB", high: "1MB"), Row(option: "--max-entries", low: "1", high: "5"),
        Row(option: "--max-path", low: "3B", high: "1kB"), Row(option: "--max-names", low: "3B", high: "1kB"),
        Row(option: "--max-content", low: "9B", high: "1MB"), Row(option: "--max-window", low: "2KiB", high: "1GiB"),
    ]

    private func archive(_ bench: Workbench) throws -> String {
        let tar = Tar([.file("first/file", size: 5000, seed: 1), .file("second/file", size: 5000, seed: 2)]).bytes
        let stored = try Compressor.run("sh", ["-c", "zstd -qc --long=20 < \"$0\""], on: tar)
        return try bench.file(
            "layer.tar", ImageBuilder([BuiltLayer(tar, stored: stored)], named: "localhost/limits:1").layout().tar)
    }

    @Test(arguments: rows, [["scan"], ["analyze"], ["files"], ["check", "--max-size", "1GB"], ["load", "-i"]])
    func theErrorNamesTheOptionThatHelps(_ row: Row, _ command: [String]) throws {
        let bench = try Workbench()
        let path = try archive(bench)
        let words = command.last == "-i" ? command + [path] : [command[0], path] + command.dropFirst()
        let refused = try bench.program.run(words + [row.option, row.low])
        expectSentence(refused, naming: path)
        #expect(refused.errors.contains("`\(row.option)"), "\(refused.errors)")
        #expect(try bench.program.run(words + [row.option, row.high]).status == 0)
    }

    @Test func theOlderNameOfOneStillWorks() throws {
        let bench = try Workbench()
        let path = try archive(bench)
        expectSentence(try bench.strata("scan", "--max-layer", "2kB", path), naming: path)
        #expect(try bench.strata("check", "--max-layer", "2kB", path).status == 1)
    }

    // MARK: Documents

    /// What a document may have too much of.
    enum Excess: String, CaseIterable, Sendable { case bytes, depth, values, manifests }

    /// An archive with an image, of which a document has too much of something.
    private func archive(_ excess: Excess, _ bench: Workbench) throws -> String {
        let image = ImageBuilder([BuiltLayer([.file("a", size: 10, seed: 1)])], named: "localhost/large:1")
        let extra: String
        switch excess {
        case .bytes: extra = "\"\(String(repeating: "x", count: 9 << 20))\""
        case .depth: extra = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
        case .values:
            let listed = String(decoding: try encodeDocument(try image.descriptor()), as: UTF8.self)
            let values = String(repeating: "1,", count: 250_000)
            return try bench.file(
                "large.tar",
                try archive(of: image, Array(#"{"schemaVersion":2,"manifests":[\#(listed)],"x":[\#(values)1]}"#.utf8)).tar)
        case .manifests:
            let absent = (0..<10_100).map { number in
                Descriptor(mediaType: MediaType.manifest, digest: sha256(Array("\(number)".utf8)), size: 10)
            }
            let index = try encodeDocument(ImageIndex(manifests: [try image.descriptor()] + absent))
            return try bench.file("large.tar", try archive(of: image, index).tar)
        }
        let config = String(decoding: try image.config(), as: UTF8.self).dropLast() + ",\"config\":{\"Extra\":\(extra)}}"
        return try bench.file("large.tar", try image.with { $0.configOverride = Array(config.utf8) }.layout().tar)
    }

    /// A layout that names an index of these bytes.
    private func archive(of image: ImageBuilder, _ index: [UInt8]) throws -> ArchiveFiles {
        var files = try image.layout()
        try files.setIndex([
            Descriptor(
                mediaType: MediaType.index, digest: files.addBlob(index), size: Int64(index.count),
                annotations: ["org.opencontainers.image.ref.name": "localhost/large:1"])
        ])
        return files
    }

    @Test(arguments: Excess.allCases) func oneOptionRaisesAllLimitsOnDocuments(_ excess: Excess) throws {
        for command in [["scan"], ["analyze"], ["load", "-i"]] {
            let bench = try Workbench()
            let words = command + [try archive(excess, bench)]
            let refused = try bench.program.run(words)
            expectSentence(refused, naming: "large.tar")
            #expect(refused.errors.contains("`--max-document`"), "\(refused.errors)")
            let outcome = try bench.program.run(words + ["--max-document", "16MiB"])
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
    }

    /// What came in under a higher limit is the store's, and no command that looks at it needs an option.
    @Test(arguments: Excess.allCases) func aStoreReadsWhatItTookIn(_ excess: Excess) throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", try archive(excess, bench), "--max-document", "16MiB")
        #expect(try bench.imageNames() == ["localhost/large:1"])
        for words in [
            ["analyze", "localhost/large:1"], ["inspect", "localhost/large:1"], ["fsck"], ["gc"], ["df"],
            ["save", "localhost/large:1", "-o", bench.folder.path("out.tar")],
        ] {
            let outcome = try bench.program.run(words)
            #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        }
        #expect(try bench.imageNames() == ["localhost/large:1"])
    }

    @Test(arguments: [Excess.bytes, .depth, .values]) func aRegistrysDocumentsHaveTheSameLimits(_ excess: Excess) throws {
        let bench = try Workbench()
        try bench.succeed("load", "-i", try archive(excess, bench), "--max-document", "16MiB")
        let server = try ScriptedRegistry()
        let name = "\(server.name)/a/b:1"
        try bench.succeed("tag", "localhost/large:1", name)
        try bench.succeed("push", "-q", name)
        let other = try Workbench()
        let refused = try other.strata("pull", "-q", name)
        #expect(refused.status == 3 && refused.errors.contains("`--max-document`"), "\(refused.errors)")
        try other.succeed("pull", "-q", name, "--max-document", "16MiB")
        try other.succeed("analyze", name)
    }
}
