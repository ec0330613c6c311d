// https://github.com/docker/cli/blob/v28.2.2/docs/reference/commandline/login.md
// https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md

import ContentStorage
import Foundation
import OCISpec
import StorageIO
import SystemPackage

/// Where docker, podman and skopeo keep what their users logged in with.
package struct CredentialStore: Sendable {
    private let environment: [String: String]
    /// The files that are read, first to last.
    let files: [String]
    /// The file that `login` writes.
    package let writtenFile: String

    /// The files that the environment names; `file` alone where the user gives one.
    package init(environment: [String: String], file: String? = nil) {
        self.environment = environment
        let home = environment["HOME"] ?? "/"
        let docker = (environment["DOCKER_CONFIG"] ?? "\(home)/.docker") + "/config.json"
        if let file = file ?? environment["REGISTRY_AUTH_FILE"], !file.isEmpty {
            files = [file]
            writtenFile = file
        } else {
            let config = environment["XDG_CONFIG_HOME"] ?? "\(home)/.config"
            let runtime = environment["XDG_RUNTIME_DIR"].map { "\($0)/containers/auth.json" }
            files = [runtime, "/run/containers/\(ProcessOwner.uid)/auth.json", "\(config)/containers/auth.json", docker]
                .compactMap(
                    \.self)
            writtenFile = docker
        }
    }

    /// What the user shows this registry, for this repository; nil where nothing is kept.
    func credentials(for registry: String, repository: String) throws(DistributionError) -> Credentials? {
        let names = RegistryNames(registry, repository: repository)
        for path in files {
            guard let file = try AuthFile.read(path) else { continue }
            if let helper = file.helper(for: names) {
                if let found = try CredentialHelper(helper, environment).get(names.serverKey) { return found }
            } else if let found = try file.credentials(for: names) {
                return found
            } else if let store = file.store, let found = try CredentialHelper(store, environment).get(names.serverKey) {
                return found
            }
        }
        return nil
    }

    /// Keeps a password, in the helper that the file names or in the file itself; returns where.
    ///
    /// A reader sees the old file or the new one.
    package func keep(user: String, secret: String, for registry: String) throws(DistributionError) -> String {
        let names = RegistryNames(registry, repository: "")
        var file = try AuthFile.read(writtenFile) ?? AuthFile()
        if let helper = file.helper(for: names) ?? file.store {
            try CredentialHelper(helper, environment).store(names.serverKey, user: user, secret: secret)
            file.noteLogin(names.serverKey)
            try file.write(writtenFile)
            return "docker-credential-\(helper)"
        }
        file.keep(user: user, secret: secret, for: names.serverKey)
        try file.write(writtenFile)
        return writtenFile
    }

    /// Forgets what is kept for a registry, wherever it is; nothing to forget is an error.
    package func forget(_ registry: String) throws(DistributionError) {
        let names = RegistryNames(registry, repository: "")
        var isFound = false
        for path in files {
            guard var file = try AuthFile.read(path) else { continue }
            if let helper = file.helper(for: names) ?? file.store {
                let helper = CredentialHelper(helper, environment)
                if try helper.get(names.serverKey) != nil {
                    try helper.erase(names.serverKey)
                    isFound = true
                }
            }
            if file.forget(names) {
                try file.write(path)
                isFound = true
            }
        }
        if !isFound { throw .notLoggedIn(registry: registry) }
    }
}

/// The names under which files keep one registry.
struct RegistryNames {
    /// The name that docker writes.
    let serverKey: String
    /// Names that fit, the most special first: podman keeps credentials for parts of a registry as well.
    let keys: [String]

    init(_ registry: String, repository: String) {
        let isHub = registry == "docker.io" || registry == "index.docker.io" || registry == "registry-1.docker.io"
        serverKey = isHub ? "https://index.docker.io/v1/" : registry
        let host = isHub ? "docker.io" : registry
        var keys: [String] = []
        var parts = repository.split(separator: "/").map(String.init)
        while !parts.isEmpty {
            keys.append("\(host)/\(parts.joined(separator: "/"))")
            parts.removeLast()
        }
        keys.append(host)
        if isHub { keys += ["index.docker.io", "registry-1.docker.io"] }
        self.keys = keys
    }

    /// A file's key without its scheme and the version that old clients put behind it.
    static func plain(_ key: String) -> String {
        var text = Substring(key)
        for scheme in ["https://", "http://"] where text.hasPrefix(scheme) { text = text.dropFirst(scheme.count) }
        for version in ["/v1/", "/v2/", "/v1", "/v2", "/"] where text.hasSuffix(version) {
            text = text.dropLast(version.count)
            break
        }
        return String(text)
    }
}

