import Foundation
import Glibc
import TestSupport
import Testing

/// The file that a login is kept in: where a link leads, with what other programs put there meanwhile; and how a password comes.
struct LoginFileTests {
    private typealias Scene = CredentialScene

    @Test func aLinkThatLeadsToNothingYetStaysOne() throws {
        let scene = try Scene()
        let target = scene.pulling.bench.folder.path("vault/docker.json")
        let files = FileManager.default
        for path in [scene.docker, target] {
            try files.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        }
        // From link to link, the second by a path that begins where it is.
        try files.createSymbolicLink(atPath: scene.docker, withDestinationPath: scene.pulling.bench.folder.path("vault/link"))
        try files.createSymbolicLink(
            atPath: scene.pulling.bench.folder.path("vault/link"), withDestinationPath: "../vault/docker.json")
        try scene.expectLoggedIn()
        #expect(try files.destinationOfSymbolicLink(atPath: scene.docker).hasSuffix("vault/link"))
        #expect(try scene.entries(target).keys.sorted() == [scene.host])
        try scene.expectPulled()
    }

    @Test func aLinkToItselfIsToldAndStays() throws {
        let scene = try Scene()
        try scene.write("", to: scene.docker)
        try FileManager.default.removeItem(atPath: scene.docker)
        try FileManager.default.createSymbolicLink(atPath: scene.docker, withDestinationPath: "config.json")
        expectSentence(try scene.logIn(), naming: "is a link that leads back to itself", status: 2)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: scene.docker) == "config.json")
    }

    @Test func aLoginWaitsForAnotherAndKeepsWhatThatWrote() throws {
        let scene = try Scene()
        try scene.write(Scene.config([:]), to: scene.docker)
        let folder = open((scene.docker as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(folder) }
        #expect(flock(folder, LOCK_EX) == 0)
        let input = try scene.pulling.bench.file("password", Data(Scene.secret.utf8))
        let login = try scene.pulling.bench.program.start(
            ["login", "-u", Scene.user, "--password-stdin", scene.host], input: .file(input))
        let isRight = "Basic \(Scene.auth(Scene.secret))"
        while login.isRunning, !scene.registry.requests.contains(where: { $0.header("Authorization") == isRight }) {
            usleep(5000)
        }
        // Time for a login that does not wait to overtake.
        usleep(500_000)
        try scene.write(Scene.config(["other": Scene.old]), to: scene.docker)
        #expect(flock(folder, LOCK_UN) == 0)
        #expect(try login.wait().status == 0)
        #expect(try scene.entries(scene.docker).keys.sorted() == [scene.host, "other"].sorted())
    }

    @Test func loginsAtTheSameTimeAreAllKept() throws {
        let scene = try Scene()
        let others = try (0..<4).map { _ in try ScriptedRegistry() }
        let input = try scene.pulling.bench.file("password", Data("x".utf8))
        let running = try others.map { registry in
            try scene.pulling.bench.program.start(
                ["login", "-q", "-u", "me", "--password-stdin", registry.name], input: .file(input))
        }
        for login in running { #expect(try login.wait().status == 0) }
        #expect(try scene.entries(scene.docker).keys.sorted() == others.map(\.name).sorted())
        let folder = (scene.docker as NSString).deletingLastPathComponent
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["config.json"], "something stayed behind")
    }

    // MARK: how a password comes

    private func login(_ bytes: [UInt8]) throws -> (Program.Outcome, CredentialScene) {
        let scene = try Scene()
        let input = try scene.pulling.bench.file("password", Data(bytes))
        let outcome = try scene.pulling.bench.program.run(
            ["login", "-u", Scene.user, "--password-stdin", scene.host], input: .file(input))
        #expect(scene.registry.requests.isEmpty, "the registry was asked")
        #expect(!FileManager.default.fileExists(atPath: scene.docker))
        return (outcome, scene)
    }

    @Test func aPasswordThatIsTooLongIsRefused() throws {
        let bytes = [UInt8](repeating: 120, count: 1 << 20) + Array("TAIL\n".utf8)
        expectSentence(try login(bytes).0, naming: "more than 1048576 bytes", status: 2)
    }

    @Test func aPasswordThatIsNoTextIsRefused() throws {
        expectSentence(try login([0x70, 0xE4, 0x73, 0x73]).0, naming: "not UTF-8", status: 2)
    }

    @Test(arguments: ["", "\n", "\r\n"]) func anEmptyPasswordIsCalledSo(text: String) throws {
        expectSentence(try login(Array(text.utf8)).0, naming: "the password is empty", status: 2)
    }

    @Test func aClosedInputIsCalledSo() throws {
        let bench = try Workbench()
        let outcome = try bench.shell("\"$STRATA\" login -u me --password-stdin 127.0.0.1:1 <&-")
        expectSentence(outcome, naming: "standard input is not a password: it cannot be read", status: 2)
    }
}
