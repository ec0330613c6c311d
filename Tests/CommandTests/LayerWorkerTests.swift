import Foundation
import OCISpec
import TestSupport
import Testing

/// `strata layers --stdin`: every line is answered, each layer is read once.
@Suite struct LayerWorkerTests {
    private static let members: [TarMember] = [
        .directory("etc"), .file("etc/a", size: 900, seed: 1), .hardLink("etc/b", to: "etc/a"), .symlink("etc/c", to: "../x"),
        .whiteout("usr/old"), .opaque("var"), .file("etc/a", size: 0),
    ]

    private static func gzip(_ members: [TarMember]) throws -> BuiltLayer {
        let tar = Tar(members).bytes
        return BuiltLayer(tar, stored: try Compressor.gzip(tar, "-n"), mediaType: MediaType.layerGzip)
    }

    @Test func aLayerIsToldWithItsEntries() throws {
        let layer = try Self.gzip(Self.members)
        let scene = try FleetScene([ImageBuilder([layer])])
        let lines = try scene.work([scene.line(layer, #","owner":{"a":[1]},"error":"x""#)], "--entries")
        #expect(lines.count == 8)
        let answer = try #require(lines.last)
        #expect(answer["digest"] as? String == layer.descriptor.digest.description)
        #expect(answer["diffID"] as? String == layer.diffID.description)
        #expect(answer["compressedBytes"] as? Int == layer.blob.count)
        #expect(answer["tarBytes"] as? Int == Tar(Self.members).bytes.count)
        #expect(answer["contentBytes"] as? Int == 900)
        #expect(answer["entries"] as? Int == 7)
        #expect(answer["toc"] as? Bool == false)
        #expect((answer["owner"] as? [String: [Int]]) == ["a": [1]])
        #expect(answer["error"] == nil)
        #expect(lines.dropLast().map { $0["seq"] as? Int } == Array(0..<7))
        #expect(lines.dropLast().map { $0["path"] as? String } == ["etc", "etc/a", "etc/b", "etc/c", "usr/old", "var", "etc/a"])
        #expect(
            lines.dropLast().map { $0["type"] as? String } == [
                "directory", "file", "hardLink", "symlink", "whiteout", "opaque", "file",
            ])
        #expect(lines.dropLast().map { $0["target"] as? String } == [nil, nil, "etc/a", "../x", nil, nil, nil])
        #expect(lines.dropLast().map { $0["whiteout"] as? Bool } == [false, false, false, false, true, true, false])
        #expect(lines.dropLast().map { ($0["hash"] as? String)?.count } == [nil, 32, nil, nil, nil, nil, 32])
        #expect(lines.dropLast().map { $0["size"] as? Int } == [0, 900, 0, 0, 0, 0, 0])
        #expect(scene.registry.requests("GET", containing: "/blobs/").count == 1)
        // No store came to be.
        #expect(!FileManager.default.fileExists(atPath: scene.bench.store))
    }

    @Test func namesThatAreNotUTF8KeepTheirBytes() throws {
        let name: [UInt8] = [0x61, 0xFF, 0x2F, 0x62]
        let layer = BuiltLayer([
            TarMember(name: name), TarMember(name: Array("é".utf8)),
            TarMember(name: Array("l".utf8), type: "2").with { $0.linkName = [0x80] },
        ])
        let scene = try FleetScene([ImageBuilder([layer])])
        let lines = try scene.work([scene.line(layer)], "--entries")
        #expect(lines[0]["path"] as? String == #"a\xFF/b"#)
        #expect(lines[0]["pathBytes"] as? String == Data(name).base64EncodedString())
        #expect(lines[1]["path"] as? String == "é")
        #expect(lines[1]["pathBytes"] == nil)
        #expect(lines[2]["target"] as? String == #"\x80"#)
        #expect(lines[2]["targetBytes"] as? String == "gA==")
    }

    @Test func everyLineIsAnswered() throws {
        let layer = try Self.gzip(Self.members)
        let scene = try FleetScene([ImageBuilder([layer])])
        let digest = layer.descriptor.digest.description
        let lines = try scene.work([
            "hello", "", "[1]", #"{"digest":"sha256:00","k":1}"#, #"{"digest":"\#(digest)","k":2}"#,
            #"{"digest":"\#(digest)","size":-1,"source":"oci:/x","k":3}"#,
            #"{"digest":"\#(digest)","size":5,"source":"docker-archive:/x","k":4}"#,
            #"{"digest":"\#(digest)","digest":"\#(digest)","size":5,"source":"oci:/x","k":5}"#, scene.line(layer, #","k":6"#),
            #"{"digest":"\#(digest)","size":5,"source":"oci:/nowhere","k":7}"#, #"{"k":8}"#,
        ])
        #expect(lines.count == 11)
        #expect(lines.filter { $0["error"] != nil && $0["digest"] == nil && $0["k"] == nil }.count == 3)
        func line(_ number: Int) -> [String: Any]? { lines.first { $0["k"] as? Int == number } }
        for number in [1, 8] { #expect(line(number)?["digest"] == nil) }
        for number in [2, 3, 4, 5, 7] { #expect(line(number)?["digest"] as? String == digest) }
        for number in [1, 2, 3, 4, 5, 7, 8] {
            #expect(line(number)?["error"] is String)
            #expect(line(number)?["retry"] as? Bool == false)
        }
        #expect(line(6)?["diffID"] as? String == layer.diffID.description)
    }

    @Test func damageIsToldWithoutAnyEntry() throws {
        let good = try Self.gzip([.file("big", size: 300_000, seed: 5), .file("other", size: 10, seed: 6)])
        var changed = good.blob
        changed[changed.count - 100] ^= 1
        let bytes = changed
        let damaged = BuiltLayer(Tar(Self.members).bytes, stored: bytes, mediaType: MediaType.layerGzip)
        let noTar = BuiltLayer([], stored: Array("no tar at all, but some words".utf8))
        let image = ImageBuilder([good, damaged, noTar])
        let path = "/blobs/\(good.descriptor.digest)"
        // What is sent for the first one is not what its digest says.
        let scene = try FleetScene([image]) { $0.path.hasSuffix(path) ? ScriptedReply(body: bytes) : nil }
        let lines = try scene.work([good, damaged, noTar].map { scene.line($0, #","k":true"#) }, "--entries")
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0["error"] is String && $0["retry"] as? Bool == false && $0["k"] as? Bool == true })
        // One that is damaged is fetched once, as any other.
        for layer in image.layers {
            #expect(scene.registry.requests("GET", containing: layer.descriptor.digest.hex).count == 1)
        }
    }

    @Test func whatMayGetBetterIsToldApart() throws {
        let layers = (0..<4).map { BuiltLayer([.file("f", size: 10 + $0, seed: UInt64($0))]) }
        let digests = layers.map(\.descriptor.digest.hex)
        let scene = try FleetScene([ImageBuilder(layers)]) { request in
            if request.path.hasSuffix(digests[0]) { return .status(500) }
            if request.path.hasSuffix(digests[1]) { return .status(404) }
            if request.path.hasSuffix(digests[2]) { return .status(403) }
            if request.path.hasSuffix(digests[3]) { return .status(429, ("Retry-After", "100000")) }
            return nil
        }
        let unreachable = scene.line(layers[0], source: "docker://127.0.0.1:1/a/b").replacing(digests[0], with: sha256([7]).hex)
        let lines = try scene.work(layers.map { scene.line($0) } + [unreachable])
        func retry(_ hex: String) -> Bool? {
            lines.first { ($0["digest"] as? String)?.hasSuffix(hex) == true }?["retry"] as? Bool
        }
        #expect(digests.map(retry) == [true, false, false, true])
        #expect(retry(sha256([7]).hex) == true)
    }

    @Test func aConnectionThatBreaksIsTakenUpWhereItBroke() throws {
        let layer = BuiltLayer([.file("f", size: 500_000, seed: 1)])
        let path = layer.descriptor.digest.description
        let blob = layer.blob
        let scene = try FleetScene([ImageBuilder([layer])]) { request in
            request.path.hasSuffix(path) && request.number == 0 ? ScriptedReply(body: blob, cutAfter: 200_000) : nil
        }
        let lines = try scene.work([scene.line(layer)], "--entries")
        #expect(lines.count == 2)
        #expect(lines.last?["diffID"] as? String == layer.diffID.description)
        #expect(scene.registry.requests("GET", containing: path).last?.header("Range")?.hasPrefix("bytes=") == true)
    }

    @Test func aLayerThatIsAskedForTwiceIsReadOnce() throws {
        let layer = BuiltLayer(Self.members)
        let scene = try FleetScene([ImageBuilder([layer])])
        let lines = try scene.work((0..<5).map { scene.line(layer, ",\"k\":\($0)") }, "--entries", "--concurrency", "4")
        #expect(lines.filter { $0["diffID"] != nil }.count == 5)
        #expect(Set(lines.compactMap { $0["k"] as? Int }) == Set(0..<5))
        #expect(lines.filter { $0["seq"] != nil }.count == Self.members.count)
        #expect(scene.registry.requests("GET", containing: layer.descriptor.digest.hex).count == 1)
    }

    // MARK: Tables of contents

    @Test func aTableStandsInForItsLayer() throws {
        let layers = [try TableLayer.estargz(Self.files), try TableLayer.chunked(Self.files)]
        let scene = try FleetScene([ImageBuilder(layers)])
        let asked = try layers.map { scene.line($0, #","annotations":\#(try Self.annotations($0))"#) }
        let lines = try scene.work(asked, "--entries")
        let answers = lines.filter { $0["toc"] as? Bool == true }
        #expect(answers.count == 2)
        #expect(answers.allSatisfy { $0["diffID"] is NSNull && $0["tarBytes"] is NSNull })
        #expect(lines.contains { ($0["hash"] as? String)?.hasPrefix("sha256:") == true })
        let blobs = scene.registry.requests("GET", containing: "/blobs/")
        #expect(!blobs.isEmpty && blobs.allSatisfy { $0.header("Range") != nil })
        // The same figures as the layer itself.
        let whole = try scene.work(
            try layers.map { scene.line($0, #","table":false,"annotations":\#(try Self.annotations($0))"#) })
        #expect(whole.allSatisfy { $0["toc"] as? Bool == false })
        for answer in answers {
            let other = whole.first { $0["digest"] as? String == answer["digest"] as? String }
            for key in ["contentBytes", "entries", "compressedBytes"] { #expect(answer[key] as? Int == other?[key] as? Int) }
        }
    }

    @Test func aTableThatNobodyVouchesForIsNotUsed() throws {
        let layer = try TableLayer.estargz(Self.files)
        let scene = try FleetScene([ImageBuilder([layer])])
        let other = #"{"containerd.io/snapshot/stargz/toc.digest":"\#(sha256([1]))"}"#
        for more in ["", #","annotations":\#(other)"#, #","annotations":[]"#] {
            let lines = try scene.work([scene.line(layer, more)])
            #expect(lines.first?["toc"] as? Bool == false)
            #expect(lines.first?["diffID"] as? String == layer.diffID.description)
        }
    }

    private static let files: [TarMember] = [
        .directory("d"), .file("d/a", size: 5000, seed: 1), .file("d/b", size: 300, seed: 2),
    ]

    private static func annotations(_ layer: BuiltLayer) throws -> String {
        let texts = Dictionary(uniqueKeysWithValues: (layer.descriptor.annotations ?? [:]).map { ($0.key.text, $0.value) })
        return String(decoding: try JSONSerialization.data(withJSONObject: texts), as: UTF8.self)
    }

    // MARK: Streams

    @Test func foldersAreReadAsRegistriesAre() throws {
        let layer = try Self.gzip(Self.members)
        let image = ImageBuilder([layer], named: "localhost/a:1")
        let scene = try FleetScene()
        let folder = scene.bench.folder.path("layout")
        try image.layout().write(to: folder)
        try scene.bench.succeed("scan", "oci:\(folder)", "-q")
        for source in ["oci:\(folder)", "store:\(scene.bench.store)"] {
            let lines = try scene.work([scene.line(layer, source: source)])
            #expect(lines.first?["diffID"] as? String == layer.diffID.description)
        }
        let short = try scene.work([scene.line(layer.with { $0.descriptor.size += 1 }, source: "oci:\(folder)")])
        #expect((short.first?["error"] as? String)?.contains("bytes") == true)
    }

    @Test func aLargeLayerLeavesWhole() throws {
        // More lines than wait in memory.
        let members = (0..<30_000).map { TarMember(name: Array("directory/with/a/rather/long/name/\($0)".utf8), body: [1]) }
        let layers = [BuiltLayer(members), BuiltLayer(Self.members)]
        let scene = try FleetScene([ImageBuilder(layers)])
        let lines = try scene.work(layers.map { scene.line($0) }, "--entries")
        #expect(lines.count == 30_000 + 1 + Self.members.count + 1)
        var seen: [String] = []
        for line in lines { if let digest = line["digest"] as? String, seen.last != digest { seen.append(digest) } }
        #expect(seen.count == 2, "lines of one layer stand between those of another")
        let large = lines.filter { $0["digest"] as? String == layers[0].descriptor.digest.description && $0["seq"] != nil }
        #expect(large.map { $0["seq"] as? Int } == Array(0..<30_000))
    }

    @Test func aReaderThatGoesEndsTheWork() throws {
        let layer = BuiltLayer((0..<5000).map { .file("f\($0)", size: 1, seed: UInt64($0)) })
        let scene = try FleetScene([ImageBuilder([layer])])
        let input = try scene.bench.file("input", Data((scene.line(layer) + "\n").utf8))
        let outcome = try scene.bench.shell(
            #"{ "$STRATA" layers --stdin --entries < "$1"; echo "status $?" >&2; } | head -n 1"#, input)
        #expect(outcome.errors.contains("status 141"), "\(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").count == 1)
    }

    @Test func anAnswerComesBeforeTheNextLineIsWritten() throws {
        let layer = BuiltLayer(Self.members)
        let scene = try FleetScene([ImageBuilder([layer])])
        let outcome = try scene.bench.shell(
            """
            mkfifo "$2/in" "$2/out"; "$STRATA" layers --stdin <"$2/in" >"$2/out" &
            exec 3>"$2/in" 4<"$2/out"; echo "$1" >&3; read -r line <&4; echo "$line"; exec 3>&-; wait $!; echo $?
            """, scene.line(layer), scene.bench.folder.path)
        #expect(outcome.output.contains(layer.diffID.description), "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.hasSuffix("0\n"))
    }

    @Test func noSecretIsShown() throws {
        let layer = BuiltLayer(Self.members)
        let scene = try FleetScene([ImageBuilder([layer])]) { request in
            request.header("Authorization") == nil ? .status(401, ("WWW-Authenticate", "Basic realm=\"r\"")) : .status(403)
        }
        let auth = Data("user:s3cret-word".utf8).base64EncodedString()
        let file = try scene.bench.file("auth.json", Data(#"{"auths":{"\#(scene.registry.name)":{"auth":"\#(auth)"}}}"#.utf8))
        let input = try scene.bench.file("input", Data((scene.line(layer) + "\n").utf8))
        let outcome = try scene.bench.program.run(
            ["layers", "--stdin"], environment: ["REGISTRY_AUTH_FILE": file], input: .file(input))
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("error"))
        #expect(scene.registry.requests.contains { $0.header("Authorization") == "Basic \(auth)" })
        for secret in ["s3cret-word", auth] {
            #expect(!outcome.output.contains(secret) && !outcome.errors.contains(secret))
        }
    }
}