/// One file of credentials; fields that this program does not know stay when it is written.
struct AuthFile {
    private var fields: [String: JSONValue] = [:]
    private var path = ""

    init() {}

    /// The file at `path`; nil where there is none.
    static func read(_ path: String) throws(DistributionError) -> AuthFile? {
        guard let data = FileManager.default.contents(atPath: path) else {
            if FileManager.default.fileExists(atPath: path) { throw .badSettings(path: path, detail: "it cannot be read") }
            return nil
        }
        var file = AuthFile()
        file.path = path
        if data.isEmpty { return file }
        do throws(DocumentError) {
            guard case .object(let fields) = try decodeDocument(JSONValue.self, from: Array(data)) else {
                throw DocumentError.malformed(detail: "no object")
            }
            file.fields = fields
        } catch {
            // The detail might quote a secret.
            throw .badSettings(path: path, detail: "it is no JSON object")
        }
        return file
    }

    /// Writes the file, for its owner alone; a symlink stays one.
    func write(_ path: String) throws(DistributionError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = Array(try encoder.encode(JSONValue.object(fields))) + [UInt8(ascii: "\n")]
            let target = FilePath(URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
            let folder = target.removingLastComponent()
            let directory = try Directory.make(folder.isEmpty ? "." : folder, mode: 0o700)
            let name = target.lastComponent?.string ?? "config.json"
            try directory.writeDurably(
                name, bytes, mode: 0o600, temporary: ".\(name).\(ProcessInfo.processInfo.processIdentifier)", points: .settings)
        } catch let error as StorageError {
            throw .content(.storage(error))
        } catch {
            throw .badSettings(path: path, detail: "it cannot be written")
        }
    }

    /// The helper for all registries.
    var store: String? { text(fields["credsStore"]) }

    /// The helper for one registry.
    func helper(for names: RegistryNames) -> String? {
        guard case .object(let helpers)? = fields["credHelpers"] else { return nil }
        for key in names.keys {
            for (name, value) in helpers where RegistryNames.plain(name) == key { return text(value) }
        }
        return nil
    }

    func credentials(for names: RegistryNames) throws(DistributionError) -> Credentials? {
        guard case .object(let entries)? = fields["auths"] else { return nil }
        for key in names.keys {
            for (name, value) in entries where RegistryNames.plain(name) == key {
                guard case .object(let entry) = value else { continue }
                if let token = text(entry["registrytoken"]) { return .registryToken(token) }
                if let token = text(entry["identitytoken"]) { return .identityToken(token) }
                if let user = text(entry["username"]), let secret = text(entry["password"]) {
                    return .password(user: user, secret: secret)
                }
                guard let auth = text(entry["auth"]) else { continue }
                guard let data = Data(base64Encoded: auth), let colon = data.firstIndex(of: UInt8(ascii: ":")) else {
                    throw .badSettings(path: path, detail: "the entry for \(name) is no user and password in base64")
                }
                let secret = data[data.index(after: colon)...].filter { $0 != 0 }
                return .password(
                    user: String(decoding: data[..<colon], as: UTF8.self), secret: String(decoding: secret, as: UTF8.self))
            }
        }
        return nil
    }

    mutating func keep(user: String, secret: String, for key: String) {
        let auth = Data("\(user):\(secret)".utf8).base64EncodedString()
        change { entries in entries[key] = .object(["auth": .string(auth)]) }
    }

    /// Docker lists registries whose credentials are elsewhere with an empty entry.
    mutating func noteLogin(_ key: String) {
        change { entries in entries[key] = .object([:]) }
    }

    /// Removes the entries of a registry itself, but not those for parts of it; false where there are none.
    mutating func forget(_ names: RegistryNames) -> Bool {
        guard case .object(let entries)? = fields["auths"] else { return false }
        let found = entries.keys.filter { names.keys.contains(RegistryNames.plain($0)) }
        change { entries in for key in found { entries[key] = nil } }
        return !found.isEmpty
    }

    private mutating func change(_ body: (inout [String: JSONValue]) -> Void) {
        var entries: [String: JSONValue] = [:]
        if case .object(let found)? = fields["auths"] { entries = found }
        body(&entries)
        fields["auths"] = .object(entries)
    }

    private func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value, !text.isEmpty else { return nil }
        return text
    }
}
