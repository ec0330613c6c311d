import Foundation
import TestSupport
import Testing

/// Whatever is wrong before a command begins is 125, and a sentence that names the thing.
@Suite(.enabled(if: ContainerScene.isPossible)) struct RunFailureTests {
    /// Paths at which nothing can be read or made; `DIR` is the bench's folder.
    private static let paths = ["/proc/nothing", "DIR/file/below", "DIR/loop", "DIR/loop/below", "/dev/null/below"]

    private func scene() throws -> ContainerScene {
        let scene = try ContainerScene()
        _ = try scene.bench.file("file", Data("x".utf8))
        try FileManager.default.createSymbolicLink(atPath: scene.bench.folder.path("loop"), withDestinationPath: "loop")
        return scene
    }

    private func expectFailure(_ outcome: Program.Outcome, naming name: String) {
        expectSentence(outcome, naming: name, status: 125)
        for text in ["Error Domain", "NSCocoa", "internal error"] { #expect(!outcome.errors.contains(text), "\(outcome.errors)") }
    }

    @Test(arguments: ["--env-file=", "--cidfile=", "--volume=", "--mount=type=bind,target=/x,source=", "--device="])
    func aPathThatCannotBeUsedIsNamed(option: String) throws {
        let scene = try scene()
        for text in Self.paths {
            let path = text.replacingOccurrences(of: "DIR", with: scene.bench.folder.path)
            let word = option + path + (option == "--volume=" ? ":/x" : "")
            expectFailure(try scene.strata("run", "--rm", word, "busybox", "true"), naming: path)
        }
        #expect(scene.bench.names("containers") == [])
    }

    @Test(arguments: ["DIR", "/proc/self/mem", "/dev/zero", ""]) func aFileOfVariablesThatIsNoneIsNamed(text: String) throws {
        let scene = try scene()
        try scene.line("run", "-d", "--name", "back", "busybox", "sleep", "1000")
        let path = text.replacingOccurrences(of: "DIR", with: scene.bench.folder.path)
        let shown = path.isEmpty ? "''" : path
        expectFailure(try scene.strata("run", "--rm", "--env-file", path, "busybox", "true"), naming: shown)
        expectFailure(try scene.strata("exec", "--env-file", path, "back", "true"), naming: shown)
        try scene.line("rm", "-f", "back")
    }

    @Test func aWrongCommandLineIsToldWithTheUsageOfItsCommand() throws {
        let scene = try scene()
        for words in [["run", "--nosuch"], ["run"], ["exec", "--nosuch", "x"], ["container", "run", "--nosuch"]] {
            let outcome = try scene.bench.program.run(words)
            let command = words.prefix { !$0.hasPrefix("-") }.joined(separator: " ")
            #expect(outcome.status == 125 && outcome.errors.contains("Usage: strata \(command) "), "\(outcome.errors)")
        }
        let copied = try scene.strata("cp", "a", "b")
        #expect(copied.errors.contains("Usage: strata cp "), "\(copied.errors)")
    }
}
