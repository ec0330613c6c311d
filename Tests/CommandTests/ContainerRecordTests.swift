import Foundation
import Glibc
import TestSupport
import Testing

/// Containers whose record, or the note of whose last run, is not what it must be: no command says that all is well, and each that
/// cannot do its work names the container and the command that mends it.
struct ContainerRecordTests {
    /// What is wrong with a container.
    enum Damage: String, CaseIterable, Sendable {
        case empty, torn, wrongType, badDigest, noDigest, zeros, deep, long, folder, fifo, link, deadLink, linkedContainer
    }

    private static let id = String(repeating: "ab", count: 32)
    private static let digest = "sha256:" + String(repeating: "0", count: 64)

    private func scene(_ damage: Damage) throws -> ReclaimBench {
        let store = try ReclaimBench.withThreeImages()
        let home = "\(store.bench.store)/containers"
        let folder = "\(home)/\(Self.id)"
        let record = "\(folder)/config.json"
        try FileManager.default.createDirectory(atPath: "\(folder)/diff", withIntermediateDirectories: true)
        try Data("precious".utf8).write(to: URL(fileURLWithPath: "\(folder)/diff/work"))
        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: record)) }
        let image = #"{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"\#(Self.digest)","size":1}"#
        switch damage {
        case .empty: try write("")
        case .torn: try write(#"{"name":"web","image":{"mediaType":"application/vnd"#)
        case .wrongType: try write(#"{"name":"web","image":7}"#)
        case .badDigest: try write(#"{"image":\#(image.replacingOccurrences(of: Self.digest, with: "sha256:../../x"))}"#)
        case .noDigest: try write("{}")
        case .zeros: try Data(count: 4096).write(to: URL(fileURLWithPath: record))
        case .deep: try write(String(repeating: "[", count: 100_000))
        case .long: try write(#"{"name":"\#(String(repeating: "x", count: 9 << 20))","image":\#(image)}"#)
        case .folder: try FileManager.default.createDirectory(atPath: record, withIntermediateDirectories: true)
        case .fifo: #expect(mkfifo(record, 0o600) == 0)
        case .link:
            let elsewhere = store.bench.folder.path("elsewhere.json")
            try Data(#"{"image":\#(image)}"#.utf8).write(to: URL(fileURLWithPath: elsewhere))
            try FileManager.default.createSymbolicLink(atPath: record, withDestinationPath: elsewhere)
        case .deadLink: try FileManager.default.createSymbolicLink(atPath: record, withDestinationPath: "nowhere")
        case .linkedContainer:
            let elsewhere = store.bench.folder.path("elsewhere")
            try FileManager.default.moveItem(atPath: folder, toPath: elsewhere)
            try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: elsewhere)
        }
        return store
    }

    @Test(arguments: Damage.allCases)
    func whatMayRemoveSomethingEndsAndNamesTheWayOut(damage: Damage) throws {
        let store = try scene(damage)
        for command in [
            ["gc"], ["df"], ["rmi", "localhost/a:1"], ["plan", "-a"], ["image", "prune", "-af"], ["container", "prune", "-f"],
            ["builder", "prune", "-f"], ["system", "prune", "-f"],
        ] {
            let outcome = try store.bench.program.run(command)
            #expect(outcome.status == 3, "\(command): \(outcome.output)\(outcome.errors)")
            #expect(outcome.errors.contains("container \(Self.id.prefix(12))"), "\(command): \(outcome.errors)")
            #expect(outcome.errors.contains("strata rm \(Self.id)"), "\(command): \(outcome.errors)")
        }
        #expect(store.bench.names("containers") == [Self.id])
        #expect(try store.bench.succeed("images", "-q").split(separator: "\n").count == 3)
    }

    @Test(arguments: Damage.allCases)
    func whatLooksGoesOnWithoutTheContainerAndSaysSo(damage: Damage) throws {
        let store = try scene(damage)
        for command in [["ps", "-a"], ["images"]] {
            let outcome = try store.bench.program.run(command)
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            #expect(outcome.errors.contains(String(Self.id.prefix(12))), "\(command): \(outcome.errors)")
        }
    }

    @Test(arguments: Damage.allCases)
    func noCommandTakesANameForOneThatIsNotThere(damage: Damage) throws {
        let store = try scene(damage)
        for command in [
            ["rm", "web"], ["rm", "-f", "web"], ["stop", "web"], ["logs", "web"], ["kill", "web"], ["wait", "web"],
            ["start", "web"], ["restart", "web"], ["exec", "web", "true"], ["pause", "web"], ["unpause", "web"],
            ["rename", "web", "shop"], ["commit", "web"], ["cp", "web:/a", "-"], ["diff", "web"], ["container", "diff", "web"],
            ["inspect", "web"], ["inspect", "localhost/a:1", "web"], ["export", "web"], ["unmount", "web"],
        ] {
            let outcome = try store.bench.program.run(command)
            #expect(outcome.status != 0, "\(command)")
            #expect(
                outcome.errors.contains("web") && outcome.errors.contains("strata rm \(Self.id)"), "\(command): \(outcome.errors)"
            )
        }
        for command in [
            ["stop"], ["logs"], ["kill"], ["wait"], ["rm"], ["start"], ["restart"], ["pause"], ["unpause"], ["commit"], ["diff"],
            ["container", "diff"], ["inspect"], ["export"],
        ] {
            let outcome = try store.bench.program.run(command + [String(Self.id.prefix(12))])
            #expect(outcome.status != 0, "\(command)")
            #expect(outcome.errors.contains("container \(Self.id.prefix(12))"), "\(command): \(outcome.errors)")
        }
        #expect(store.bench.names("containers") == [Self.id])
    }

    @Test(arguments: Damage.allCases)
    func aCheckFindsItAndARepairSetsItAside(damage: Damage) throws {
        let store = try scene(damage)
        let found = try store.bench.strata("fsck")
        #expect(found.status == 1 && found.output.contains("container-record"), "\(found.output)")
        #expect(found.output.contains("strata rm \(Self.id)"), "\(found.output)")
        let repaired = try store.bench.strata("fsck", "--repair")
        #expect(repaired.status == 0 && repaired.output.contains("repaired: moved to trash/"), "\(repaired.output)")
        #expect(store.bench.names("containers") == [])
        let bins = store.bench.names("trash")
        #expect(bins.count == 1)
        #expect(store.bench.names("trash/\(bins.first ?? "")") == ["container-\(Self.id)", "repair.json"])
        if damage != .linkedContainer {
            #expect(store.bench.names("trash/\(bins.first ?? "")/container-\(Self.id)/diff") == ["work"])
        }
        for command in [["df"], ["gc"], ["ps", "-a"], ["fsck"]] {
            let outcome = try store.bench.program.run(command)
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
    }

    @Test(arguments: Damage.allCases)
    func itGoesByItsIDAndWhenForcedByTheBeginningOfIt(damage: Damage) throws {
        for arguments in [["rm", Self.id], ["rm", "-f", String(Self.id.prefix(8))]] {
            let store = try scene(damage)
            let outcome = try store.bench.program.run(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(store.bench.names("containers") == [])
            try store.bench.succeed("gc")
        }
    }

    @Test func aRepairLeavesAContainerThatIsInUse() throws {
        let store = try scene(.torn)
        let folder = "\(store.bench.store)/containers/\(Self.id)"
        let fd = open(folder, O_RDONLY | O_DIRECTORY)
        defer { close(fd) }
        #expect(flock(fd, LOCK_EX) == 0)
        let repaired = try store.bench.strata("fsck", "--repair")
        #expect(repaired.status == 1 && repaired.output.contains("not repaired"), "\(repaired.output)")
        #expect(try store.bench.strata("rm", Self.id).status == 1)
        #expect(store.bench.names("containers") == [Self.id])
    }

    @Test func aRecordThatKeepsItsImageAndCannotBeRunIsFound() throws {
        let store = try ReclaimBench.withThreeImages()
        try store.useByContainer("a:1", id: Self.id)
        try store.bench.succeed("df")
        for command in [["fsck"], ["fsck", "--repair"]] {
            let found = try store.bench.program.run(command)
            #expect(found.status == 0 && found.output.contains("container-incomplete"), "\(found.output)")
            #expect(found.output.contains("strata rm \(Self.id)"), "\(found.output)")
        }
        #expect(store.bench.names("containers") == [Self.id], "what it changed may be wanted")
    }

    @Test(arguments: ["", "{", "[]", #"{"boot":7,"began":"never"}"#])
    func aDamagedNoteOfTheLastRunCostsNoContainer(text: String) throws {
        let scene = try ContainerScene()
        let id = try scene.line("create", "--name", "web", "busybox", "true")
        let note = "\(scene.bench.store)/containers/\(id)/state.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: note))
        let listed = try scene.strata("ps", "-a")
        #expect(listed.status == 0 && listed.errors.contains("\(id)/state.json"), "\(listed.errors)")
        let start = try scene.strata("start", String(id.prefix(12)))
        #expect(start.status != 0 && start.errors.contains("strata fsck --repair"), "\(start.errors)")
        try scene.line("gc", "--min-age", "0s")
        let found = try scene.strata("fsck")
        #expect(found.status == 0 && found.output.contains("\(id)/state.json"), "\(found.output)")
        #expect(try scene.strata("fsck", "--repair").status == 0)
        #expect(try scene.statuses() == ["web": "created"])
        try Data(text.utf8).write(to: URL(fileURLWithPath: note))
        #expect(try scene.line("rm", id) == id)
        #expect(scene.bench.names("containers") == [])
    }

    @Test func aForcedRemovalKillsAContainerThatRunsWithADamagedRecord() throws {
        let scene = try ContainerScene()
        let seconds = "1\(UInt32.random(in: 100_000...999_999))"
        let id = try scene.line("run", "-d", "busybox", "sleep", seconds)
        try Data("{".utf8).write(to: URL(fileURLWithPath: "\(scene.bench.store)/containers/\(id)/config.json"))
        #expect(try scene.strata("rm", id).status == 1)
        #expect(try scene.line("rm", "-f", id) == id)
        #expect(try scene.processes(seconds).isEmpty)
        #expect(scene.bench.names("containers") == [])
        #expect(try scene.controlGroups(id) == [])
    }

    @Test func aFileThatSomebodyPutThereIsNoContainer() throws {
        let store = try ReclaimBench.withThreeImages()
        try FileManager.default.createDirectory(atPath: "\(store.bench.store)/containers", withIntermediateDirectories: true)
        try Data("x".utf8).write(to: URL(fileURLWithPath: "\(store.bench.store)/containers/README"))
        for command in [["df"], ["gc"], ["ps", "-a"], ["system", "prune", "-f"]] {
            let outcome = try store.bench.program.run(command)
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
        }
        #expect(store.bench.names("containers") == ["README"])
    }
}
