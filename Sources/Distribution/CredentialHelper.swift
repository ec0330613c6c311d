// https://github.com/docker/docker-credential-helpers#development

import Foundation

/// A program `docker-credential-NAME` that keeps credentials, such as in the desktop's keyring.
struct CredentialHelper {
    private let name: String
    private let environment: [String: String]

    init(_ name: String, _ environment: [String: String]) {
        self.name = name
        self.environment = environment
    }

    /// What it keeps for a server; nil where it keeps nothing.
    func get(_ server: String) throws(DistributionError) -> Credentials? {
        struct Reply: Decodable {
            var Username: String
            var Secret: String
        }
        let (status, output) = try run("get", input: Array(server.utf8))
        guard status == 0 else {
            // The helpers say it so, on standard output; other failures name things of the user's, not secrets.
            let text = String(decoding: output.prefix(300), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if text.contains("credentials not found") { return nil }
            throw failure(text.isEmpty ? "it ended with status \(status)" : text)
        }
        let reply: Reply
        do { reply = try JSONDecoder().decode(Reply.self, from: Data(output)) } catch {
            throw failure("its answer is not of the expected form")
        }
        if reply.Secret.isEmpty { return nil }
        return reply.Username == "<token>"
            ? .identityToken(reply.Secret) : .password(user: reply.Username, secret: reply.Secret)
    }

    /// Keeps a password.
    func store(_ server: String, user: String, secret: String) throws(DistributionError) {
        let fields = ["ServerURL": server, "Username": user, "Secret": secret]
        let input: Data
        do { input = try JSONEncoder().encode(fields) } catch { throw failure("the password cannot be written as JSON") }
        guard try run("store", input: Array(input)).status == 0 else { throw failure("it could not keep the password") }
    }

    /// Forgets what it keeps for a server.
    func erase(_ server: String) throws(DistributionError) {
        guard try run("erase", input: Array(server.utf8)).status == 0 else { throw failure("it could not forget the password") }
    }

    private func failure(_ detail: String) -> DistributionError { .helperFailed("docker-credential-\(name)", detail: detail) }

    private func run(_ verb: String, input: [UInt8]) throws(DistributionError) -> (status: Int32, output: [UInt8]) {
        let program = "docker-credential-\(name)"
        // A name with a slash would run any file.
        guard !name.contains("/"), let path = find(program) else { throw failure("it is not in PATH") }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [verb]
        process.environment = environment
        let (standardInput, standardOutput) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
            try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
            try standardInput.fileHandleForWriting.close()
            let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (process.terminationStatus, Array(output))
        } catch {
            throw failure("it could not be run")
        }
    }

    private func find(_ program: String) -> String? {
        let folders = (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
