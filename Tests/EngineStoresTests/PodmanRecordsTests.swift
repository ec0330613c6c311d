import EngineStores
import Foundation
import SQLiteFiles
import StorageIO
import SystemPackage
import TestSupport
import Testing

/// What podman 5 says of its containers, in a root made by hand.
@Suite(.needs("python3")) struct PodmanRecordsTests {
    private let scratch: TemporaryDirectory
    private static let ids = ["a", "b", "c", "d"].map { String(repeating: $0, count: 64) }

    init() throws {
        scratch = try TemporaryDirectory()
        let containers = Self.ids.map { #"{"id":"\#($0)","names":["n"],"layer":"\#($0)"}"# }.joined(separator: ",")
        for (name, text) in [
            ("overlay-layers/layers.json", "[]"), ("overlay-images/images.json", "[]"),
            ("overlay-containers/containers.json", "[\(containers)]"),
        ] {
            let path = scratch.path(name)
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: path))
        }
        try FileManager.default.createDirectory(atPath: scratch.path("volumes/v/_data"), withIntermediateDirectories: true)
    }

    private func makeDatabase(_ statements: String) throws {
        let script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.executescript(sys.argv[2])"
        let made = try Program("python3").run(["-c", script, scratch.path("db.sql"), statements])
        try #require(made.status == 0, "\(made.errors)")
    }

    private func read() throws -> EngineInventory {
        try ContainersStore.inventory(of: try Directory.open(FilePath(scratch.path)))
    }

    private static let tables = """
        CREATE TABLE ContainerConfig (ID TEXT PRIMARY KEY NOT NULL, Name TEXT, PodID TEXT, JSON TEXT NOT NULL);
        CREATE TABLE ContainerState (ID TEXT PRIMARY KEY NOT NULL, State INTEGER, ExitCode INTEGER, JSON TEXT NOT NULL);
        CREATE TABLE ContainerVolume (ContainerID TEXT NOT NULL, VolumeName TEXT NOT NULL);
        """

    @Test func whatRunsAndWhatIsMountedIsKnown() throws {
        let states = [(4, "2026-01-02T03:04:05Z"), (3, ""), (7, "nonsense")]
        try makeDatabase(
            Self.tables
                + zip(Self.ids, states).map { id, state in
                    """
                    INSERT INTO ContainerConfig VALUES ('\(id)', 'n\(state.0)', NULL, '{}');
                    INSERT INTO ContainerState VALUES ('\(id)', \(state.0), 0, '{"state":\(state.0),"finishedTime":"\(state.1)"}');
                    """
                }.joined()
                + "INSERT INTO ContainerVolume VALUES ('\(Self.ids[1])', 'v'), ('nobody', 'w');")
        let found = try read()
        #expect(found.isWhole, "\(found.problems)")
        // The last one is somebody else's than podman's.
        #expect(found.containers.map(\.isRunning) == [false, true, false, nil])
        #expect(found.containers.map(\.volumes) == [[], ["v"], [], []])
        #expect(found.containers[0].lastUseSeconds == 1_767_323_045)
    }

    @Test(arguments: ["", "CREATE TABLE ContainerConfig (ID TEXT)", "CREATE TABLE ContainerConfig (x)"])
    func aDatabaseOfAnotherKindIsToldAndNothingIsKnown(statements: String) throws {
        try makeDatabase(statements.isEmpty ? "CREATE TABLE other (x)" : statements)
        let found = try read()
        #expect(found.problems.map(\.path) == ["db.sql"] && found.leaks == [])
        #expect(found.containers.allSatisfy { $0.isRunning == nil && $0.volumes == nil })
    }

    @Test func aDatabaseThatIsBeingWrittenIsBusy() throws {
        try makeDatabase(Self.tables)
        // The mark of a journal in use.
        try Data([0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]).write(to: URL(filePath: scratch.path("db.sql-journal")))
        #expect(
            throws: EngineStoreError.sqlite(.busy(path: scratch.path("db.sql"), tries: SQLiteSnapshot.maxTries))
        ) { try read() }
    }
}
