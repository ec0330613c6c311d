// https://github.com/docker/docker-credential-helpers#development
// https://github.com/docker/cli/blob/v28.3.0/docs/reference/commandline/login.md#credential-helper-protocol

import Foundation
import OCISpec
import StorageIO
import SystemPackage

/// A program `docker-credential-NAME` that keeps credentials, such as in the desktop's keyring.
///
/// It counts by what it answers: many are a few lines of shell, whose status says little.
struct CredentialHelper {
    let name: HelperName
    let environment: [String: String]
    /// How long one call may take.
    let seconds: Double

    /// What it keeps for a server; nil where it keeps nothing.
    func get(_ server: String) throws(HelperFault) -> Credentials? {
        let answer = try run("get", Array(server.utf8))
        let text = String(decoding: answer.output, as: UTF8.self)
        if let fields = Self.fields(in: text) {
            let secret = fields["secret"] ?? ""
            guard !secret.isEmpty else { return nil }
            switch fields["username"] ?? "" {
            case "": throw .nameless
            case "<token>": return .identityToken(secret)
            case let user: return .password(user: user, secret: secret)
            }
        }
        // The helpers of docker say it so.
        if text.contains("credentials not found") { return nil }
        try requireSuccess(answer)
        guard text.allSatisfy(\.isWhitespace) else { throw .malformed }
        return nil
    }

    /// Keeps a password; false where it is not known whether `get` will give it.
    func store(_ server: String, user: String, secret: String) throws(HelperFault) -> Bool {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let input: Data
        do { input = try encoder.encode(["ServerURL": server, "Username": user, "Secret": secret]) } catch { throw .malformed }
        let answer = try run("store", Array(input))
        guard answer.status != nil else { throw .tooSlow(seconds: seconds) }
        var given: Credentials?
        // One that cannot tell yet, for example since it is locked, may still have kept it.
        do throws(HelperFault) { given = try get(server) } catch { given = nil }
        if case .password(user, secret)? = given { return true }
        try requireSuccess(answer, hiding: secret)
        if given != nil { throw .keepsAnother }
        return false
    }

    /// Forgets what it keeps for a server; false where it keeps nothing.
    func erase(_ server: String) throws(HelperFault) -> Bool {
        guard try get(server) != nil else { return false }
        let answer = try run("erase", Array(server.utf8))
        do throws(HelperFault) {
            if try get(server) == nil { return true }
        } catch {
            // Asked again it cannot tell, so its status has to do.
            try requireSuccess(answer)
            return true
        }
        throw .doesNotForget
    }

    private func run(_ verb: String, _ input: [UInt8]) throws(HelperFault) -> ProgramRun.Answer {
        guard let path = find() else { throw .absent }
        do { return try ProgramRun.run(path, [verb], input, environment, seconds: seconds) } catch {
            throw .notRunnable(errno: error.rawValue)
        }
    }

    private func requireSuccess(_ answer: ProgramRun.Answer, hiding secret: String? = nil) throws(HelperFault) {
        guard let status = answer.status else { throw .tooSlow(seconds: seconds) }
        if status != 0 { throw .failed(status: status, said: Self.quotable(answer.output, hiding: secret)) }
    }

    /// The fields of the object in an answer that are text, their names in lower case; what stands around it is chatter.
    private static func fields(in text: String) -> [String: String]? {
        guard let start = text.firstIndex(of: "{"), let end = text.lastIndex(of: "}"), start < end else { return nil }
        do throws(DocumentError) {
            guard case .object(let object) = try decodeDocument(JSONValue.self, from: Array(text[start...end].utf8)) else {
                return nil
            }
            var fields: [String: String] = [:]
            for (name, value) in object { if case .string(let text) = value { fields[name.text.lowercased()] = text } }
            return fields
        } catch {
            // The caller says that the helper's answer cannot be read; the text may hold a secret.
            return nil
        }
    }

    /// The first line of what a helper says to a failure, unless it may show a secret.
    private static func quotable(_ output: [UInt8], hiding secret: String?) -> String {
        let text = String(decoding: output.prefix(4096), as: UTF8.self)
        if text.contains("{") || secret.map(text.contains) == true { return "" }
        let line = text.split(whereSeparator: \.isNewline).map {
            $0.trimmingCharacters(in: .whitespaces.union(.controlCharacters))
        }.first { !$0.isEmpty }
        return String((line ?? "").prefix(300))
    }

    private func find() -> String? { ProgramRun.find(name.program, environment) }
}
