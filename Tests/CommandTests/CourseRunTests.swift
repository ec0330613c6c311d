import Foundation
import TestSupport
import Testing

/// The course's session of run and commit, in a terminal.
@Suite(.needs("tmux"), .enabled(if: ContainerScene.isPossible)) struct CourseRunTests {
    /// A terminal of 80 columns and 24 lines, on a server of its own.
    private struct Screen {
        let socket: String
        let environment: [String: String]

        func tmux(_ arguments: String...) throws -> Program.Outcome {
            try Program("tmux").run(["-S", socket, "-f", "/dev/null"] + arguments, environment: environment)
        }

        func type(_ line: String) throws {
            #expect(try tmux("send-keys", "-t", "course", "-l", line).status == 0)
            #expect(try tmux("send-keys", "-t", "course", "Enter").status == 0)
        }

        var text: String { get throws { try tmux("capture-pane", "-p", "-t", "course").output } }
    }

    @Test func theCoursesSessionGoesWordForWord() throws {
        let scene = try ContainerScene()
        let screen = Screen(
            socket: scene.bench.folder.path("tmux"),
            environment: ["STRATA_STORE": scene.bench.store, "HOME": scene.bench.folder.path, "TERM": "xterm"])
        let command = "\(Program.strata.path) run --rm --name=busybox -it busybox sh; echo ended $?; sleep 60"
        #expect(try screen.tmux("new-session", "-d", "-s", "course", "-x", "80", "-y", "24", command).status == 0)
        defer { _ = try? screen.tmux("kill-server") }
        try scene.eventually("there is a prompt") { try screen.text.contains("/ #") }
        try screen.type("touch hello.txt && echo \"I love Docker. \" > hello.txt")
        try screen.type("stty size; echo done")
        try scene.eventually("the terminal has a size") { try screen.text.contains("24 80\ndone") }

        // From a second process.
        #expect(try scene.line("commit", "busybox", "busybox:hello").hasPrefix("sha256:"))
        let listed = try scene.strata("image", "ls", "busybox").lines
        #expect(listed.count == 3 && listed.contains { $0.hasPrefix("busybox      hello") || $0.contains("hello") })
        let document = try scene.bench.document("files", "busybox:hello", "--layer", "3")
        let entries = try #require(document["entries"] as? [[String: Any]])
        #expect(entries.compactMap { $0["path"] as? String }.filter { !$0.isEmpty } == ["hello.txt"])

        // The overlay tree that the course shows.
        let container = try #require(scene.bench.names("containers").first)
        let parts = scene.bench.names("containers/\(container)")
        for part in ["config.json", "diff", "lower", "merged", "work"] { #expect(parts.contains(part)) }
        for layer in scene.bench.names("layers").filter({ $0 != "l" }) {
            #expect(scene.bench.names("layers/\(layer)").filter { $0 != "over" } == ["diff", "link"])
        }
        let lower = try String(contentsOfFile: "\(scene.bench.store)/containers/\(container)/lower", encoding: .utf8)
        #expect(lower.split(separator: ":").allSatisfy { scene.bench.names("layers/l").contains(String($0)) })

        // Another size is told, and keys that interrupt reach the command alone.
        #expect(try screen.tmux("resize-window", "-t", "course", "-x", "100", "-y", "30").status == 0)
        try screen.type("clear; stty size")
        try scene.eventually("the size has changed") { try screen.text.contains("30 100") }
        // What is typed has no 42 in it.
        try screen.type("echo $((6 * 7)); sleep 50")
        try scene.eventually("the command has begun") { try screen.text.contains("\n42\n") }
        #expect(try screen.tmux("send-keys", "-t", "course", "C-c").status == 0)
        try screen.type("exit 3")
        try scene.eventually("the session has ended") { try screen.text.contains("ended 3") }
        #expect(try scene.statuses() == [:])
        #expect(scene.bench.names("containers") == [] && scene.bench.ingestNames == [] && !scene.hasMounts)
        #expect(try scene.strata("run", "--rm", "busybox:hello", "cat", "hello.txt").output == "I love Docker. \n")
        #expect(scene.bench.problems == [])
    }
}
