import Foundation
import TestSupport
import Testing

private let debugPath = "\(Program.packageRoot)/.build-debug/debug/strata"

/// The program as a debug build, which has what a release leaves out.
///
/// These are assertions of the libraries, and the argument parser's own look at every declaration. `make test` builds it beside the
/// release.
@Suite(.needs(debugPath)) struct DebugBuildTests {
    private static let program = Program(debugPath)

    /// The parser ends a program whose commands are declared wrongly before it reads a word.
    @Test(arguments: CommandTree.commands) func everyCommandIsDeclaredRight(_ command: CommandTree.Command) throws {
        let outcome = try Self.program.run(command.words + ["--help"])
        #expect(outcome.status == 0 && outcome.output.hasPrefix("OVERVIEW:"), "\(outcome.errors.suffix(500))")
    }

    @Test func itIsTheProgramThatIsTested() throws {
        let tree = try Self.program.run(["--experimental-dump-help"]).output
        #expect(try tree == Program.strata.run(["--experimental-dump-help"]).output, "build it anew: `make debug`")
    }

    @Test(arguments: ["app-docker.tar", "app-oci-gzip.tar", "small-oci-zstd.tar"])
    func aScanSaysWhatTheReleaseSays(fixture: String) throws {
        let (bench, other) = (try Workbench(), try Workbench())
        var program = Self.program
        program.environment = bench.program.environment
        program.directory = bench.program.directory
        let outcome = try program.run(["scan", "fixtures/\(fixture)"])
        #expect(outcome.status == 0, "\(outcome.errors.suffix(500))")
        #expect(try outcome.output == other.succeed("scan", "fixtures/\(fixture)"))
        #expect(bench.problems == [])
    }
}
