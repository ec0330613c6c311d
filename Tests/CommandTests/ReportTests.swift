import Foundation
import TestSupport
import Testing

/// Whole reports, as kept in `reports/`: what the program says of each fixture, to the byte.
struct ReportTests {
    struct Subject: Sendable, CustomTestStringConvertible {
        let name: String
        /// What is scanned.
        let archive: String
        /// The one image that the other commands look at.
        let image: String

        init(_ name: String, _ archive: String, image: String? = nil) {
            self.name = name
            self.archive = "fixtures/\(archive)"
            self.image = image ?? "fixtures/\(archive)"
        }

        var testDescription: String { name }
    }

    private static let subjects = [
        Subject("app-docker", "app-docker.tar"), Subject("app-oci-gzip", "app-oci-gzip.tar"),
        Subject("layout-two-refs", "layout-two-refs.tar", image: "oci-archive:fixtures/layout-two-refs.tar:app"),
        Subject("small-hybrid", "small-hybrid.tar"), Subject("small-oci-zstd", "small-oci-zstd.tar"),
        Subject("multi-platform", "multi-platform.tar"), Subject("rootfs-gzip", "rootfs.tar.gz"),
        Subject("rootfs-zstd", "rootfs.tar.zst"),
    ]

    @Test(arguments: subjects)
    func scanIsAsRecorded(subject: Subject) throws {
        try check(subject, "scan", [subject.archive])
    }

    @Test(arguments: subjects)
    func analyzeIsAsRecorded(subject: Subject) throws {
        try check(subject, "analyze", [subject.image])
    }

    @Test(arguments: subjects)
    func filesIsAsRecorded(subject: Subject) throws {
        try check(subject, "files", [subject.image, "--depth", "2"])
    }

    @Test(arguments: subjects)
    func historyIsAsRecorded(subject: Subject) throws {
        // As text it tells ages, which differ from day to day.
        try check(subject, "history", [subject.image], formats: ["json"])
    }

    @Test(arguments: subjects)
    func noLineOfAScanOrAnAnalysisIsWide(subject: Subject) throws {
        let bench = try Workbench()
        for line in try [bench.succeed("scan", subject.archive), bench.succeed("analyze", subject.image)]
            .flatMap({ $0.split(separator: "\n") })
        {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test func theSharedLayersOfSeveralSourcesAreAsRecorded() throws {
        try check(
            Subject("several", ""), "scan",
            ["fixtures/app-docker.tar", "fixtures/app-oci-gzip.tar", "fixtures/layout-two-refs.tar"])
    }

    private func check(
        _ subject: Subject, _ verb: String, _ arguments: [String], formats: [String] = ["text", "json"],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for format in formats {
            // A store of its own for each: an image that is there already would be taken for a base.
            let bench = try Workbench()
            let outcome = try bench.program.run(
                [verb] + arguments + ["--platform", "linux/amd64", "--quiet", "--format", format])
            #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
            #expect(outcome.errors == "", sourceLocation: sourceLocation)
            let ending = format == "text" ? "txt" : "json"
            try expectGolden(outcome.output, "reports/\(subject.name).\(verb).\(ending)", sourceLocation: sourceLocation)
        }
    }
}
