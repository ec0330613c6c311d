import Foundation
import OCISpec
import TestSupport
import Testing

/// `strata layers --apply`: the totals of `analyze`, from lines.
@Suite struct LayerApplyTests {
    private static let totals = [
        "layerCount", "unknownLayerCount", "entryCount", "compressedBytes", "tarBytes", "contentBytes", "visibleBytes",
        "wastedBytes",
    ]

    /// Random images by worker and summation tell what their analysis tells.
    @Test(arguments: 1...4)
    func imagesFromEntriesAreThoseOfTheAnalysis(seed: Int) throws {
        var numbers = SeededNumbers(seed: seed)
        let pool = (0..<12).map { _ in RandomMembers.layer(&numbers) }
        let images = (0..<12).map { number in
            ImageBuilder((0..<numbers.number(0...5)).map { _ in numbers.one(of: pool) }, named: "localhost/r:\(number)").with {
                $0.author = "\(number)"
            }
        }
        let scene = try FleetScene()
        let folder = scene.bench.folder.path("layout")
        try ImageBuilder.layout(images).write(to: folder)
        let listed = try scene.bench.succeed("registry", "ls", "oci:\(folder)").split(separator: "\n").map(String.init)
        #expect(listed.count == images.count)
        let lines = try scene.bench.program.run(
            ["layers", "--stdin", "--entries"],
            input: .file(
                try scene.bench.file(
                    "ask", Data(pool.map { scene.line($0, source: "oci:\(folder)") + "\n" }.joined().utf8)))
        ).output.split(separator: "\n").map(String.init)
        let byLayer = Dictionary(grouping: lines) { String($0.dropFirst(11).prefix(71)) }
        // Some groups are of one image, others of several; entries come in any order.
        var input: [String] = []
        var rest = listed[...]
        while !rest.isEmpty {
            let group = rest.prefix(numbers.number(1...3))
            rest = rest.dropFirst(group.count)
            input += group
            var digests: Set<String> = []
            for image in group {
                for layer in try #require(try object(image)["layers"] as? [[String: Any]]) {
                    digests.insert(try #require(layer["digest"] as? String))
                }
            }
            for digest in digests.sorted() {
                let own = try #require(byLayer[digest])
                input += numbers.chance(50) ? own : own.dropLast().shuffled(using: &numbers) + own.suffix(1)
            }
        }
        let answers = try scene.work(input, mode: "--apply")
        #expect(answers.count == images.count)
        for answer in answers {
            let tag = try #require(answer["tag"] as? String)
            let outcome = try scene.bench.strata("analyze", "oci:\(folder):localhost/r:\(tag)", "--format", "json")
            guard outcome.status == 0 else {
                #expect(answer["error"] is String, "\(outcome.errors)")
                continue
            }
            let analysis = try object(outcome.output)
            let wanted = try #require(analysis["totals"] as? [String: Any])
            for key in Self.totals { #expect(answer[key] as? Int == wanted[key] as? Int, "\(key) of \(tag), seed \(seed)") }
            #expect(answer["efficiency"] as? Double == wanted["efficiency"] as? Double)
            #expect((answer["waste"] as? [String: Int]) == (analysis["waste"] as? [String: Int]), "waste of \(tag), seed \(seed)")
            #expect(answer["isPartial"] as? Bool == false)
        }
    }

    private static func image(_ layers: String...) -> String {
        let list = layers.map { #"{"digest":"\#(digest($0))","size":7,"mediaType":"x"}"# }.joined(separator: ",")
        return #"{"repository":"r","layers":[\#(list)],"diffIDs":[],"owner":{"a":1},"waste":"mine"}"#
    }

    private static func digest(_ name: String) -> Digest { sha256(Array(name.utf8)) }

    private static func entry(
        _ layer: String, _ seq: Int, _ path: String, size: Int = 10, hash: String = "00000000000000000000000000000001"
    ) -> String {
        #"{"digest":"\#(digest(layer))","seq":\#(seq),"path":"\#(path)","type":"file","size":\#(size),"hash":"\#(hash)","target":null,"whiteout":false}"#
    }

    private static func answer(_ layer: String, entries: Int, isTable: Bool = false) -> String {
        #"{"digest":"\#(digest(layer))","diffID":null,"compressedBytes":7,"tarBytes":\#(isTable ? "null" : "1024"),"contentBytes":0,"entries":\#(entries),"toc":\#(isTable)}"#
    }

    @Test func aLayerThatCouldNotBeReadIsNotKnown() throws {
        let scene = try FleetScene()
        let failure = #"{"digest":"\#(Self.digest("b"))","error":"no","retry":false}"#
        for second in [
            [failure], [], [Self.entry("b", 0, "x"), Self.answer("b", entries: 2)],
            [Self.entry("b", 0, "x"), Self.entry("b", 0, "x"), Self.answer("b", entries: 2)], [Self.entry("b", 0, "x")],
        ] {
            let lines = try scene.work(
                [Self.image("a", "b"), Self.entry("a", 0, "f"), Self.answer("a", entries: 1)] + second, mode: "--apply")
            #expect(lines.count == 1)
            #expect(lines[0]["unknownLayerCount"] as? Int == 1)
            #expect(lines[0]["isPartial"] as? Bool == true)
            #expect(lines[0]["compressedBytes"] as? Int == 14)
            #expect(lines[0]["visibleBytes"] is NSNull)
            #expect((lines[0]["owner"] as? [String: Int]) == ["a": 1])
            #expect(lines[0]["layers"] == nil && lines[0]["diffIDs"] == nil)
            #expect((lines[0]["waste"] as? [String: Any])?["deleted"] is NSNull)
        }
    }

    @Test func groupsFollowOneAnother() throws {
        let scene = try FleetScene()
        let a = [Self.entry("a", 0, "f"), Self.answer("a", entries: 1)]
        let b = [Self.entry("b", 0, "f", hash: "00000000000000000000000000000002"), Self.answer("b", entries: 1)]
        let lines = try scene.work(
            [Self.image("a", "b"), Self.image("b"), Self.image("a", "b", "a")] + b + a + [Self.image()]
                + [Self.image("a"), a[0], Self.image("b")] + b, mode: "--apply")
        #expect(lines.map { $0["layerCount"] as? Int } == [2, 1, 3, 0, 1, 1])
        #expect(lines.map { $0["wastedBytes"] as? Int } == [10, 0, 20, 0, nil, 0])
        #expect((lines[0]["waste"] as? [String: Int])?["overwritten"] == 10)
    }

    @Test func hashesOfTwoKindsAreNotCompared() throws {
        let scene = try FleetScene()
        let table = "sha256:00000000000000000000000000000001"
        func sum(_ size: Int, _ hash: String, isTable: Bool) throws -> [String: Any] {
            try #require(
                try scene.work(
                    [
                        Self.image("a", "b"), Self.entry("a", 0, "f", hash: table), Self.answer("a", entries: 1, isTable: true),
                        Self.entry("b", 0, "f", size: size, hash: hash), Self.answer("b", entries: 1, isTable: isTable),
                    ], mode: "--apply"
                ).first)
        }
        let unsettled = try sum(10, "00000000000000000000000000000001", isTable: false)
        #expect(unsettled["wastedBytes"] as? Int == 10)
        #expect((unsettled["unsettled"] as? [String]) == [Self.digest("a").description])
        #expect((unsettled["waste"] as? [String: Any])?["overwritten"] is NSNull)
        #expect((unsettled["waste"] as? [String: Any])?["deleted"] as? Int == 0)
        // Another size is other content, and two tables compare.
        let larger = try sum(11, "00000000000000000000000000000001", isTable: false)
        #expect((larger["waste"] as? [String: Int])?["overwritten"] == 10)
        #expect((try sum(10, table, isTable: true)["waste"] as? [String: Int])?["metadataOnly"] == 10)
    }

    @Test func linesThatBelongToNoImageAreAnswered() throws {
        let scene = try FleetScene()
        let lines = try scene.work(
            [
                Self.entry("z", 0, "f"), Self.entry("z", 1, "g"), Self.image("a"), "nonsense", Self.entry("z", 0, "f"),
                Self.entry("a", 0, "f"), Self.answer("a", entries: 1),
            ], mode: "--apply")
        #expect(lines.filter { $0["error"] is String && $0["retry"] as? Bool == false }.count == 2)
        #expect(lines.last?["visibleBytes"] as? Int == 10)
    }

    @Test func layersThatContradictEachOtherAreAnError() throws {
        let scene = try FleetScene()
        let link = #"{"digest":"\#(Self.digest("a"))","seq":0,"path":"l","type":"hardLink","size":0,"hash":null,"target":"gone"}"#
        let lines = try scene.work([Self.image("a"), link, Self.answer("a", entries: 1)], mode: "--apply")
        #expect((lines.first?["error"] as? String)?.contains("gone") == true)
        #expect(lines.first?["repository"] as? String == "r")
    }
}

/// Layers of few paths, so that they meet: what a later one replaces, hides, links and stores anew.
enum RandomMembers {
    private static let names: [[UInt8]] = [
        Array("a".utf8), Array("a/b".utf8), Array("a/c".utf8), Array("a/b/d".utf8), Array("e".utf8), Array("e/f".utf8),
        Array("é".utf8), [0x78, 0xFF], [0x78, 0xFF, 0x2F, 0x80], Array("link".utf8), Array("link/b".utf8),
    ]

    static func layer(_ numbers: inout SeededNumbers) -> BuiltLayer {
        var members: [TarMember] = []
        var files: [[UInt8]] = []
        for _ in 0..<numbers.number(0...9) {
            let name = numbers.one(of: names)
            switch numbers.number(0...10) {
            case 0...4:
                members.append(TarMember(name: name, body: TarMember.noise(size: numbers.number(0...3) * 600, seed: 1)))
                files.append(name)
            case 5: members.append(TarMember(name: name + [UInt8(ascii: "/")], type: "5"))
            case 6: members.append(TarMember(name: name, type: "2").with { $0.linkName = numbers.one(of: names) })
            case 7:
                let parts = name.split(separator: UInt8(ascii: "/"))
                let folder = parts.dropLast().flatMap { Array($0) + [UInt8(ascii: "/")] }
                members.append(TarMember(name: folder + Array(".wh.".utf8) + (parts.last ?? [])))
            case 8: members.append(TarMember(name: name + Array("/.wh..wh..opq".utf8)))
            default:
                guard let target = files.randomElement(using: &numbers) else { continue }
                members.append(TarMember(name: name + [0x32], type: "1").with { $0.linkName = target })
            }
        }
        return BuiltLayer(members)
    }
}
