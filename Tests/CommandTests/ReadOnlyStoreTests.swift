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
}
