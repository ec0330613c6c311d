import Foundation
import OCISpec
import TestSupport
import Testing

/// A store whose images share layers, looked at in a terminal.
struct HostScene {
    let bench: Workbench

    /// `base`; two images on it and a common layer, one of them with two names; one that a container uses; one that shares nothing.
    init() throws {
        bench = try Workbench()
        func layer(_ name: String, _ size: Int, _ seed: UInt64) -> BuiltLayer { .init([.file(name, size: size, seed: seed)]) }
        let base = layer("base", 500_000, 1)
        let common = layer("common", 300_000, 2)
        var app = ImageBuilder([base, common, layer("app1", 100_000, 3)], named: "localhost/app:1")
        app.names.append("localhost/app:old")
        let images = [
            ImageBuilder([base], named: "localhost/base:1"), app,
            ImageBuilder([base, common, layer("app2", 200_000, 4)], named: "localhost/app:2"),
            ImageBuilder([base, layer("web", 70_000, 5)], named: "localhost/web:1"),
            ImageBuilder([layer("big", 900_000, 6)], named: "localhost/big:1"),
        ]
        let archive = try bench.file("images.tar", Data(try ImageBuilder.dockerArchive(images).tar))
        try bench.succeed("load", "-i", archive)
    }

    /// The explorer of the store.
    func explore(_ arguments: String..., columns: Int = 80, rows: Int = 24) throws -> TmuxScreen {
        let screen = try TmuxScreen(bench.program, ["explore"] + arguments, columns: columns, rows: rows)
        try screen.wait("the first rows") { $0.contains { $0.contains("BYTES") } && $0.contains { $0.contains("marked") } }
        return screen
    }

    /// The explorer with the rows of these names marked.
    func marking(_ names: [String], _ arguments: [String] = [], columns: Int = 80, rows: Int = 24) throws -> TmuxScreen {
        let screen = try TmuxScreen(bench.program, ["explore"] + arguments, columns: columns, rows: rows)
        try screen.wait("the first rows") { $0.contains { $0.contains("BYTES") } && $0.contains { $0.contains("marked") } }
        for (count, name) in names.enumerated() {
            try screen.type("/\(name)")
            try screen.wait(for: "/\(name)")
            try screen.press("Enter")
            try screen.wait("the search to end") { $0.contains { $0.contains("\(count) marked") } }
            try screen.press("Space")
            try screen.wait(for: "\(count + 1) marked")
        }
        return screen
    }

    /// A blob that nothing needs comes into the store; its digest.
    @discardableResult
    func leaveABlobBehind() throws -> String {
        let blob = Data("left behind".utf8)
        let path = "\(bench.store)/blobs/sha256/\(sha256(blob).hex)"
        try blob.write(to: URL(filePath: path))
        return sha256(blob).description
    }

    /// The row of an image with its words.
    static func row(_ name: String, _ lines: [String]) throws -> [String] {
        let line = try #require(lines.first { $0.hasSuffix(" " + name) || $0.contains(" \(name) (+") }, "\(lines)")
        return line.split(separator: " ").map(String.init)
    }

    /// What a plan of exactly these frees, by the command.
    func planned(_ names: [String]) throws -> Int64 {
        let outcome = try bench.program.run(["plan", "--format", "json"] + names.flatMap { ["--only", $0] })
        try #require(outcome.status == 0, "\(outcome.errors)")
        let totals = try #require(try object(outcome.output)["totals"] as? [String: Any])
        return try #require(totals["freesBytes"] as? NSNumber).int64Value
    }

    /// The images' figures, by their first names.
    func figures() throws -> [String: (disk: Int64, frees: Int64)] {
        let images = try #require(try bench.document("df")["images"] as? [[String: Any]])
        return try Dictionary(
            images.map { image in
                let disk = try #require(image["diskBytes"] as? NSNumber).int64Value
                let frees = try #require(image["freesBytes"] as? NSNumber).int64Value
                return (try #require(image["name"] as? String), (disk, frees))
            }, uniquingKeysWith: { first, _ in first })
    }
}
