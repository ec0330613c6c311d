// https://www.rfc-editor.org/rfc/rfc9110#field.retry-after

import Foundation
import OCISpec
import TestSupport
import Testing

/// Waits that a server asks for: they are told when they begin, count once for one wish, and end at once when nobody would want them.
struct RegistryWaitTests {
    private typealias Reply = ScriptedReply

    private static func busy(_ seconds: String) -> ScriptedReply {
        .status(
            429, ("Retry-After", seconds), body: #"{"errors":[{"code":"TOOMANYREQUESTS","message":"rate limit of the day"}]}"#)
    }

    /// Expects a line that says how long is waited, for whom, and why.
    private func expectTold(_ errors: String, _ server: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let isTold = errors.split(separator: "\n").contains { line in
            line.contains(server) && line.contains(/\b1 ?s/) && (line.contains("429") || line.contains("rate limit"))
        }
        #expect(isTold, "\(errors)", sourceLocation: sourceLocation)
    }

    @Test func aWaitForADocumentIsTold() throws {
        let scene = try PullScene {
            $0.path.contains("/manifests/") && $0.method == "GET" && $0.number == 0 ? Self.busy("1") : nil
        }
        let outcome = try scene.pull()
        #expect(outcome.status == 0, "\(outcome.errors)")
        expectTold(outcome.errors, scene.registry.name)
    }

    @Test func aWaitForABlobIsTold() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow { PullScene.isForLayer($0, digest) && $0.number == 0 ? Self.busy("1") : nil }
        let outcome = try scene.pull()
        #expect(outcome.status == 0, "\(outcome.errors)")
        expectTold(outcome.errors, scene.registry.name)
    }

    @Test(arguments: ["POST", "PATCH", "PUT"]) func aWaitOfAnUploadIsTold(method: String) throws {
        let scene = try PushScene { $0.method == method && $0.number == 0 ? Self.busy("1") : nil }
        let outcome = try scene.bench.strata("push", scene.name, "--retry", "4")
        #expect(outcome.status == 0, "\(outcome.errors)")
        expectTold(outcome.errors, scene.registry.name)
        scene.expectWhole()
    }

    @Test func aWaitForATokenIsTold() throws {
        let tokens = try ScriptedServer { $0.number == 0 ? Self.busy("1") : .status(200, body: #"{"token":"t"}"#) }
        let challenge = Reply.status(401, ("WWW-Authenticate", #"Bearer realm="\#(tokens.url)/token""#))
        let scene = try PullScene { $0.header("Authorization") == nil ? challenge : nil }
        let outcome = try scene.pull()
        #expect(outcome.status == 0, "\(outcome.errors)")
        expectTold(outcome.errors, tokens.name)
    }

    @Test(.needs("script")) func aWaitIsToldOnATerminal() throws {
        let scene = try PullScene { request in
            request.path.contains("/manifests/") && request.method == "GET" && request.number == 0 ? Self.busy("1") : nil
        }
        let command = "stty cols 200 rows 24; '$STRATA' pull \(scene.name)"
        let outcome = try scene.bench.shell("TERM=xterm script -qec \"\(command)\" /dev/null")
        #expect(outcome.status == 0, "\(outcome.output)")
        let lines = outcome.output.split(whereSeparator: \.isNewline).map { $0.replacing(/\u{1B}\[[0-9]*[AKJ]/, with: "") }
        expectTold(lines.joined(separator: "\n"), scene.registry.name)
    }

    @Test func thePausesBeforeFurtherTriesAreToldToo() throws {
        let scene = try PullScene()
        let digest = scene.layer.digest
        scene.registry.follow {
            PullScene.isForLayer($0, digest) && $0.number == 0 ? .status(503, body: "being repaired") : nil
        }
        let outcome = try scene.pull()
        #expect(outcome.status == 0, "\(outcome.errors)")
        let isTold = outcome.errors.split(separator: "\n").contains { $0.contains(scene.registry.name) && $0.contains("503") }
        #expect(isTold, "\(outcome.errors)")
    }

    // MARK: waits that nobody would want

    private static func date(inSeconds seconds: Double) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: Date(timeIntervalSinceNow: seconds))
    }

    @Test(arguments: ["3600", date(inSeconds: 86_400), "99999999999999999999"])
    func aWaitThatIsTooLongEndsInTheRegistrysWords(wait: String) throws {
        let scene = try PullScene { _ in Self.busy(wait) }
        let outcome = try scene.bench.program.run(["pull", "-q", scene.name], timeLimit: 60)
        expectSentence(outcome, naming: "rate limit of the day")
        #expect(scene.registry.requests("GET", containing: "/manifests/").count == 1)
    }

    @Test func aTooLongWaitOfAnUploadEndsInTheRegistrysWords() throws {
        let scene = try PushScene { $0.method == "PATCH" ? Self.busy("3600") : nil }
        expectSentence(try scene.push(), naming: "rate limit of the day")
    }

    @Test func aTooLongWaitOfATokenServerNamesIt() throws {
        let tokens = try ScriptedServer { _ in .status(429, ("Retry-After", "3600")) }
        let challenge = Reply.status(401, ("WWW-Authenticate", #"Bearer realm="\#(tokens.url)/token""#))
        let scene = try PullScene { _ in challenge }
        let outcome = try scene.bench.program.run(["pull", "-q", scene.name], timeLimit: 60)
        expectSentence(outcome, naming: tokens.name)
        #expect(outcome.errors.contains("429"))
    }

    // MARK: one budget for one wish

    @Test(arguments: [429, 503]) func aManifestIsAskedForNoMoreOftenThanTriesAreAllowed(status: Int) throws {
        let scene = try PullScene { _ in
            .status(status, ("Retry-After", "1"), body: #"{"errors":[{"code":"BUSY","message":"later, please"}]}"#)
        }
        let outcome = try scene.bench.strata("pull", "-q", scene.name, "--retry", "3")
        expectSentence(outcome, naming: "later, please")
        // Three tries, and a last one for the words that a HEAD has none of.
        #expect(scene.registry.requests.count { $0.path.contains("/manifests/") } <= 4)
    }
}
