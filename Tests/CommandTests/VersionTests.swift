import Foundation
import TestSupport
import Testing

/// What `strata --version` tells, and that the number has one place.
@Suite struct VersionTests {
    @Test func versionTellsTheNumberTheBuildAndTheLibraries() throws {
        let outcome = try Program.strata.run(["--version"])
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(outcome.lines.count == 2)
        let line = #/strata \d+\.\d+\.\d+ \((development build|commit [0-9a-f]+(-dirty)?)(, built \d{4}-\d\d-\d\d)?\)/#
        #expect(outcome.lines.first?.wholeMatch(of: line) != nil)
        let libraries = ["libarchive", "zstd", "libdeflate", "ISA-L", "xxHash", "SQLite", "libcrypto", "libcurl"]
        for library in libraries { #expect(outcome.lines.last?.contains("\(library) ") == true, "\(library)") }
    }

    /// libcurl is loaded to be asked, which plain `--version` does not wait for.
    @Test func theDetailsHaveEveryLibrarysVersion() throws {
        let outcome = try Program.strata.run(["--version", "--verbose"])
        let versions = (outcome.lines.last ?? "").components(separatedBy: ", ")
        #expect(versions.count == 8)
        for version in versions { #expect(version.wholeMatch(of: #/[A-Za-z-]+ \d+\.\d+(\.\d+)?/#) != nil, "\(version)") }
    }

    @Test func everyVerbTellsTheSameLine() throws {
        let line = try Program.strata.run(["--version"]).lines.first
        #expect(try Program.strata.run(["pull", "--version"]).lines.first == line)
        #expect(try Program.strata.run(["--no-color", "--version"]).lines.first == line)
    }

    @Test func theChangelogHasTheVersion() throws {
        let header = try text("Sources/CVersion/include/strata_version.h")
        let number = try #require(header.firstMatch(of: #/#define STRATA_VERSION "([^"]+)"/#)?.1)
        #expect(try text("CHANGELOG.md").contains("\n## [\(number)] - "))
        #expect(try Program.strata.run(["--version"]).output.hasPrefix("strata \(number) ("))
    }

    /// A full standard output is a failure, as for every result.
    @Test(.needs("/bin/sh")) func aVersionThatIsNotWrittenIsAFailure() throws {
        let outcome = try Program.shell.run(["-c", "'\(Program.strata.path)' --version > /dev/full"])
        #expect(outcome.status == 3)
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Program.packageRoot)/\(path)", encoding: .utf8)
    }
}
