import Foundation
import TestSupport
import Testing

/// Programs that keep credentials: what they answer counts, and nobody needs one who needs no login.
struct CredentialHelperTests {
    private typealias Scene = CredentialScene

    private static let answer = #"echo '{"Username":"me","Secret":"\#(CredentialScene.secret)"}'"#

    // MARK: answers

    @Test(arguments: [
        "[ \"$1\" = get ] && \(answer)",
        "\(answer); exit 3",
        "echo 'reading the keyring'; \(answer); echo done",
        "exec <&-; sleep 0.2; \(answer)",
        "cat > /dev/null; \(answer); echo; echo",
        #"echo '{"ServerURL":"x","Username":"me","Secret":"\#(CredentialScene.secret)","Expires":5,"More":{}}'"#,
        #"echo '{"username":"me","secret":"\#(CredentialScene.secret)"}'"#,
        "head -c 3000000 /dev/zero | tr '\\0' x >&2; \(answer)",
        "sleep 100 & \(answer)",
        "\(answer); kill -9 $$",
    ]) func anAnswerCounts(script: String) throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        try scene.expectPulled(environment: try scene.helper(script))
    }

    /// Helpers that give nothing, and how a refusal names that.
    private static let mute: [(script: String, words: String)] = [
        ("exit 1", "status 1"), ("echo 'the keyring is locked'; exit 2", "the keyring is locked"),
        ("echo nothing of the kind", "not of the expected form"), ("echo '[]'", "not of the expected form"),
        ("echo '{\"Secret\":\"\(CredentialScene.secret)\"}'", "without a user"),
        ("echo 'Secret {\(CredentialScene.secret)'; exit 1", "status 1"), ("kill -9 $$", "status 137"),
        ("head -c 3000000 /dev/zero | tr '\\0' x", "not of the expected form"),
        ("head -c 3000000 /dev/zero; exit 4", "status 4"), ("exec sleep 100", "did not answer within 2 s"),
        ("exec >&- 2>&-; exec sleep 100", "did not answer within 2 s"), ("while :; do echo x; done", "did not answer within 2 s"),
    ]

    @Test(arguments: mute.indices) func aHelperThatGivesNothingIsNamedOnlyWhereALoginIsMissing(number: Int) throws {
        let (script, words) = Self.mute[number]
        let tokens = try Scene.tokensForStrangers()
        let everybody = try Scene.forEverybody(tokens)
        try everybody.write(Scene.config([:], ["credsStore": "test"]), to: everybody.docker)
        try everybody.expectPulled(environment: try everybody.helper(script))
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let said = try scene.expectRefused(
            naming: "docker-credential-test", "`credsStore` in \(scene.docker)", words,
            environment: try scene.helper(script))
        #expect(said.contains("hint: ") && said.contains("strata login \(scene.host)"))
    }

    @Test(arguments: [
        "echo 'credentials not found in native keychain'; exit 1", "echo '{}'", "true", "echo '{\"Username\":\"me\"}'",
    ])
    func aHelperThatHasNothingIsNoFailure(script: String) throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let said = try scene.expectRefused(
            naming: "requires a login for this", environment: try scene.helper(script))
        #expect(!said.contains("docker-credential-test"))
    }

    @Test(arguments: ["credsStore", "credHelpers"]) func whereAHelperIsMissingTheEntryCounts(setting: String) throws {
        let scene = try Scene()
        let value: Any = setting == "credsStore" ? "nowhere" : [scene.host: "nowhere"]
        try scene.write(Scene.config([scene.host: Scene.secret], [setting: value]), to: scene.docker)
        try scene.expectPulled()
    }

    @Test func aHelperThatIsMissingIsNamedOnlyWhereALoginIsMissing() throws {
        let tokens = try Scene.tokensForStrangers()
        let everybody = try Scene.forEverybody(tokens)
        try everybody.write(Scene.config([:], ["credsStore": "nowhere"]), to: everybody.docker)
        try everybody.expectPulled()
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "nowhere"]), to: scene.docker)
        let said = try scene.expectRefused(naming: "docker-credential-nowhere", "not in PATH", "`credsStore` in \(scene.docker)")
        #expect(said.contains("install docker-credential-nowhere") && said.contains("strata login \(scene.host)"))
    }

    @Test(arguments: ["../test", "/bin/true", "a/b"]) func aHelpersNameIsNoPath(name: String) throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": name]), to: scene.docker)
        try scene.expectRefused(naming: "not in PATH", environment: try scene.helper(Self.answer))
    }

    // MARK: login

    @Test func aLoginWithoutItsHelperIsAnErrorAndWritesNothing() throws {
        let scene = try Scene()
        let text = try Scene.config([:], ["credsStore": "nowhere"])
        try scene.write(text, to: scene.docker)
        let outcome = try scene.logIn()
        expectSentence(outcome, naming: "docker-credential-nowhere")
        #expect(outcome.errors.contains("`credsStore` in \(scene.docker)"))
        #expect(try String(contentsOfFile: scene.docker, encoding: .utf8) == text)
    }

    @Test(arguments: [
        "cat >/dev/null; [ $1 != store ]", "cat; exit 1", "[ $1 = get ] && echo '{\"Username\":\"me\",\"Secret\":\"x\"}'",
    ])
    func aHelperThatDoesNotKeepALoginIsAnErrorWithoutThePassword(script: String) throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        expectSentence(try scene.logIn(environment: try scene.helper(script)), naming: "docker-credential-test")
        #expect(try scene.entries(scene.docker).isEmpty)
    }

    @Test func aPasswordLargerThanAPipeIsKept() throws {
        let scene = try Scene { _ in nil }
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let size = scene.pulling.bench.folder.path("size")
        let input = try scene.pulling.bench.file("password", Data(String(repeating: "x", count: 300_000).utf8))
        let outcome = try scene.pulling.bench.program.run(
            ["login", "-u", "me", "--password-stdin", scene.host],
            environment: try scene.helper("[ $1 = store ] && { sleep 0.2; wc -c > '\(size)'; }"), input: .file(input))
        #expect(outcome.output == "Login Succeeded\n", "\(outcome.errors)")
        let kept = try String(contentsOfFile: size, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(Int(kept).map { $0 > 300_000 } == true)
    }

    // MARK: its end

    @Test func whatAHelperHasStartedEndsWithIt() throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let begun = scene.pulling.bench.folder.path("begun")
        let environment = try scene.helper("sleep 60 & echo $! > \"\(begun)\"; cat >/dev/null; sleep 60")
        let outcome = try scene.pulling.bench.strata(
            "pull", "-q", scene.pulling.name, "--timeout", "2", "--retry", "1", environment: environment)
        #expect(outcome.status == 3, "\(outcome.errors)")
        let text = try String(contentsOfFile: begun, encoding: .utf8)
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(hasEnded(child), "a child of the helper went on")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aHelperEndsWithTheProgram(signal: Int32) throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let begun = scene.pulling.bench.folder.path("begun")
        let environment = try scene.helper("echo $$ > \"\(begun)\"; exec sleep 60")
        let pull = try scene.pulling.bench.program.start(
            ["pull", "-q", scene.pulling.name, "--timeout", "60"], environment: environment)
        var id: Int32?
        while pull.isRunning, id == nil {
            usleep(5000)
            let text = try? String(contentsOfFile: begun, encoding: .utf8)
            id = text.flatMap { Int32($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        let helper = try #require(id)
        pull.signal(signal)
        #expect(try pull.wait().status == 128 + signal)
        #expect(hasEnded(helper), "the helper still runs")
    }

    /// Whether a process has ended, or does within four seconds; one that nobody has waited for yet counts as ended.
    private func hasEnded(_ process: Int32) -> Bool {
        for _ in 0..<400 {
            guard kill(process, 0) == 0 else { return true }
            let line = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
            if line.contains(") Z ") { return true }
            usleep(10_000)
        }
        return false
    }

    // MARK: logout

    @Test func aLogoutForgetsWhatIsInReachAndNamesTheHelperForTheRest() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.secret], ["credsStore": "nowhere"]), to: scene.docker)
        let outcome = try scene.logOut()
        #expect(outcome.status == 0 && outcome.output == "Removing login credentials for \(scene.host)\n", "\(outcome.errors)")
        #expect(outcome.errors.contains("docker-credential-nowhere"))
        #expect(try scene.entries(scene.docker).isEmpty)
    }

    @Test func aLogoutForgetsInTheHelperToo() throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let environment = try scene.helper(scene.keepingHelper)
        try scene.expectLoggedIn(environment: environment)
        #expect(try scene.logOut(environment: environment).output == "Removing login credentials for \(scene.host)\n")
        #expect(try scene.kept().isEmpty)
        try scene.expectRefused(naming: "requires a login for this", environment: environment)
        #expect(try scene.logOut(environment: environment).output == "Not logged in to \(scene.host)\n")
    }

    @Test func aLogoutThatAHelperDoesNotFollowIsAnError() throws {
        let scene = try Scene()
        try scene.write(Scene.config([scene.host: Scene.secret], ["credsStore": "test"]), to: scene.docker)
        let outcome = try scene.logOut(environment: try scene.helper(Self.answer))
        expectSentence(outcome, naming: "docker-credential-test")
        #expect(try scene.entries(scene.docker).isEmpty)
    }

    @Test func aLogoutCountsByWhatTheHelperGivesAfterwards() throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let flag = scene.pulling.bench.folder.path("forgotten")
        let script = "[ $1 = erase ] && { > '\(flag)'; exit 1; }; [ -e '\(flag)' ] || \(Self.answer)"
        #expect(
            try scene.logOut(environment: try scene.helper(script)).output == "Removing login credentials for \(scene.host)\n")
    }

    @Test func theHubsLoginIsAskedForAndForgottenUnderDockersAndPodmansName() throws {
        let scene = try Scene()
        try scene.write(Scene.config([:], ["credsStore": "test"]), to: scene.docker)
        let environment = try scene.helper(scene.keepingHelper)
        for server in ["docker.io", "https://index.docker.io/v1/"] {
            let kept = try scene.pulling.bench.shell(
                "printf '%s' \"$2\" | PATH=\"$1\" docker-credential-test store", environment["PATH"] ?? "",
                #"{"ServerURL":"\#(server)","Username":"me","Secret":"x"}"#)
            #expect(kept.status == 0)
        }
        #expect(try scene.kept().count == 2)
        #expect(try scene.logOut("docker.io", environment: environment).output == "Removing login credentials for docker.io\n")
        #expect(try scene.kept().isEmpty)
    }
}
