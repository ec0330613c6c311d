import Foundation
import Glibc
import TestSupport
import Testing

/// Commands that only look: they work on a file system that takes nothing, and make nothing where they could.
struct ReadOnlyStoreTests {
    private static let readers = [
        ["ps"], ["ps", "-a"], ["images"], ["df"], ["history", "localhost/strata/app:1"], ["inspect", "localhost/strata/app:1"],
        ["mount"], ["undo"], ["files", "localhost/strata/app:1"], ["analyze", "localhost/strata/app:1"], ["fsck"],
        ["sql", "localhost/strata/app:1", "SELECT 1"], ["image", "prune", "-a", "--dry-run"], ["builder", "prune", "--dry-run"],
        ["container", "prune", "--dry-run"], ["system", "prune", "--dry-run"], ["gc", "--dry-run"],
        ["trend", "localhost/strata/app"], ["trend", "localhost/strata/app:1", "--format", "csv"],
        ["save", "-o", "/dev/null", "localhost/strata/app:1"], ["export", "-o", "/dev/null", "localhost/strata/app:1"],
    ]

    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.succeed("load", "-q", "-i", "fixtures/app-docker.tar")
    }

    private var names: Set<String> {
        get throws {
            Set(try FileManager.default.subpathsOfDirectory(atPath: bench.store).filter { !$0.hasPrefix("catalog.sqlite") })
        }
    }

    @Test(.needs("unshare"), .needsRoot, arguments: readers)
    func readersNeedNoRightToWrite(command: [String]) throws {
        let outcome = try bench.shell(
            """
            exec unshare -m sh -c 'mount --bind "$STRATA_STORE" "$STRATA_STORE" && mount -o remount,ro,bind "$STRATA_STORE" &&
            exec "$STRATA" "$@"' sh \(command.map { "'\($0)'" }.joined(separator: " "))
            """)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!outcome.errors.contains("closed the store"))
    }

    @Test(arguments: readers + [["logs", "nobody"], ["rm", "nobody"], ["stop", "nobody"], ["unmount", "nobody"]])
    func readersMakeNothing(command: [String]) throws {
        let before = try names
        _ = try bench.program.run(command)
        #expect(try names == before)
    }

    /// The history of names has no other place than the catalog, which is then only read.
    @Test(.needs("unshare"), .needsRoot) func historyIsReadWhereNothingCanBeWritten() throws {
        for number in 1...3 {
            let image = ImageBuilder([BuiltLayer([.file("f", size: 1000 * number, seed: 1)])], named: "localhost/seen:\(number)")
            try bench.succeed("scan", try bench.file("\(number).tar", try image.layout().tar))
        }
        try bench.succeed("rmi", "localhost/seen:1", "localhost/seen:2")
        let words = ["trend", "localhost/seen", "--platform", "linux/amd64", "--format", "csv"]
        let expected = try bench.program.run(words)
        #expect(
            expected.status == 0 && expected.output.split(separator: "\r\n").count == 4, "\(expected.output)\(expected.errors)")
        let outcome = try bench.shell(
            """
            exec unshare -m sh -c 'mount --bind "$STRATA_STORE" "$STRATA_STORE" && mount -o remount,ro,bind "$STRATA_STORE" &&
            exec "$STRATA" "$@"' sh "$@"
            """, words[0], words[1], words[2], words[3], words[4], words[5])
        #expect(outcome.output == expected.output, "\(outcome.errors)")
    }
}
