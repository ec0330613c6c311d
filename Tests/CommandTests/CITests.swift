import Foundation
import TestSupport
import Testing

/// The commands of docs/ci.md, as they stand there.
@Suite struct CITests {
    /// The lines of the page that run strata, service by service.
    private func commands() throws -> [String: [String]] {
        let page = try String(contentsOfFile: "\(Program.packageRoot)/docs/ci.md", encoding: .utf8)
        var found: [String: [String]] = [:]
        for section in page.components(separatedBy: "\n## ").dropFirst() {
            let title = String(section.prefix { $0 != "\n" })
            let lines = section.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            found[title] = lines.compactMap { line in
                if line.hasPrefix("strata ") || line.hasPrefix("cat ") { return line }
                if line.hasPrefix("- strata ") { return String(line.dropFirst(2)) }
                if line.hasPrefix("sh 'strata ") { return String(line.dropFirst(4).dropLast()) }
                return nil
            }
        }
        return found
    }

    @Test(arguments: ["GitHub Actions", "GitLab CI", "Jenkins"]) func aSnippetsCommandsRun(_ service: String) throws {
        let lines = try #require(try commands()[service])
        #expect(lines.contains { $0.hasPrefix("strata check") } && lines.contains { $0.hasPrefix("strata report") })
        for (budget, status) in [("{version: 1, max-size: 1GB}", Int32(0)), ("{version: 1, max-size: 1MB}", Int32(1))] {
            let bench = try Workbench()
            _ = try bench.file("app.tar", ShopImages.second().dockerArchive().tar)
            _ = try bench.file("budget.yaml", Data(budget.utf8))
            for line in lines {
                let script =
                    "cd '\(bench.folder.path)' && PATH=\"$(dirname \"$STRATA\"):$PATH\" GITHUB_STEP_SUMMARY=summary.md && export PATH && \(line)"
                let outcome = try bench.shell(script)
                #expect(outcome.status == (line.hasPrefix("strata check") ? status : 0), "\(line): \(outcome.errors)")
            }
            for file in ["junit.xml", "check.sarif", "check.md", "report.html"] {
                #expect(FileManager.default.fileExists(atPath: bench.folder.path("image-report/\(file)")), "\(service): \(file)")
            }
        }
    }
}
