import Foundation
import TestSupport
import Testing

/// Repositories behind TLS and behind ssh: whom git trusts is said by the environment, and nobody is asked for anything.
@Suite(.needs("git", "python3", "openssl")) struct GitTransportTests {
    private let bench: Workbench
    private let certificate: Certificate

    init() throws {
        bench = try Workbench()
        certificate = try Certificate.make(in: bench.folder.path, "server", .init())
        let made = try bench.shell(
            """
            set -e
            cd "$1"
            export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
            git init -q -b main served/repo.git && cd served/repo.git
            printf 'FROM scratch\\nCOPY f /\\n' > Dockerfile && echo main > f && git add -A && git commit -q -m one
            """, bench.folder.path)
        #expect(made.status == 0, "\(made.errors)")
    }

    /// Builds a context, and expects its file.
    private func expectBuilt(
        _ context: String, _ environment: [String: String], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let folder = bench.folder.path("out-\(UUID().uuidString)")
        let outcome = try bench.program.run(["build", "-q", "-o", folder, context], environment: environment)
        #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        let said = try bench.shell("cat \"$1/f\"", folder).output
        #expect(said == "main\n", sourceLocation: sourceLocation)
    }

    /// Expects that a build ends at once, with a sentence of these words.
    private func expectRefused(
        _ context: String, _ environment: [String: String], naming words: String, hinting hint: String = "hint: ",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try bench.program.run(["build", "-q", context], environment: environment, timeLimit: 60)
        expectSentence(outcome, naming: words, sourceLocation: sourceLocation)
        #expect(outcome.errors.contains(hint), "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    @Test(.needs("/usr/lib/git-core/git-http-backend")) func whatTheEnvironmentTrustsIsTrusted() throws {
        let server = try PythonServer("git-http.py", [bench.folder.path("served")])
        let front = try TLSFront(to: server.port, certificate)
        let address = "\(front.url)/repo.git"
        try expectBuilt(address, ["GIT_SSL_CAINFO": certificate.file])
        try expectBuilt("\(address)#main:", ["GIT_SSL_CAINFO": certificate.file])
        try expectRefused(address, [:], naming: "certificate", hinting: "GIT_SSL_CAINFO")
        let other = try Certificate.make(in: bench.folder.path, "other", .init())
        try expectRefused(address, ["GIT_SSL_CAINFO": other.file], naming: "certificate")
        // Of another name.
        let foreign = try Certificate.make(in: bench.folder.path, "foreign", .init(names: ["DNS:example.com"]))
        let wrong = try TLSFront(to: server.port, foreign)
        try expectRefused("\(wrong.url)/repo.git", ["GIT_SSL_CAINFO": foreign.file], naming: "repo.git")
        try expectRefused("\(front.url)/none.git", ["GIT_SSL_CAINFO": certificate.file], naming: "none.git")
    }

    @Test(.needs("/usr/lib/git-core/git-http-backend")) func aPasswordIsNotAskedFor() throws {
        let server = try PythonServer("git-http.py", [bench.folder.path("served"), "word"])
        let front = try TLSFront(to: server.port, certificate)
        let trust = ["GIT_SSL_CAINFO": certificate.file]
        try expectBuilt("https://me:word@\(front.name)/repo.git", trust)
        try expectRefused("\(front.url)/repo.git", trust, naming: "repo.git")
        try expectRefused("https://me:other@\(front.name)/repo.git", trust, naming: "repo.git")
    }

    /// An `ssh` that keeps what it was told, and runs the command here.
    private func remoteShell(_ body: String) throws -> (path: String, notes: String) {
        let folder = bench.folder.path("shell-\(UUID().uuidString)")
        let made = try bench.shell(
            "mkdir \"$1\" && printf '%s\\n' '#!/bin/sh' \"echo \\\"\\$@\\\" > $1/notes\" \"$2\" > \"$1/ssh\" && chmod 755 \"$1/ssh\"",
            folder, body)
        #expect(made.status == 0, "\(made.errors)")
        return ("\(folder):/usr/local/bin:/usr/bin:/bin", "\(folder)/notes")
    }

    @Test func aRepositoryBehindASecureShell() throws {
        let shell = try remoteShell("for last; do :; done; exec sh -c \"$last\"")
        let path = bench.folder.path("served/repo.git")
        for address in ["ssh://me@host.test\(path)", "me@host.test:\(path)"] {
            try expectBuilt(address, ["PATH": shell.path])
            let told = try String(contentsOfFile: shell.notes, encoding: .utf8)
            #expect(
                told.contains("BatchMode=yes") && told.contains("me@host.test") && told.contains("git-upload-pack"), "\(told)")
        }
    }

    @Test func aSecureShellThatRefusesIsQuoted() throws {
        let shell = try remoteShell("echo 'me@host.test: Permission denied (publickey,password).' >&2; exit 255")
        try expectRefused("me@host.test:repo.git", ["PATH": shell.path], naming: "Permission denied (publickey,password)")
    }

    /// The environment may name another program for it, which asks nobody either.
    @Test func theEnvironmentsOwnSecureShellIsTaken() throws {
        let shell = try remoteShell(
            "echo \"asks $SSH_ASKPASS_REQUIRE $SSH_ASKPASS\" >> \"${0%/*}/asking\"; for last; do :; done; exec sh -c \"$last\"")
        let program = String(shell.path.prefix { $0 != ":" }) + "/ssh"
        try expectBuilt(
            "ssh://me@host.test\(bench.folder.path("served/repo.git"))", ["GIT_SSH_COMMAND": "\(program) -o Mine=yes"])
        #expect(try String(contentsOfFile: shell.notes, encoding: .utf8).contains("Mine=yes"))
        let asking = try String(contentsOfFile: shell.notes.replacing("/notes", with: "/asking"), encoding: .utf8)
        #expect(asking == "asks force /bin/false\n")
    }
}
