import Foundation
import TestSupport
import Testing

/// What packages bring besides the program fits the program.
@Suite struct PackagingTests {
    /// The package's units are those that `install-timer` writes for root's store, but for what only a package can say.
    @Test func theUnitsAreThoseOfInstallTimer() throws {
        let folder = try TemporaryDirectory()
        let (store, policy) = (folder.path("store"), "\(Program.packageRoot)/Packaging/prune.yaml")
        let outcome = try Program.strata.run(
            ["system", "install-timer", "--policy", policy, "--unit-dir", folder.path, "--store", store])
        #expect(outcome.status == 0, "\(outcome.errors)")
        for kind in ["service", "timer"] {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(kind) }
            let written = try String(contentsOfFile: folder.path(try #require(names.first)), encoding: .utf8)
            let wanted = written.replacingOccurrences(of: store, with: "/var/lib/strata")
                .replacingOccurrences(of: policy, with: "@SYSCONFDIR@/strata/prune.yaml")
                .replacingOccurrences(of: Program.strata.path, with: "@PREFIX@/bin/strata")
                .split(separator: "\n")
            let unit = Set(try text("Packaging/systemd/strata-prune.\(kind)").split(separator: "\n"))
            for line in wanted { #expect(unit.contains(line), "strata-prune.\(kind) lacks `\(line)`") }
        }
    }

    @Test func thePolicyOfTheTimerIsTaken() throws {
        let store = try TemporaryDirectory()
        let scan = try Program.strata.run(["scan", "fixtures/small-hybrid.tar", "--store", store.path("store")])
        #expect(scan.status == 0)
        let plan = try Program.strata.run(["plan", "--policy", "Packaging/prune.yaml", "--store", store.path("store")])
        #expect(plan.status == 0 && plan.output.contains("nothing to remove"), "\(plan.errors)")
    }

    /// The action and the template pin the version that this is.
    @Test func theTemplatesPinThisVersion() throws {
        let version = try #require(try Program.strata.run(["--version"]).output.split(separator: " ").dropFirst().first)
        #expect(try text("docs/ci/action.yml").contains("default: \(version)\n"))
        #expect(try text("docs/ci/strata.gitlab-ci.yml").contains("STRATA_VERSION: \"\(version)\"\n"))
        #expect(try text("docs/install.md").contains("strata_\(version)_amd64.deb"))
        #expect(try text("README.md").contains("strata_\(version)_amd64.deb"))
        for page in ["docs/install.md", "docs/ci.md"] { #expect(try text(page).contains("strata:\(version)")) }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: "\(Program.packageRoot)/\(path)", encoding: .utf8)
    }
}
