import Foundation
import TestSupport
import Testing

/// What the README and the documents say is so.
@Suite struct ReadmeTests {
    /// Pages with examples: `console` blocks whose commands begin with `$ strata`.
    private static let pages: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(Program.packageRoot)/docs")) ?? []
        return ["README.md"] + names.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    }()

    /// Each page's commands print what the page shows; `Tests/Docs/follow.py --record` writes it anew.
    @Test(.needs("python3"), arguments: pages) func examplesPrintWhatThePageSays(_ page: String) throws {
        let outcome = try Program("python3").run(["Tests/Docs/follow.py", Program.strata.path, page], timeLimit: 300)
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }

    /// The README has its five examples, and each task its own; they need nothing but `fixtures/`.
    @Test func thereAreExamples() throws {
        #expect(try examples("README.md") == 5)
        for page in try links(of: "docs/index.md").filter({ $0.contains("-") && !$0.hasPrefix("store") }) {
            #expect(try examples("docs/\(page)") >= 3, "\(page)")
        }
    }

    /// Two screenfuls.
    @Test func theReadmeIsShort() throws {
        #expect(try text("README.md").split(separator: "\n", omittingEmptySubsequences: false).count <= 110)
    }

    @Test func linksLeadToFiles() throws {
        for page in Self.pages {
            for link in try links(of: page) {
                let folder = (page as NSString).deletingLastPathComponent
                let path = "\(Program.packageRoot)/\(folder)/\(link)"
                #expect(FileManager.default.fileExists(atPath: path), "\(page) links to \(link)")
            }
        }
    }

    /// A page that no other leads to is not found.
    @Test func theIndexNamesEveryPage() throws {
        let named = Set(try links(of: "docs/index.md"))
        for page in Self.pages.dropFirst() where page != "docs/index.md" {
            #expect(named.contains((page as NSString).lastPathComponent), "docs/index.md does not name \(page)")
        }
    }

    @Test func everyPackageThatIsInstalledIsNamed() throws {
        let install = try text("docs/install.md")
        let makefile = try text("Makefile")
        let named = Set(install.split { $0.isWhitespace || $0 == "`" || $0 == "," }.map(String.init))
        for list in ["LIBRARIES := ", "SHIP_LIBRARIES := ", "PEERS := "] {
            let line = try #require(makefile.split(separator: "\n").first { $0.hasPrefix(list) })
            for package in line.dropFirst(list.count).split(separator: " ").map(String.init) {
                #expect(named.contains(package), "docs/install.md does not name \(package)")
            }
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Program.packageRoot)/\(path)", encoding: .utf8)
    }

    private func examples(_ page: String) throws -> Int {
        try text(page).components(separatedBy: "```console\n$ strata").count - 1
    }

    /// The files that a page links to, without places in them.
    private func links(of page: String) throws -> [String] {
        try text(page).matches(of: #/\]\(([^)#]+)(?:#[^)]*)?\)/#).map { String($0.1) }.filter { !$0.contains("://") }
    }
}
