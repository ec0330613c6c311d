import Foundation
import Glibc
import TestSupport
import Testing

/// Repositories as contexts and as sources of `ADD`, fetched by git.
@Suite(.needs("git")) struct GitBuildTests {
    private let bench: Workbench
    private let address: String

    /// A repository with two branches, a tag, a folder with a Dockerfile of its own, and a symlink out of it.
    init() throws {
        bench = try Workbench()
        let made = try bench.shell(
            """
            set -e
            cd "$1"
            export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
            git init -q -b main repo && cd repo
            printf 'FROM scratch\\nCOPY . /\\n' > Dockerfile
            echo main > f && echo secret > left && echo left > .dockerignore && ln -s /etc out && ln -s sub way
            mkdir sub && printf 'FROM scratch\\nCOPY f /\\n' > sub/Dockerfile && echo sub > sub/f
            git add -A && git commit -q -m one && git tag v1
            git checkout -q -b other && echo other > f && git commit -q -a -m two && git checkout -q main
            """, bench.folder.path)
        #expect(made.status == 0, "\(made.errors)")
        address = "file://\(bench.folder.path("repo"))"
    }

    private func commit(_ reference: String) throws -> String {
        try bench.shell("git -C \"$1\" rev-parse \"$2\"", bench.folder.path("repo"), reference).lines.first ?? ""
    }

    /// The paths that a build of a context writes, and what it says.
    private func build(_ context: String, _ words: String...) throws -> (paths: [String], outcome: Program.Outcome) {
        let folder = bench.folder.path("out-\(UUID().uuidString)")
        let outcome = try bench.program.run(["build", "-q", "-o", folder] + words + [context])
        let listed = try bench.shell("cd \"$1\" 2>/dev/null && find . -mindepth 1 | sort", folder).lines
        return (listed, outcome)
    }

    private func file(_ context: String, _ words: String...) throws -> String {
        let folder = bench.folder.path("out-\(UUID().uuidString)")
        let outcome = try bench.program.run(["build", "-q", "-o", folder] + words + [context])
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try String(contentsOfFile: "\(folder)/f", encoding: .utf8)
    }

    @Test func aBranchATagACommitAndAFolder() throws {
        #expect(
            try build(address).paths == [
                "./.dockerignore", "./Dockerfile", "./f", "./out", "./sub", "./sub/Dockerfile", "./sub/f", "./way",
            ])
        #expect(try file(address) == "main\n")
        #expect(try file("\(address)#other") == "other\n")
        #expect(try file("\(address)#v1") == "main\n")
        #expect(try file("\(address)#\(try commit("other"))") == "other\n")
        #expect(try file("\(address)#:sub") == "sub\n")
        #expect(try file("\(address)#other:sub") == "sub\n")
        #expect(try build("\(address)#main", "--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1").paths.contains("./.git"))
        #expect(bench.problems == [])
    }

    @Test func whatIsNotThereIsNamed() throws {
        for (fragment, said) in [
            ("#nothere", "nothere"), ("#:nothere", "no directory nothere"), ("#:out", "no directory out"),
            ("#:way", "no directory way"),
            ("#--upload-pack=x", "--upload-pack=x"), ("#:../x", "leads out"),
        ] {
            let outcome = try build(address + fragment).outcome
            #expect(outcome.status != 0 && outcome.errors.contains(said), "\(fragment): \(outcome.errors)")
        }
        for place in ["ext::sh -c touch% /tmp/x", "git@-oProxyCommand=x:y", "--upload-pack=x"] {
            #expect(try bench.program.run(["build", "-q", "--", place]).status != 0)
        }
    }

    @Test func addTakesARepository() throws {
        let port = try SilentPort().number
        let daemon = try bench.startDaemon(port)
        // It has inherited a mask that lets it oversee a wish to end.
        defer { kill(daemon.processIdentifier, SIGKILL) }
        let url = "git://127.0.0.1:\(port)/repo"
        func add(_ line: String) throws -> (paths: [String], outcome: Program.Outcome) {
            let context = bench.folder.path("context-\(UUID().uuidString)")
            try FileManager.default.createDirectory(atPath: context, withIntermediateDirectories: true)
            try Data("FROM scratch\n\(line)\n".utf8).write(to: URL(fileURLWithPath: "\(context)/Dockerfile"))
            return try build(context)
        }
        let (paths, outcome) = try add("ADD \(url)#v1 /src/")
        #expect(paths.contains("./src/f") && paths.contains("./src/left") && !paths.contains("./src/.git"), "\(outcome.errors)")
        #expect(try add("ADD --keep-git-dir \(url) /src/").paths.contains("./src/.git/HEAD"))
        #expect(try add("ADD \(url)#:sub /").paths == ["./Dockerfile", "./f"])
        #expect(try add("ADD --checksum=\(try commit("main")) \(url)#main /").outcome.status == 0)
        #expect(try add("ADD \(url)#\(try commit("other")) /").outcome.status == 0)
        let wrong = try add("ADD --checksum=\(try commit("other")) \(url)#main /").outcome
        #expect(wrong.status != 0 && wrong.errors.contains("is at commit"), "\(wrong.errors)")
        #expect(try add("ADD --keep-git-dir f /").outcome.errors.contains("only for a git repository"))
        // A file of this machine is no address in a Dockerfile.
        #expect(try add("ADD \(address) /").outcome.status != 0)
    }

    @Test func aStrangersRepositoryRunsNothing() throws {
        let mark = bench.folder.path("mark")
        let made = try bench.shell(
            """
            set -e
            cd "$1/repo"
            export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
            for hook in post-checkout post-merge pre-commit; do printf '#!/bin/sh\\ntouch "%s"\\n' "$2" > .git/hooks/$hook; done
            git config filter.x.smudge "touch $2" && git config filter.x.clean cat
            echo '* filter=x' > .gitattributes
            printf '[submodule "s"]\\n\\tpath = s\\n\\turl = ext::sh -c touch%% %s\\n' "$2" > .gitmodules
            git add -A && git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),s
            git commit -q --no-verify -m three
            """, bench.folder.path, mark)
        #expect(made.status == 0, "\(made.errors)")
        try? FileManager.default.removeItem(atPath: mark)
        let outcome = try build(address).outcome
        #expect(outcome.status != 0 && outcome.errors.contains("ext"), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: mark))
    }
}

extension Workbench {
    /// A git server on loopback with what the bench's folder has.
    fileprivate func startDaemon(_ port: Int) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/lib/git-core/git-daemon")
        process.arguments = [
            "--reuseaddr", "--export-all", "--listen=127.0.0.1", "--port=\(port)", "--base-path=\(folder.path)", folder.path,
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let wait = try shell(
            "for i in $(seq 200); do git ls-remote git://127.0.0.1:$1/repo >/dev/null 2>&1 && exit; sleep 0.05; done", "\(port)")
        #expect(wait.status == 0)
        return process
    }
}
