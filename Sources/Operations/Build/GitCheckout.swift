// https://git-scm.com/docs/git-fetch
// https://git-scm.com/docs/git#_environment_variables

import ContentStorage
import DockerfileLanguage
import Foundation
import StorageIO
import SystemPackage

/// A commit of a repository, checked out in a folder of the session by the program `git`.
///
/// The repository is a stranger's. Git speaks no other protocols than those of addresses, asks nobody, reads no configuration but what is
/// said here, and runs no hook and no filter.
struct GitCheckout {
    let session: IngestSession
    let address: GitAddress
    /// Whether the tree keeps the repository, `.git`.
    let keepsRepository: Bool
    /// What the commit must begin with; nil for any.
    var checksum: String?

    private static let secondsLimit = 1800.0
    private static let referenceName = "refs/strata/wanted"

    /// The folder that is meant.
    func make() throws -> Directory {
        guard let program = ProgramRun.find("git", ProcessInfo.processInfo.environment) else { throw GitError.notInstalled }
        let (_, tree) = try session.makeFolder()
        let git = Git(program: program, folder: tree.path, isFile: address.isOfFile)
        try git.run("init", "--quiet", "--template=")
        try fetch(git)
        let answer = try git.line("rev-parse", "--verify", "--quiet", "\(Self.referenceName)^{commit}")
        guard [40, 64].contains(answer.utf8.count), answer.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            throw GitError.failed(address.url, detail: answer)
        }
        let commit = answer
        if let checksum, !commit.hasPrefix(checksum) {
            throw GitError.checksumMismatch(address.url, expected: checksum, actual: commit)
        }
        try git.run("checkout", "--quiet", "--force", "--detach", commit)
        if try tree.status(".gitmodules")?.kind == .file {
            try git.run("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1")
        }
        if !keepsRepository { try removeRepositories(tree) }
        return try inner(tree)
    }

    /// The wanted commit, and no more of the history where the server gives it alone.
    private func fetch(_ git: Git) throws {
        let wanted = "\(address.reference ?? "HEAD"):\(Self.referenceName)"
        do {
            try git.run("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", address.url, "+\(wanted)")
        } catch GitError.failed(_, let words) {
            guard let reference = address.reference, address.isCommit else {
                throw GitError.failed(address.url, detail: words)
            }
            // A server need not give a commit by its name alone.
            do {
                try git.run(
                    "fetch", "--quiet", "--no-recurse-submodules", "--", address.url, "+refs/heads/*:refs/strata/heads/*",
                    "+refs/tags/*:refs/strata/tags/*")
                try git.run("update-ref", Self.referenceName, reference)
            } catch GitError.failed(_, let words) {
                throw GitError.failed(address.url, detail: words)
            }
        }
    }

    /// The folder of the address, no symlink on the way followed.
    private func inner(_ tree: Directory) throws -> Directory {
        if address.folder.isEmpty { return tree }
        let name = address.folder.joined(separator: "/")
        do throws(StorageError) {
            guard let found = try tree.directory(below: address.folder.map { Substring($0) }) else {
                throw StorageError(.open, name, .noSuchFileOrDirectory)
            }
            return found
        } catch { throw GitError.noSuchFolder(address.url, folder: name) }
    }

    /// Takes `.git` away, the repository's and those of its submodules, which are files.
    private func removeRepositories(_ tree: Directory) throws {
        for path in try submodules(tree) {
            guard let folder = try tree.directory(below: path.split(separator: "/")) else { continue }
            try folder.removeTree(".git")
        }
        try tree.removeTree(".git")
    }

    private func submodules(_ tree: Directory) throws -> [String] {
        guard try tree.status(".gitmodules")?.kind == .file else { return [] }
        let enumerator = FileManager.default.enumerator(atPath: tree.path)
        var found: [String] = []
        while let path = enumerator?.nextObject() as? String {
            if path == ".git" { enumerator?.skipDescendants() }
            if path.hasSuffix("/.git") { found.append(String(path.dropLast("/.git".count))) }
        }
        return found
    }

    /// The program in one folder.
    private struct Git {
        let program: String
        let folder: String
        let isFile: Bool

        func run(_ words: String...) throws { _ = try output(words) }

        func line(_ words: String...) throws -> String {
            String(decoding: try output(words).prefix { $0 != 10 }, as: UTF8.self)
        }

        private func output(_ words: [String]) throws -> [UInt8] {
            let settings = [
                "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.autocrlf=false", "core.fileMode=true", "gc.auto=0",
                "advice.detachedHead=false", "protocol.allow=never", "credential.helper=", "submodule.recurse=false",
                "safe.directory=*",
            ]
            // A file of this machine is what the caller named, never what a repository names.
            let protocols = GitAddress.protocols + (isFile && words.first == "fetch" ? ["file"] : [])
            let options = (settings + protocols.map { "protocol.\($0).allow=always" }).flatMap { ["-c", $0] }
            let answer: ProgramRun.Answer
            do {
                // Modes are those of the commit, whatever the caller's mask.
                answer = try ProgramRun.run(
                    "/bin/sh", ["-c", "umask 022 && cd \"$1\" && shift && exec \"$@\"", "sh", folder, program] + options + words,
                    [], environment(protocols), seconds: GitCheckout.secondsLimit, withErrors: true)
            } catch { throw GitError.failed(words.first ?? "", detail: "\(error)") }
            guard answer.status == 0 else {
                throw GitError.failed(words.first ?? "", detail: Self.reason(String(decoding: answer.output, as: UTF8.self)))
            }
            return answer.output
        }

        /// The line of what git said that has the reason: the last one, or what `ssh` said before git's own general words.
        private static func reason(_ output: String) -> String {
            let lines = output.split(separator: "\n")
            let own = lines.prefix { $0 != "fatal: Could not read from remote repository." }
            guard let line = own.last ?? lines.first else { return "it said nothing" }
            return String(line.hasSuffix(".") ? line.dropLast() : line)
        }

        private func environment(_ protocols: [String]) -> [String: String] {
            let own = ProcessInfo.processInfo.environment
            var environment = [
                "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TERMINAL_PROMPT": "0",
                "GIT_ASKPASS": "/bin/false",
                "GIT_ALLOW_PROTOCOL": protocols.joined(separator: ":"), "GIT_PROTOCOL_FROM_USER": "0",
                "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C",
            ]
            for name in Self.passed { environment[name] = own[name] }
            if own["GIT_SSH_COMMAND"] == nil, own["GIT_SSH"] == nil { environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes" }
            return environment
        }

        /// What the caller's environment says of the way to servers: where programs are, who is trusted, by whom to go.
        private static let passed = [
            "PATH", "HOME", "SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_CERT",
            "GIT_SSL_KEY", "SSL_CERT_FILE", "SSL_CERT_DIR", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY",
            "ALL_PROXY", "NO_PROXY",
        ]
    }
}

/// Why a repository is no source of files.
package enum GitError: Error, Hashable {
    /// The program is not there.
    case notInstalled
    /// The program failed on the address, in its words.
    case failed(String, detail: String)
    /// The commit is not the one that was asked for.
    case checksumMismatch(String, expected: String, actual: String)
    /// The repository has no such folder, or a symlink in its place.
    case noSuchFolder(String, folder: String)
}
