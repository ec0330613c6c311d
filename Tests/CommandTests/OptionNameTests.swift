import Foundation
import TestSupport
import Testing

/// No two options of a command share a name: the second would never be heard.
@Suite struct OptionNameTests {
    private func twice(_ command: [String: Any], _ path: [String]) throws -> [String] {
        var seen: Set<String> = []
        var found: [String] = []
        for argument in command["arguments"] as? [[String: Any]] ?? [] {
            for name in argument["names"] as? [[String: Any]] ?? [] {
                let text = "\(name["kind"] ?? "") \(name["name"] ?? "")"
                if !seen.insert(text).inserted { found.append((path + [text]).joined(separator: " ")) }
            }
        }
        for inner in command["subcommands"] as? [[String: Any]] ?? [] {
            found += try twice(inner, path + [try #require(inner["commandName"] as? String)])
        }
        return found
    }

    @Test func everyNameIsOneOptions() throws {
        let outcome = try Program.strata.run(["--experimental-dump-help"])
        let root = try #require(try object(outcome.output)["command"] as? [String: Any])
        #expect(try twice(root, ["strata"]) == [])
    }

    @Test(arguments: ["images", "history x", "ps"]) func quietIsIDsAlone(_ line: String) throws {
        let bench = try Workbench()
        let archive = try bench.file(
            "a.tar", try ImageBuilder([BuiltLayer([.file("x", text: "x")])], named: "localhost/x:1").dockerArchive(.legacy).tar)
        try bench.succeed("load", "-i", archive)
        let words = line.split(separator: " ").map { $0 == "x" ? "localhost/x:1" : String($0) }
        let outputs = try ["-q", "--quiet", "--ids"].map { try bench.program.run(words + [$0]).output }
        #expect(Set(outputs).count == 1 && outputs[0].split(separator: "\n").allSatisfy { !$0.contains(" ") }, "\(outputs)")
    }
}
