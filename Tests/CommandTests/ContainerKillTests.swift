import Foundation
import Glibc
import TestSupport
import Testing

/// Containers whose keeper, runtime or command is killed: their states are true, and nothing of them is left.
@Suite(.enabled(if: ContainerScene.isPossible)) struct ContainerKillTests {
    /// A number of seconds that no other process sleeps.
    private func uniqueSleep() -> String { "1\(UInt32.random(in: 100_000...999_999))" }

    @Test func aKilledForegroundTakesItsContainerWithIt() throws {
        let scene = try ContainerScene()
        let seconds = uniqueSleep()
        let running = try scene.bench.program.start(["run", "--name", "front", "busybox", "sleep", seconds])
        try scene.eventually("it runs") {
            try scene.statuses() == ["front": "running"] && !scene.processes("sleep\0\(seconds)").isEmpty
        }
        running.signal(SIGKILL)
        #expect(try running.wait().isKilled)
        try scene.eventually("all of it has gone") { try scene.processes(seconds).isEmpty }
        try scene.eventually("its state is true") { try scene.statuses() == ["front": "exited 137"] }
        #expect(!scene.hasMounts)
        try scene.line("rm", "front")
        #expect(scene.bench.names("containers") == [])
    }

    @Test func whatShouldHaveGoneWithItsEndGoesWithTheNextCommand() throws {
        let scene = try ContainerScene()
        let seconds = uniqueSleep()
        let running = try scene.bench.program.start(["run", "--rm", "busybox", "sleep", seconds])
        try scene.eventually("it runs") { try !scene.processes("sleep\0\(seconds)").isEmpty }
        running.signal(SIGKILL)
        _ = try running.wait()
        try scene.eventually("nothing is left") { try scene.statuses() == [:] && scene.bench.names("containers") == [] }
    }

    @Test(arguments: ["keeper", "runtime", "command"])
    func aKilledPartOfABackgroundContainerEndsIt(part: String) throws {
        let scene = try ContainerScene()
        let seconds = uniqueSleep()
        let id = try scene.line("run", "-d", "--name", "back", "busybox", "sleep", seconds)
        let victims: [Int32] =
            switch part {
            case "keeper": try scene.processes("--keep\0\(scene.bench.store)")
            case "runtime": [try scene.runtimeProcess(id)]
            default: try scene.processes("sleep\0\(seconds)")
            }
        #expect(victims.count == 1)
        for victim in victims { kill(victim, SIGKILL) }
        try scene.eventually("all of it has gone") { try scene.processes(seconds).isEmpty }
        try scene.eventually("its state is true") { try scene.statuses() == ["back": "exited 137"] }
        #expect(!scene.hasMounts)
        // It can be started again, and goes.
        try scene.line("start", "back")
        #expect(try scene.statuses() == ["back": "running"])
        try scene.line("rm", "-f", "back")
        #expect(scene.bench.names("containers") == [] && scene.bench.problems == [])
        #expect(try scene.controlGroups(id) == [])
    }

    @Test func aContainerThatIsRemovedLeavesNoControlGroup() throws {
        let scene = try ContainerScene()
        let seconds = uniqueSleep()
        let id = try scene.line("run", "-d", "--name", "back", "busybox", "sleep", seconds)
        for keeper in try scene.processes("--keep\0\(scene.bench.store)") { kill(keeper, SIGKILL) }
        try scene.eventually("all of it has gone") { try scene.statuses() == ["back": "exited 137"] }
        try scene.line("rm", "back")
        #expect(try scene.controlGroups(id) == [])
    }

    @Test func aStateOfAnotherBootIsOfNoContainerThatRuns() throws {
        let scene = try ContainerScene()
        let id = try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "100")
        let path = "\(scene.bench.store)/containers/\(id)/state.json"
        let state = try String(contentsOfFile: path, encoding: .utf8)
        try scene.line("rm", "-f", "back")
        try scene.line("create", "--name", "old", "busybox")
        let folder = try #require(scene.bench.names("containers").first)
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8).trimmingCharacters(
            in: .newlines)
        let other = state.replacingOccurrences(of: boot, with: "00000000-0000-0000-0000-000000000000")
        #expect(other != state)
        try other.write(toFile: "\(scene.bench.store)/containers/\(folder)/state.json", atomically: true, encoding: .utf8)
        #expect(try scene.statuses() == ["old": "exited 137"])
        #expect(try scene.strata("ps", "-a").output.contains("the machine went down"))
        try scene.line("start", "old")
        try scene.line("rm", "-f", "old")
    }

    @Test func aLivingContainerKeepsItsLayers() throws {
        let scene = try ContainerScene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "100")
        #expect(try scene.bench.program.run(["rmi", "-f", "busybox"]).status == 0)
        try scene.line("builder", "prune", "-a", "-f")
        try scene.line("gc", "--min-age", "0s")
        #expect(try scene.strata("exec", "back", "cat", "/etc/kept").output == "kept\n")
        #expect(scene.bench.problems == [])
        try scene.line("rm", "-f", "back")
        try scene.line("gc", "--min-age", "0s")
        #expect(scene.bench.names("blobs/sha256") == [] && scene.bench.names("layers").filter { $0 != "l" } == [])
    }

    @Test func aPruneTakesTheControlGroupsOfAKilledContainerAsWell() throws {
        let scene = try ContainerScene()
        let seconds = uniqueSleep()
        let id = try scene.line("run", "-d", "--name", "back", "busybox", "sleep", seconds)
        for keeper in try scene.processes("--keep\0\(scene.bench.store)") { kill(keeper, SIGKILL) }
        try scene.eventually("all of it has gone") { try scene.processes(seconds).isEmpty }
        try scene.eventually("it is removed") {
            _ = try scene.strata("container", "prune", "-f")
            return scene.bench.names("containers") == []
        }
        #expect(try scene.controlGroups(id) == [])
    }

    @Test func aDamagedRecordIsToldAndCanGo() throws {
        let scene = try ContainerScene()
        let id = try scene.line("create", "--name", "bad", "busybox")
        try scene.line("create", "--name", "good", "busybox")
        try Data("{\"id\": 7".utf8).write(to: URL(fileURLWithPath: "\(scene.bench.store)/containers/\(id)/config.json"))
        let listed = try scene.strata("ps", "-a")
        #expect(listed.status == 0 && listed.errors.contains("\(id)/config.json"))
        #expect(try scene.statuses() == ["good": "created"])
        #expect(try scene.strata("start", "good").status == 0)
        // It may keep any image: nothing is removed while nobody knows.
        #expect(try scene.strata("gc", "--min-age", "0s").status == 3)
        expectSentence(try scene.strata("start", String(id.prefix(12))), naming: "config.json")
        #expect(try scene.strata("rm", String(id.prefix(12))).status != 0)
        #expect(try scene.line("rm", id) == id)
        #expect(try scene.statuses().count == 1)
        #expect(try scene.strata("gc", "--min-age", "0s").status == 0)
        try scene.line("rm", "-f", "good")
    }

    @Test func aFolderThatIsHalfRemovedGoesWithTheNextCommand() throws {
        let scene = try ContainerScene()
        let id = try scene.line("create", "busybox")
        try FileManager.default.removeItem(atPath: "\(scene.bench.store)/containers/\(id)/config.json")
        #expect(try scene.statuses() == [:])
        #expect(scene.bench.names("containers") == [])
    }

    @Test func noMomentOfAStartIsTooEarlyToBeKilled() throws {
        let scene = try ContainerScene()
        let seconds = uniqueSleep()
        for moment in 0..<12 {
            let running = try scene.bench.program.start(["run", "--rm", "busybox", "sleep", seconds])
            // Not every moment of a start leaves something to wait for.
            usleep(useconds_t(20_000 * moment))
            running.signal(SIGKILL)
            _ = try running.wait()
        }
        try scene.eventually("all of it has gone") { try scene.processes(seconds).isEmpty }
        try scene.eventually("nothing is left") { try scene.statuses() == [:] && scene.bench.names("containers") == [] }
        #expect(scene.bench.problems == [])
    }

    /// Between its making and the end of its removal: what was killed there keeps no image, and the next command removes it.
    private static let lastMoments = [
        "layer.after-move", "layer.after-move:2", "container.before-run", "container.after-note", "container.after-run",
        "container.marked", "container.removing", "container.removing:2", "container.removing:5", "container.removing:9",
    ]

    @Test(arguments: lastMoments, [[], ["-d"]])
    func aContainerThatWasToGoWithItsEndGoesWheneverItsKeeperIsKilled(place: String, mode: [String]) throws {
        let scene = try ContainerScene()
        let arguments = ["run", "--rm"] + mode + ["busybox", "true"]
        _ = try scene.bench.program.run(arguments, environment: ["STRATA_FAILPOINT": place])
        try scene.eventually("it keeps its image no more") { try scene.strata("rmi", "busybox").status == 0 }
        try scene.line("builder", "prune", "-af")
        try scene.line("gc", "--min-age", "0s")
        #expect(scene.bench.names("containers") == [])
        #expect(scene.bench.names("blobs/sha256") == [])
        #expect(scene.bench.problems == [])
    }

    @Test(arguments: ["container.marked", "container.removing:3"])
    func aContainerWhoseRemovalIsKilledIsNoneThatCouldBeStarted(place: String) throws {
        let scene = try ContainerScene()
        try scene.line("run", "--name", "box", "busybox", "touch", "/x")
        #expect(try scene.bench.program.run(["rm", "box"], environment: ["STRATA_FAILPOINT": place]).isKilled)
        #expect(try scene.statuses() == [:])
        #expect(scene.bench.names("containers") == [])
    }

    @Test func whatCannotBeRemovedOfAContainerIsToldAndKeepsNobodyFromLooking() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "good", "busybox")
        let folder = try scene.line("create", "--name", "bad", "busybox")
        let outcome = try scene.bench.shell(
            """
            exec unshare -m sh -c 'd="$STRATA_STORE/containers/$1"; mkdir "$d/diff/in" && mount -t tmpfs none "$d/diff/in" || exit 99
            mv "$d/config.json" "$d/removed.json"; "$STRATA" ps -a; echo $?; "$STRATA" start good > /dev/null; echo $?' sh "$1"
            """, folder)
        try Skip.unless(outcome.status != 99, "nothing can be mounted here")
        #expect(outcome.output.contains("good") && outcome.lines.suffix(2) == ["0", "0"], "\(outcome.output)")
        #expect(outcome.errors.contains("is over, and cannot be removed"), "\(outcome.errors)")
        #expect(try scene.statuses().keys.sorted() == ["good"])
        #expect(scene.bench.names("containers").count == 1)
        try scene.line("rm", "-f", "good")
    }

    @Test func aContainerThatIsJustStartedIsNotPruned() throws {
        let scene = try ContainerScene()
        for _ in 0..<8 {
            let running = try scene.bench.program.start(["run", "--rm", "busybox", "true"])
            #expect(try scene.strata("container", "prune", "-f").status == 0)
            let outcome = try running.wait(timeLimit: 60)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test func ofTwoStartsBothSucceedAndOneRuns() throws {
        let scene = try ContainerScene()
        try scene.line("create", "--name", "box", "busybox", "sleep", "1000")
        let first = try scene.bench.program.start(["start", "box"])
        let second = try scene.bench.program.start(["start", "box"])
        for start in [first, second] {
            let outcome = try start.wait(timeLimit: 60)
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        #expect(try scene.statuses() == ["box": "running"])
        // Also while it starts it can go.
        try scene.line("stop", "-t", "0", "box")
        let third = try scene.bench.program.start(["start", "box"])
        try scene.line("rm", "-f", "box")
        _ = try third.wait(timeLimit: 60)
        #expect(try scene.statuses() == [:])
    }

    @Test func aNumberThatCameAgainIsNotTheRuntimes() throws {
        let scene = try ContainerScene()
        let id = try scene.line("run", "-d", "--name", "box", "busybox", "sleep", "1000")
        let other = try Program("sleep").start(["1000"])
        let note = "\(scene.bench.store)/containers/\(id)/run/runtime"
        let began = try String(contentsOfFile: note, encoding: .utf8).split(separator: " ")[1]
        try "\(other.id) \(began)".write(toFile: note, atomically: true, encoding: .utf8)
        #expect(try scene.strata("exec", "box", "true").status != 0)
        for keeper in try scene.processes("--keep\0\(scene.bench.store)") { kill(keeper, SIGKILL) }
        try scene.eventually("its state is true") { try scene.statuses() == ["box": "exited 137"] }
        // Who copies into it has the lock; it does not run for that.
        #expect(try scene.bench.shell("tar -cf - -C / etc/hostname | \"$STRATA\" cp - box:/").status == 0)
        #expect(try scene.statuses() == ["box": "exited 137"])
        try scene.line("rm", "-f", "box")
        #expect(other.isRunning)
        other.signal(SIGKILL)
        _ = try other.wait()
    }
}
