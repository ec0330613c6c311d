import Foundation
import TestSupport
import Testing

/// A registry that wants a user and a password, and a user's files of credentials.
struct CredentialScene {
    static let user = "me"
    static let secret = "pass-word-1"
    /// A password that the registry does not take.
    static let old = "pass-word-0"

    let pulling: PullScene

    var registry: ScriptedRegistry { pulling.registry }
    /// `host:port`.
    var host: String { registry.name }
    /// docker's file.
    var docker: String { pulling.bench.folder.path(".docker/config.json") }
    /// podman's file.
    var podman: String { pulling.bench.folder.path(".config/containers/auth.json") }

    init(_ script: @escaping ScriptedRegistry.Script = PullFaultTests.basicOnly(user, secret)) throws {
        pulling = try PullScene(script)
    }

    /// A registry that lets strangers in, with a token that only strangers get.
    static func forEverybody(_ tokens: ScriptedRegistry) throws -> CredentialScene {
        let realm = tokens.url + "/token"
        return try CredentialScene { request in
            request.header("Authorization") == "Bearer T"
                ? nil : .status(401, ("WWW-Authenticate", #"Bearer realm="\#(realm)""#))
        }
    }

    static func tokensForStrangers() throws -> ScriptedRegistry {
        try ScriptedRegistry { request in
            request.header("Authorization") == nil ? .status(200, body: #"{"token":"T"}"#) : .status(401)
        }
    }

    /// `user:secret` in base64.
    static func auth(_ secret: String) -> String { Data("\(user):\(secret)".utf8).base64EncodedString() }

    /// The text of a config.json with these passwords by key, and further fields.
    static func config(_ secrets: [String: String], _ fields: [String: Any] = [:]) throws -> String {
        let entries = secrets.mapValues { ["auth": auth($0)] }
        let document = fields.merging(["auths": entries]) { given, _ in given }
        return String(decoding: try JSONSerialization.data(withJSONObject: document), as: UTF8.self)
    }

    /// Writes a file of the user's.
    func write(_ text: String, to path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// The `auths` of a file.
    func entries(_ path: String) throws -> [String: [String: String]] {
        try #require(try object(try String(contentsOfFile: path, encoding: .utf8))["auths"] as? [String: [String: String]])
    }

    /// Logs in with the right password.
    func logIn(environment: [String: String] = [:], _ options: String...) throws -> Program.Outcome {
        let input = try pulling.bench.file("password", Data(Self.secret.utf8))
        let outcome = try pulling.bench.program.run(
            ["login", "-u", Self.user, "--password-stdin", host] + options, environment: environment, input: .file(input))
        expectNoSecret(outcome)
        return outcome
    }

    func expectLoggedIn(environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let outcome = try logIn(environment: environment)
        #expect(outcome.output == "Login Succeeded\n", "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    func logOut(
        _ name: String? = nil, environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Program.Outcome {
        let outcome = try pulling.bench.program.run(["logout", name ?? host], environment: environment)
        expectNoSecret(outcome, sourceLocation: sourceLocation)
        return outcome
    }

    /// Pulls, and expects the image.
    func expectPulled(
        _ options: String..., environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try pull(options, environment)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    /// Pulls, and expects a refusal that names all of these; returns what was said.
    @discardableResult
    func expectRefused(
        naming texts: String..., environment: [String: String] = [:], status: Int32 = 3,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        let outcome = try pull([], environment)
        for text in texts { expectSentence(outcome, naming: text, status: status, sourceLocation: sourceLocation) }
        return outcome.errors
    }

    private func pull(_ options: [String], _ environment: [String: String]) throws -> Program.Outcome {
        let outcome = try pulling.bench.program.run(
            ["pull", "-q", pulling.name, "--timeout", "2", "--retry", "1"] + options, environment: environment)
        expectNoSecret(outcome)
        return outcome
    }

    func expectNoSecret(_ outcome: Program.Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
        let text = outcome.output + outcome.errors
        for secret in [Self.secret, Self.old, Self.auth(Self.secret), Self.auth(Self.old)] {
            #expect(!text.contains(secret), "a secret is shown", sourceLocation: sourceLocation)
        }
    }

    /// Makes `docker-credential-test` of a few lines of shell, and returns a `PATH` that leads to it.
    func helper(_ script: String) throws -> [String: String] {
        // Written by another process: a program that is open for writing, be it in a fork of some other test, cannot be run.
        let path = pulling.bench.folder.path("docker-credential-test")
        let made = try pulling.bench.shell("printf '%s\\n' '#!/bin/sh' \"$2\" > \"$1\" && chmod 755 \"$1\"", path, script)
        #expect(made.status == 0)
        return ["PATH": "\(pulling.bench.folder.path):/usr/bin:/bin"]
    }

    /// The lines of a helper that keeps one login for each server, as files of a folder.
    var keepingHelper: String {
        """
        cd "\(pulling.bench.folder.path)" || exit 9
        input=$(cat)
        name() { printf %s "$1" | tr -c 'a-z0-9\\n' _; }
        case $1 in
        store) server=${input#*ServerURL\\":\\"}; printf %s "$input" > "kept-$(name "${server%%\\"*}")" ;;
        get) cat "kept-$(name "$input")" 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
        erase) rm "kept-$(name "$input")" ;;
        esac
        """
    }

    /// What that helper has, by server.
    func kept() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: pulling.bench.folder.path).filter { $0.hasPrefix("kept-") }.sorted()
    }
}
