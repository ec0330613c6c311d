import CVersion
import Distribution
import ImageStorage
import LayerArchive
import OCISpec

/// Which version of the program this is, and of which build.
enum StrataVersion {
    /// The number alone, as servers and reports are told it.
    static let text = STRATA_VERSION

    /// One line: the number, the commit and the day.
    static var line: String {
        let (commit, day) = (String(cString: strata_build_commit()), String(cString: strata_build_day()))
        let build = [commit.isEmpty ? "development build" : "commit \(commit)", day.isEmpty ? "" : "built \(day)"]
        return "strata \(text) (\(build.filter { !$0.isEmpty }.joined(separator: ", ")))"
    }

    /// The line, and another one with the versions of the libraries.
    ///
    /// libcurl is loaded when a registry is spoken to. Loading it takes as long as all the rest, so it is asked only for the details.
    static func report(isDetailed: Bool) -> String {
        let libraries =
            ArchiveLibraries.versions + [("SQLite", QueryLibrary.version), ("libcrypto", StreamHash.libraryVersion)]
            + (isDetailed ? [("libcurl", Curl.version ?? "not installed")] : [])
        return line + "\n" + libraries.map { "\($0.name) \($0.version)" }.joined(separator: ", ")
            + (isDetailed ? "\n" : "; libcurl is loaded when needed (--verbose shows its version)\n")
    }

    /// Prints the report where the command line asks for the version of the program, and returns the status; nil for another one.
    ///
    /// It is asked before the commands are made, which would take longer than the answer.
    static func answer(_ words: [String]) -> Int32? {
        guard words.contains("--version"), words.allSatisfy(["--version", "--verbose"].contains) else { return nil }
        do { try Output.write(report(isDetailed: words.contains("--verbose"))) } catch {
            return FailureReport(error, isJSON: false).print()
        }
        return 0
    }
}
