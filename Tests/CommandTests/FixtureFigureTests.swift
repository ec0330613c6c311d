import Foundation
import TestSupport
import Testing

/// The figures that `fixtures/README.md` derives by hand, whatever form the image comes in.
struct FixtureFigureTests {
    private static let app = [
        "fixtures/app-docker.tar", "fixtures/app-oci-gzip.tar", "oci-archive:fixtures/layout-two-refs.tar:app",
    ]
    /// The rows of the README's table: content, hidden and hides bytes.
    private static let rows: [[Int]] = [
        [2_008_544, 26_209, 0], [120_833, 119_723, 0], [119_749, 119_749, 0], [119_723, 0, 119_723], [0, 0, 26_209],
        [6, 0, 119_749], [14_392, 7_196, 7_196],
    ]

    @Test(arguments: app)
    func theTotalsAreTheHandMadeOnes(source: String) throws {
        let document = try Workbench().document("analyze", source)
        let totals = try #require(document["totals"] as? [String: Any])
        #expect(totals["contentBytes"] as? Int == 2_383_247)
        #expect(totals["visibleBytes"] as? Int == 2_110_370)
        #expect(totals["wastedBytes"] as? Int == 272_877)
        #expect(totals["layerCount"] as? Int == 7)
        let waste = try #require(document["waste"] as? [String: Int])
        #expect(
            waste == [
                "overwritten": 0, "metadataOnly": 119_723, "deleted": 26_209, "opaque": 119_749, "typeChange": 0,
                "duplicateEntry": 7_196,
            ])
    }

    @Test(arguments: app)
    func everyLayerIsTheHandMadeRow(source: String) throws {
        let layers = try #require(try Workbench().document("analyze", source)["layers"] as? [[String: Any]])
        let figures = layers.map { layer in
            ["contentBytes", "hiddenBytes", "hidesBytes"].map { layer[$0] as? Int ?? -1 }
        }
        #expect(figures == Self.rows)
    }

    @Test func theBaseIsLeftOutOfTheUsersFigures() throws {
        let bench = try Workbench()
        let totals = try #require(
            try bench.document("analyze", Self.app[2], "--base", "oci-archive:fixtures/layout-two-refs.tar:base")["totals"]
                as? [String: Any])
        #expect(totals["userContentBytes"] as? Int == 374_703)
        #expect(totals["userWastedBytes"] as? Int == 246_668)
    }

    @Test func withoutABaseTheUsersFiguresAreUnknown() throws {
        let totals = try #require(try Workbench().document("analyze", Self.app[0])["totals"] as? [String: Any])
        for key in ["userContentBytes", "userWastedBytes", "userWastedRatio"] { #expect(totals[key] is NSNull, "\(key)") }
    }

    @Test func theWastedPathsSumToTheWaste() throws {
        let document = try Workbench().document("analyze", Self.app[0])
        let paths = try #require(document["wastedPaths"] as? [[String: Any]])
        #expect(paths.reduce(0) { $0 + ($1["wastedBytes"] as? Int ?? 0) } == 272_877)
        #expect(paths.allSatisfy { ($0["path"] as? String)?.hasPrefix("/") == false })
    }
}
