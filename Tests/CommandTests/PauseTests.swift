import Foundation
import Glibc
import TestSupport
import Testing

/// Containers that are paused, by people and by `commit`.
@Suite(.enabled(if: ContainerScene.isPossible)) struct PauseTests {
    /// Counts in two files, the second one behind the first.
    private static let counting = "i=0; while :; do i=$((i+1)); echo $i > /first; echo $i > /second; done"

    /// A container that runs `script`, and is paused.
    @discardableResult
    private func start(_ script: String, in scene: ContainerScene) throws -> String {
        let id = try scene.line("run", "-d", "--name", "back", "busybox", "sh", "-c", script)
        let paused = try scene.strata("pause", "back")
        if paused.status != 0 {
            #expect(paused.errors.contains("control group"))
            try scene.line("rm", "-f", "back")
            try Skip.because("no container can be paused here: \(paused.errors)")
        }
        return id
    }

    private func count(_ scene: ContainerScene, _ id: String) throws -> String {
        try String(contentsOfFile: "\(scene.bench.store)/containers/\(id)/diff/first", encoding: .utf8)
    }

    @Test func aPausedContainerStandsStillUntilItIsLetGoOn() throws {
        let scene = try ContainerScene()
        let id = try start(Self.counting, in: scene)
        #expect(try scene.statuses() == ["back": "paused"])
        #expect(try scene.strata("ps").output.contains("(Paused)"))
        #expect(try scene.strata("ps", "-q", "--filter", "status=paused").lines == [String(id.prefix(12))])
        let text = try scene.bench.succeed("inspect", "back")
        let containers = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
        let state = try #require(containers?.first?["State"] as? [String: Any])
        #expect(state["Paused"] as? Bool == true && state["Running"] as? Bool == true)
        expectSentence(try scene.strata("pause", "back"), naming: "is paused", status: 1)
        expectSentence(try scene.strata("exec", "back", "true"), naming: "back is paused", status: 1)
        expectSentence(try scene.strata("rm", "back"), naming: "running", status: 1)
        let before = try count(scene, id)
        // That nothing happens cannot be waited for.
        usleep(300_000)
        #expect(try count(scene, id) == before)
        try scene.line("unpause", "back")
        #expect(try scene.statuses() == ["back": "running"])
        try scene.eventually("it counts on") { try count(scene, id) != before }
        expectSentence(try scene.strata("unpause", "back"), naming: "not paused", status: 1)
        try scene.line("rm", "-f", "back")
        expectSentence(try scene.strata("pause", "back"), naming: "back", status: 3)
    }

    @Test func aPausedContainerCanBeEnded() throws {
        let scene = try ContainerScene()
        let script = "trap 'exit 9' TERM; while :; do sleep 0.1; done"
        try start(script, in: scene)
        #expect(try scene.line("stop", "back") == "back")
        #expect(try scene.statuses() == ["back": "exited 9"])
        for end in [["kill", "back"], ["rm", "-f", "back"]] {
            try scene.line("start", "back")
            try scene.line("pause", "back")
            #expect(try scene.bench.program.run(end, timeLimit: 20).status == 0)
        }
        #expect(scene.bench.names("containers") == [])
    }

    @Test func whatIsCommittedIsOfOneMoment() throws {
        let scene = try ContainerScene()
        // Between the two files, in the order of their names, something that takes its time.
        let script = "head -c 30000000 /dev/urandom > /middle; \(Self.counting)"
        let id = try start(script, in: scene)
        try scene.line("unpause", "back")
        try scene.eventually("it counts") {
            FileManager.default.fileExists(atPath: "\(scene.bench.store)/containers/\(id)/diff/second")
        }
        for name in ["one", "two"] {
            try scene.line("commit", "back", name)
            #expect(try scene.statuses() == ["back": "running"])
            let tar = scene.bench.folder.path("\(name).tar")
            try scene.line("export", "-o", tar, name)
            let numbers = try Program.shell.run(["-c", "tar -xOf \(tar) first second"]).lines.compactMap { Int($0) }
            try #require(numbers.count == 2 || numbers.count == 1, "one of them may just have been emptied")
            if numbers.count == 2 { #expect(numbers[0] - numbers[1] == 0 || numbers[0] - numbers[1] == 1, "\(numbers)") }
        }
        let before = try count(scene, id)
        try scene.eventually("it counts on") { try count(scene, id) != before }
    }

    @Test func aKilledCommitLeavesTheContainerRunning() throws {
        let scene = try ContainerScene()
        let script = "head -c 200000000 /dev/urandom > /large; touch /done; \(Self.counting)"
        let id = try start(script, in: scene)
        try scene.line("unpause", "back")
        let diff = "\(scene.bench.store)/containers/\(id)/diff"
        try scene.eventually("all is there") { FileManager.default.fileExists(atPath: "\(diff)/done") }
        let committing = try scene.bench.program.start(["commit", "back", "never"])
        try scene.eventually("it is paused") { try scene.statuses() == ["back": "paused"] }
        committing.signal(SIGKILL)
        #expect(try committing.wait().isKilled)
        try scene.eventually("it runs again") { try scene.statuses() == ["back": "running"] }
        let before = try count(scene, id)
        try scene.eventually("it counts on") { try count(scene, id) != before }
    }
}
