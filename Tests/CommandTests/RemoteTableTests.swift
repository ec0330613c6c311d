import Foundation
import OCISpec
import TestSupport
import Testing

/// Tables of contents that are believed, and those that are not: then only that layer is not known.
@Suite struct RemoteTableTests {
    private static let files: [TarMember] = [.file("a", size: 50_000, seed: 1), .file("b", size: 300, seed: 2)]
    private static let plain = BuiltLayer([.file("p", size: 700, seed: 3)])

    /// Looks at an image of `layer` and a true table above it, and expects `layer` not to be known for this reason.
    private func expectUnknown(
        _ layer: BuiltLayer, because reason: String, _ script: @escaping ScriptedRegistry.Script = { _ in nil },
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let scene = try LookScene([layer, try TableLayer.chunked([.file("c", size: 50_300, seed: 4)])], script)
        let (document, remarks) = try scene.remote()
        #expect(
            remarks.contains("\(layer.descriptor.digest): its table of contents"), "\(remarks)", sourceLocation: sourceLocation)
        #expect(remarks.contains(reason), "\(remarks)", sourceLocation: sourceLocation)
        #expect(layers(document)[0]["contentBytes"] is NSNull, sourceLocation: sourceLocation)
        #expect(layers(document)[1]["contentBytes"] as? Int == 50_300, sourceLocation: sourceLocation)
        #expect(document["isPartial"] as? Bool == true, sourceLocation: sourceLocation)
    }

    @Test func bothFormsAreRead() throws {
        let scene = try LookScene([try TableLayer.estargz(Self.files), try TableLayer.chunked(Self.files)])
        let (document, remarks) = try scene.remote()
        #expect(remarks.contains("2 of 2 layers"), "\(remarks)")
        #expect(document["isPartial"] as? Bool == false)
        #expect(layers(document)[1]["contentBytes"] as? Int == 50_300)
        #expect(totals(document)["tarBytes"] is NSNull)
        #expect(totals(document)["unknownLayerCount"] as? Int == 0)
        #expect((0..<2).allSatisfy { scene.fetchCount($0) == 0 })
    }

    @Test func aTableThatTheManifestDoesNotVouchForIsNone() throws {
        try expectUnknown(
            try TableLayer.chunked(Self.files, isVouchedFor: false), because: "no annotation of the manifest has its digest")
        // Nobody asks a layer without any annotation whether it has a table.
        let scene = try LookScene([try TableLayer.estargz(Self.files, isVouchedFor: false)])
        let (document, remarks) = try scene.remote()
        #expect(remarks.contains("only compressed sizes are known"))
        #expect(layers(document)[0]["contentBytes"] is NSNull)
    }

    /// What one descriptor of a blob vouches for holds for the blob.
    @Test func aBlobThatIsThereTwiceIsVouchedForOnce() throws {
        let layer = try TableLayer.chunked(Self.files)
        for images in [
            [layer, layer.with { $0.descriptor.annotations = nil }], [layer.with { $0.descriptor.annotations = nil }, layer],
        ] {
            let (document, _) = try LookScene(images).remote()
            #expect(layers(document).map { $0["contentBytes"] as? Int } == [50_300, 50_300])
        }
    }

    @Test func aTableWithAnotherDigestIsNone() throws {
        let other = sha256([1])
        try expectUnknown(
            try TableLayer.estargz(Self.files).with { $0.descriptor.annotations = [TableLayer.estargzDigest: "\(other)"] },
            because: "not \(other) as in the manifest")
    }

    @Test func aTableOfAnotherTypeIsNone() throws {
        try expectUnknown(try TableLayer.chunked(Self.files, type: 2), because: "it is of type 2, not 1")
    }

    @Test func aLayerWithATableOfEachFormHasNone() throws {
        let layer = try TableLayer.chunked(Self.files).with {
            $0.descriptor.annotations?[TableLayer.estargzDigest] = "\(sha256([1]))"
        }
        try expectUnknown(layer, because: "one of eStargz and one of zstd:chunked")
    }

    @Test(arguments: [
        (#"{"name":"a","type":"reg","size":1},{"name":"/a","type":"reg","size":2}"#, "`/a` occurs twice"),
        (#"{"name":"a","type":"reg","size":1099511627776,"offset":1}"#, "`--max-tar`"),
        (#"{"name":"a","type":"reg","size":60000000000}"#, "`--max-ratio`"),
        (#"{"name":"a","type":"reg","size":5,"offset":4000000}"#, "outside the layer's data"),
        (#"{"name":"a","type":"hardlink","linkName":"b"}"#, "a hard link without a target"),
        (
            #"{"name":"a","type":"reg"},{"name":"a/b","type":"reg"},{"name":"l","type":"hardlink","linkName":"a"}"#,
            "one of its hard links has no target"
        ),
        (#"{"name":"a"}"#, "unknown type"), ("5", "not valid JSON"),
    ]) func aTableThatCannotBeIsNone(entries: String, reason: String) throws {
        try expectUnknown(try TableLayer.chunked(Self.files, table: TableLayer.table(entries)), because: reason)
    }

    /// Tools that compress a layer anew may leave the annotations of the old one.
    @Test func annotationsOfAnotherBlobCostTheirLayerOnly() throws {
        let tar = Tar(Self.files).bytes
        let layer = BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.layerGzip)
        let notes = try TableLayer.chunked(Self.files).descriptor.annotations
        try expectUnknown(layer.with { $0.descriptor.annotations = notes }, because: "table of contents")
    }

    /// As skopeo writes the table of every empty layer, and as others write a root directory.
    @Test func whatIsWrittenIsRead() throws {
        let scene = try LookScene([
            try TableLayer.chunked([], table: Array(#"{"version":1,"entries":null}"#.utf8)),
            try TableLayer.chunked(
                Self.files, table: TableLayer.table(#"{"name":"","type":"dir"},{"name":"a","type":"reg","size":9}"#)),
        ])
        let (document, _) = try scene.remote()
        #expect(layers(document).map { $0["entryCount"] as? Int } == [0, 2])
        #expect(layers(document)[1]["contentBytes"] as? Int == 9)
    }

    // MARK: Names that lost bytes

    @Test func namesThatReadAlikeMayDiffer() throws {
        let table = TableLayer.table(
            #"{"name":"a\ufffd","type":"reg","size":5000},{"name":"a\ufffd","type":"reg","size":5000,"digest":"\#(sha256([2]))"}"#
        )
        let scene = try LookScene([try TableLayer.chunked(Self.files, table: table)])
        let (document, _) = try scene.remote()
        #expect(layers(document)[0]["contentBytes"] as? Int == 10_000)
        #expect(layers(document)[0]["hiddenBytes"] is NSNull)
        #expect(totals(document)["wastedBytes"] is NSNull && totals(document)["contentBytes"] as? Int == 10_000)
        #expect(document["isPartial"] as? Bool == true)
        #expect((document["wastedPaths"] as? [Any])?.isEmpty == true)
        let text = try scene.look("analyze", "--remote")
        #expect(text.output.contains("names that are not UTF-8 cannot be told apart"), "\(text.output)")
    }

    @Test func suchANameThatIsThereOnceIsAsAnyOther() throws {
        let scene = try LookScene([
            try TableLayer.chunked(Self.files, table: TableLayer.table(#"{"name":"a\ufffd","type":"reg","size":5000}"#))
        ])
        #expect(try scene.remote().document["isPartial"] as? Bool == false)
    }

    // MARK: How much is asked for

    @Test func aBaseIsKnownByItsDiffIDs() throws {
        let base = try TableLayer.estargz(Self.files)
        let scene = try LookScene([base, Self.plain])
        var content = ScriptedRegistry.Content()
        try content.add(scene.image, tag: "1")
        try content.add(ImageBuilder([base], named: "x/base:1"), tag: "base")
        let registry = try ScriptedRegistry(content)
        let bench = try Workbench()
        for options in [["--remote"], []] {
            let before = registry.requests.count
            let outcome = try bench.program.run(
                [
                    "analyze", "docker://\(registry.name)/a/b:1", "--base", "docker://\(registry.name)/a/b:base", "--format",
                    "json",
                ]
                    + options)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(layers(try object(outcome.output)).map { $0["isBase"] as? Bool } == [true, false])
            let whole = registry.requests[before...].filter {
                $0.path.hasSuffix("\(base.descriptor.digest)") && $0.header("Range") == nil
            }
            // Without `--remote` it is a layer of the image as well, and read once.
            #expect(whole.count == (options.isEmpty ? 1 : 0))
        }
    }

    @Test func aBlobOfAnotherSizeThanTheManifestSaysIsAnError() throws {
        let layer = try TableLayer.chunked(Self.files).with { $0.descriptor.size = 1_000_000_000_000 }
        let scene = try LookScene([layer])
        expectSentence(try scene.look("analyze", "--remote"), naming: "where its descriptor says 1000000000000")
    }

    @Test func manyEntriesAreReadInOnePass() throws {
        let entries = (0..<150_000).map { #"{"name":"d/\#($0)","type":"reg","size":1}"# }.joined(separator: ",")
        let scene = try LookScene([try TableLayer.chunked(Self.files, table: TableLayer.table(entries))])
        #expect(layers(try scene.remote().document)[0]["entryCount"] as? Int == 150_000)
    }

    // MARK: Servers

    /// A script that answers requests for parts of blobs by itself.
    private static func parts(_ reply: @escaping @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Reply)
        -> ScriptedRegistry.Script
    {
        { request in request.path.contains("/blobs/") && request.header("Range") != nil ? reply(request) : nil }
    }

    private static let refusals: [(name: String, reply: ScriptedRegistry.Reply)] = [
        ("the whole blob", ScriptedRegistry.Reply(body: [1, 2, 3]).with { $0.isChunked = true }),
        ("400", .status(400)), ("416", .status(416)), ("501", .status(501)),
        ("another range", ScriptedRegistry.Reply(status: 206, headers: [("Content-Range", "bytes 0-0/*")], body: [1])),
        ("no range", ScriptedRegistry.Reply(status: 206, body: [1])),
        (
            "several ranges",
            ScriptedRegistry.Reply(status: 206, headers: [("Content-Type", "multipart/byteranges; boundary=x")], body: [1])
        ),
    ]

    @Test(arguments: refusals.map(\.name)) func aServerWithoutRangesIsPassedOver(_ name: String) throws {
        let reply = try #require(Self.refusals.first { $0.name == name }?.reply)
        try expectMirrorPassedOver(Self.parts { _ in reply })
        let scene = try LookScene([try TableLayer.estargz(Self.files)], Self.parts { _ in reply })
        let (document, remarks) = try scene.remote()
        #expect(remarks.contains("no server returns parts of blobs"), "\(remarks)")
        #expect(layers(document)[0]["contentBytes"] is NSNull)
    }

    @Test func aServerThatGivesGarbageIsPassedOver() throws {
        try expectMirrorPassedOver(
            Self.parts { request in
                let ends = (request.header("Range") ?? "").dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
                return ScriptedRegistry.Reply(
                    status: 206, headers: [("Content-Range", "bytes \(ends[0])-\(ends[1])/*")],
                    body: [UInt8](repeating: 0, count: ends[1] - ends[0] + 1))
            })
    }

    @Test(arguments: [403, 404, 500]) func aServerThatFailsIsPassedOver(_ status: Int) throws {
        try expectMirrorPassedOver(Self.parts { _ in .status(status) })
    }

    @Test func aServerThatIsAloneAndFailsIsAnError() throws {
        let scene = try LookScene([try TableLayer.estargz(Self.files)], Self.parts { _ in .status(404) })
        #expect(try scene.look("analyze", "--remote").status == 3)
    }

    /// A mirror with this script has the image, and so has the registry, which gives what the mirror does not.
    private func expectMirrorPassedOver(
        _ script: @escaping ScriptedRegistry.Script, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let scene = try LookScene([try TableLayer.estargz(Self.files), try TableLayer.chunked(Self.files)])
        let mirror = try ScriptedRegistry(scene.registry.content, script: script)
        let file = try scene.bench.file(
            "registries.yaml", Data("mirrors: {\"\(scene.registry.name)\": {endpoint: [\"\(mirror.url)\"]}}".utf8))
        let (document, remarks) = try scene.remote("analyze", "--registries", file)
        #expect(remarks.contains("2 of 2 layers have a table"), "\(remarks)", sourceLocation: sourceLocation)
        #expect(document["isPartial"] as? Bool == false, sourceLocation: sourceLocation)
        #expect(!mirror.requests.isEmpty, sourceLocation: sourceLocation)
    }

    // MARK: Other commands

    @Test func filesAreListedByTables() throws {
        let scene = try LookScene([try TableLayer.estargz(Self.files)])
        let outcome = try scene.look("files", "--remote")
        #expect(outcome.output.contains("/a\n") && outcome.output.contains("50kB"), "\(outcome.output)")
        let (document, _) = try scene.remote("files")
        #expect(document["isPartial"] as? Bool == false)
        #expect(scene.fetchCount(0) == 0)
    }

    @Test func filesOfAPartialImageAreThoseThatAreKnown() throws {
        let scene = try LookScene([try TableLayer.estargz(Self.files), Self.plain])
        let (document, _) = try scene.remote("files")
        let entries = try #require(document["entries"] as? [[String: Any]])
        #expect(document["isPartial"] as? Bool == true && document["unknownLayerCount"] as? Int == 1)
        #expect(entries.map { $0["path"] as? String } == ["", "a", "b", "stargz.index.json"])
        // The layer above may have removed any of it.
        #expect(entries.allSatisfy { $0["visibleBytes"] is NSNull && $0["wastedBytes"] is NSNull })
        expectSentence(try scene.look("files", "--remote", "--quiet", "--layer", "1"), naming: "the content of layer 1")
        #expect(try scene.look("files", "--remote", "--layer", "0").status == 0)
        let missing = try scene.bench.strata("files", scene.source, "/none", "--remote", "--quiet")
        expectSentence(missing, naming: "in the layers whose content is known")
    }

    @Test func filesThatNobodyTellsAreAnError() throws {
        let scene = try LookScene([Self.plain])
        expectSentence(try scene.look("files", "--remote", "--quiet"), naming: "the content of no layer is")
    }

    /// Two images told by tables differ as two that were read.
    @Test func aDiffByTablesIsThatOfAPull() throws {
        let (base, bench) = (try TableLayer.estargz(Self.files), try Workbench())
        var content = ScriptedRegistry.Content()
        for (tag, members) in [("1", [TarMember.file("c", text: "c")]), ("2", [.file("c", text: "other"), .whiteout("b")])] {
            try content.add(ImageBuilder([base, try TableLayer.chunked(members)], named: "x/y:\(tag)"), tag: tag)
        }
        let registry = try ScriptedRegistry(content)
        let sources = ["1", "2"].map { "docker://\(registry.name)/a/b:\($0)" }
        let remote = try bench.program.run(["diff"] + sources + ["--remote", "--format", "csv"])
        #expect(remote.status == 0, "\(remote.errors)")
        #expect(registry.requests("GET", containing: "\(base.descriptor.digest)").allSatisfy { $0.header("Range") != nil })
        let read = try Workbench().program.run(["diff"] + sources + ["--format", "csv"])
        #expect(remote.output == read.output)
        #expect(remote.output.contains("/b,removed"))
    }

    @Test func aDiffOfPartialImagesSaysSo() throws {
        let scene = try LookScene([try TableLayer.estargz(Self.files), Self.plain])
        let outcome = try scene.bench.strata("diff", scene.source, scene.source, "--remote", "--format", "json", "--exit-code")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let document = try object(outcome.output)
        #expect(document["isPartial"] as? Bool == true)
        #expect(totals(document)["visibleBytesBefore"] is NSNull && totals(document)["compressedDelta"] as? Int == 0)
        #expect(layers(document).map { $0["change"] as? String } == ["same", "same"])
    }

    @Test func otherSourcesAreNotLookedAtRemotely() throws {
        let scene = try LookScene([Self.plain])
        for arguments in [
            ["files", "x"], ["check", "x", "--max-size", "1MB"], ["diff", scene.source, "x"], ["diff", "x"],
        ] {
            #expect(try scene.bench.program.run(arguments + ["--remote"]).status == 2, "\(arguments)")
        }
    }
}
