import Foundation
import TestSupport
import Testing

/// `tag`, as docker's courses use it.
struct TagTests {
    private static let app = "localhost/strata/app:1"

    private func loaded() throws -> Workbench {
        let bench = try Workbench()
        try bench.succeed("load", "-i", "fixtures/app-docker.tar")
        return bench
    }

    private func ids(_ bench: Workbench, _ name: String) throws -> String {
        try bench.succeed("images", "--no-trunc", "-q", name)
    }

    @Test func aFurtherNameHasTheSameIDAndTakesNoBlob() throws {
        let bench = try loaded()
        let blobs = bench.names("blobs/sha256")
        #expect(try bench.succeed("tag", Self.app, "myapp") == "")
        #expect(try bench.imageNames() == [Self.app, "myapp:latest"])
        #expect(try ids(bench, "myapp") == ids(bench, Self.app))
        #expect(bench.names("blobs/sha256") == blobs)
        #expect(bench.problems == [])
    }

    @Test func anIDIsNobodysName() throws {
        let bench = try loaded()
        let id = try #require(try ids(bench, Self.app).split(separator: "\n").first)
        let name = String(id.prefix(19))
        let ways = [["tag", Self.app], ["import", "fixtures/app-docker.tar"], ["pull"], ["build", ".", "-t"]]
        for way in ways { expectSentence(try bench.program.run(way + [name]), naming: name, status: 2) }
        #expect(try bench.imageNames() == [Self.app])
    }

    @Test func anIDCanBeNamed() throws {
        let bench = try loaded()
        let id = try #require(try bench.succeed("images", "-q").split(separator: "\n").first)
        try bench.succeed("image", "tag", String(id), "registry.example.com/team/app:v2")
        #expect(try bench.imageNames() == [Self.app, "registry.example.com/team/app:v2"])
    }

    @Test func aNameThatMovesLeavesTheOtherImageWithoutOne() throws {
        let bench = try loaded()
        try bench.succeed("load", "-i", "fixtures/small-hybrid.tar")
        let old = try ids(bench, "localhost/strata/small:1")
        try bench.succeed("tag", Self.app, "localhost/strata/small:1")
        #expect(try ids(bench, "localhost/strata/small:1") == ids(bench, Self.app))
        #expect(
            try bench.succeed("images", "--no-trunc").split(separator: "\n").contains { line in
                line.hasPrefix("<none>") && line.contains(old.trimmingCharacters(in: .newlines))
            })
        #expect(bench.problems == [])
    }

    @Test func anAbsentImageIsAnError() throws {
        let bench = try loaded()
        expectSentence(try bench.strata("tag", "nosuch", "x"), naming: "nosuch")
        #expect(try bench.imageNames() == [Self.app])
    }

    @Test(arguments: ["UPPER", "a b", "x@sha256:" + String(repeating: "a", count: 64), ""])
    func aBadNameIsRefused(name: String) throws {
        let bench = try loaded()
        let outcome = try bench.strata("tag", Self.app, name)
        #expect(outcome.status == 2, "\(outcome.errors)")
        #expect(try bench.imageNames() == [Self.app])
    }

    /// Names given by many processes at once are all there in the end.
    @Test func manyNamesAtOnceAreAllKept() throws {
        let bench = try loaded()
        let outcome = try bench.shell(
            "for n in 1 2 3 4 5 6 7 8 9; do \"$STRATA\" tag \"$1\" many:$n & done; wait", Self.app)
        #expect(outcome.errors == "")
        #expect(try bench.imageNames() == [Self.app] + (1...9).map { "many:\($0)" })
        #expect(bench.problems == [])
    }
}
