import Foundation
import OCISpec
import TestSupport
import Testing

/// Images of which not all is known: what is not known is never 0, in whatever form it is told.
@Suite struct PartialImageTests {
    private static let foreign = BuiltLayer([.file("w", size: 5000, seed: 1)]).with {
        $0.isAbsent = true
        $0.descriptor.mediaType = MediaType.dockerForeignLayer
        $0.descriptor.urls = ["https://example.com/layer"]
    }
    private static let own = BuiltLayer([.file("a", size: 777, seed: 2), .hardLink("l", to: "Files/w"), .whiteout("w")])
    private static let top = BuiltLayer([.whiteout("a")])

    private static let commands: [[String]] = [
        ["scan", "--no-import"], ["scan"], ["analyze"], ["check", "--max-compressed", "1MB"], ["files"],
    ]

    /// One rule for what is not there, whichever command looks, wherever the image is.
    @Test(arguments: commands) func aForeignLayerThatIsNotThereIsRemarkedUpon(_ command: [String]) throws {
        let scene = try LookScene([Self.foreign, Self.own])
        let archive = try scene.bench.file("i.tar", try scene.image.layout().tar)
        for source in [scene.source, archive] {
            let outcome = try scene.bench.program.run([command[0], source] + command.dropFirst())
            #expect(outcome.status == 0, "\(source): \(outcome.errors)")
            #expect(
                outcome.errors.contains(
                    "the foreign layer \(Self.foreign.descriptor.digest), which is kept at https://example.com/layer"),
                "\(source): \(outcome.errors)")
        }
        let diff = try scene.bench.strata("diff", scene.source, archive, "--exit-code")
        #expect(diff.status == 0, "\(diff.errors)")
        #expect(diff.errors.contains("the foreign layer"))
    }

    @Test func aForeignLayerThatIsThereIsRead() throws {
        let scene = try LookScene([Self.foreign.with { $0.isAbsent = false }, Self.top])
        let document = try scene.bench.document("analyze", scene.source)
        #expect(document["isPartial"] as? Bool == false)
    }

    /// Only its type makes a layer foreign: one that should be in the registry and is not, is missing.
    @Test func anOrdinaryLayerThatIsNotThereIsAnError() throws {
        let scene = try LookScene([Self.own.with { $0.isAbsent = true }])
        #expect(try scene.look("analyze").status == 3)
    }

    private func document() throws -> [String: Any] {
        let scene = try LookScene([Self.foreign, Self.own, Self.top])
        return try scene.bench.document("analyze", scene.source)
    }

    @Test func figuresThatAreNotKnownAreNull() throws {
        let document = try document()
        #expect(document["isPartial"] as? Bool == true)
        let totals = totals(document)
        #expect(totals["unknownLayerCount"] as? Int == 1 && totals["layerCount"] as? Int == 3)
        for key in ["entryCount", "tarBytes", "contentBytes", "visibleBytes", "wastedBytes", "efficiency"] {
            #expect(totals[key] is NSNull, "\(key): \(totals[key] ?? "absent")")
        }
        #expect(totals["compressedBytes"] as? Int != nil)
        let waste = try #require(document["waste"] as? [String: Any])
        #expect(waste.count == 6 && waste.values.allSatisfy { $0 is NSNull })
        let layers = layers(document)
        let keys = [
            "tarBytes", "contentBytes", "entryCount", "hiddenBytes", "hidesBytes", "addedCount", "modifiedCount", "removedCount",
        ]
        for key in keys { #expect(layers[0][key] is NSNull, "\(key)") }
        // What is below them is not known, so neither is what they hide.
        #expect(layers[1]["contentBytes"] as? Int == 777 && layers[1]["entryCount"] as? Int == 3)
        for key in keys.dropFirst(3) { #expect(layers[1][key] is NSNull && layers[2][key] is NSNull, "\(key)") }
    }

    @Test func figuresBelowWhatIsNotKnownAreKnown() throws {
        let scene = try LookScene([Self.top, Self.foreign])
        let layers = layers(try scene.bench.document("analyze", scene.source))
        #expect(layers[0]["hidesBytes"] as? Int == 0 && layers[0]["removedCount"] as? Int == 0)
        // But what of it shows is not.
        #expect(layers[0]["hiddenBytes"] is NSNull)
    }

    @Test func inOtherFormsTheyAreADashOrNothing() throws {
        let scene = try LookScene([Self.foreign, Self.own])
        let csv = try scene.look("analyze", "--format", "csv").output.split(separator: "\r\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        #expect(csv[1][4...11].joined() == "", "\(csv[1])")
        #expect(csv[2][5] == "777" && csv[2][6...7].joined() == "", "\(csv[2])")
        let text = try scene.look("analyze").output
        #expect(text.contains("- stored by layers, - visible, - wasted, efficiency -\n"), "\(text)")
        #expect(text.contains("partial: the content of 1 of 2 layers is not known"), "\(text)")
        let markdown = try scene.look("analyze", "--format", "markdown").output
        #expect(markdown.contains("| - | - | - | - |"), "\(markdown)")
        #expect(markdown.contains("partial: the content of 1 of 2 layers is not known"), "\(markdown)")
        let page = try scene.look("analyze", "--format", "html").output
        #expect(page.contains("\"isPartial\":true") && page.contains("\"wastedBytes\":null"))
        let sql = try scene.bench.strata(
            "sql", scene.source, "--csv", "SELECT contentBytes, visibleBytes, wastedBytes, tarBytes, entryCount FROM image")
        #expect(sql.output.split(separator: "\r\n").last == ",,,,", "\(sql.output) \(sql.errors)")
    }

    // MARK: Checks

    private static let rules = [
        ["--max-size", "1GB"], ["--max-visible", "1GB"], ["--max-wasted", "100%"], ["--max-wasted", "1GB"],
        ["--min-efficiency", "0%"], ["--max-layer", "1GB"],
    ]

    @Test(arguments: rules) func aRuleOnAFigureThatIsNotKnownFails(_ rule: [String]) throws {
        let scene = try LookScene([Self.foreign, Self.own])
        let outcome = try scene.bench.program.run(["check", scene.source] + rule)
        #expect(outcome.status == 1, "\(outcome.errors)")
        #expect(outcome.output.contains("FAIL  \(rule[0].dropFirst(2)): cannot be decided"), "\(outcome.output)")
        #expect(outcome.output.hasSuffix("1 rule: 1 undecided\n"), "\(outcome.output)")
        let document = try object(
            try scene.bench.program.run(["check", scene.source, "--format", "json"] + rule).output)
        let result = try #require((document["rules"] as? [[String: Any]])?.first)
        #expect(result["status"] as? String == "undecided" && result["measured"] is NSNull)
        #expect(document["passed"] as? Bool == false && document["isPartial"] as? Bool == true)
    }

    @Test func everyFormatOfACheckCountsIt() throws {
        let scene = try LookScene([Self.foreign, Self.own])
        for (format, sign) in [
            ("junit", "failures=\"1\""), ("github", "::error "), ("sarif", "\"level\": \"error\""), ("markdown", "❌"),
        ] {
            let outcome = try scene.look("check", "--max-size", "1GB", "--format", format)
            #expect(outcome.status == 1 && outcome.output.contains(sign), "\(format): \(outcome.output)")
            #expect(outcome.output.contains("cannot be decided") || format == "markdown", "\(outcome.output)")
        }
    }

    @Test func whatCanBeDecidedIs() throws {
        let scene = try LookScene([Self.foreign, Self.own])
        let budget = try scene.bench.file(
            "b.yaml",
            Data(
                """
                version: 1
                max-compressed: 1GB
                max-layers: 2
                max-layer: 100B
                max-size: 1GB
                paths: [{match: "/x", forbid: true}]
                packages: [{match: x, forbid: true}]
                allow: [{rule: max-size, reason: not ours, expires: never}]
                """.utf8))
        let outcome = try scene.look("check", "--budget", budget)
        #expect(outcome.status == 1)
        for line in [
            "pass  max-compressed", "pass  max-layers", "FAIL  max-layer: 777B", "FAIL  path /x: cannot be decided",
            "FAIL  package x: cannot be decided", "pass  max-size: cannot be decided, allowed for now",
        ] { #expect(outcome.output.contains(line), "\(line): \(outcome.output) \(outcome.errors)") }
    }

    @Test func growthAgainstWhatIsNotKnownIsUndecided() throws {
        let scene = try LookScene([Self.foreign, Self.own])
        let report = try scene.bench.file("old.json", Data(try scene.look("analyze", "--format", "json").output.utf8))
        let whole = try scene.bench.file("w.tar", try ImageBuilder([Self.top], named: "localhost/w:1").layout().tar)
        for (image, before) in [(whole, report), (whole, scene.source), (scene.source, whole)] {
            let outcome = try scene.bench.strata("check", image, "--against", before, "--max-growth", "1000%")
            #expect(
                outcome.status == 1 && outcome.output.contains("max-growth: cannot be decided"),
                "\(outcome.output)\(outcome.errors)")
        }
    }

    /// A look at tables alone knows all files, and of packages nothing.
    @Test func rulesOnPackagesNeedThemRead() throws {
        let scene = try LookScene([try TableLayer.estargz([.file("a", size: 500)])])
        let budget = try scene.bench.file(
            "b.yaml",
            Data("version: 1\nmax-size: 1MB\npaths: [{match: /x, forbid: true}]\npackages: [{match: x, forbid: true}]".utf8))
        let outcome = try scene.look("check", "--remote", "--budget", budget)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("pass  max-size") && outcome.output.contains("pass  path /x"), "\(outcome.output)")
        #expect(outcome.output.contains("FAIL  package x: cannot be decided, since the packages"), "\(outcome.output)")
    }

    // MARK: Layers that are no tars

    private static let noise = BuiltLayer(
        Array("this is not a tar".utf8), mediaType: "application/vnd.example.model")

    /// One rule for what is no tar: an error that says what it is.
    @Test(arguments: commands) func aLayerThatIsNoTarIsCalledWhatItIs(_ command: [String]) throws {
        let words = "is not a tar but `\(Self.noise.descriptor.mediaType)`"
        let scene = try LookScene([Self.noise, Self.top])
        let archive = try scene.bench.file("i.tar", try scene.image.layout().tar)
        for source in [scene.source, archive] {
            let outcome = try scene.bench.program.run([command[0], source, "--quiet"] + command.dropFirst())
            #expect(outcome.status == 3 && outcome.errors.contains(words), "\(source): \(outcome.errors)")
            #expect(outcome.errors.contains("\(Self.noise.descriptor.digest)"))
        }
        let diff = try scene.bench.strata("diff", scene.source, archive)
        #expect(diff.status == 3 && diff.errors.contains(words), "\(diff.errors)")
        #expect(try scene.bench.imageNames() == [])
        // Without reading it, its size is told.
        #expect(layers(try scene.remote().document)[0]["compressedBytes"] as? Int == Self.noise.blob.count)
    }
}
