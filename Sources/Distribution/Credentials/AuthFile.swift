// https://github.com/docker/cli/blob/v28.3.0/docs/reference/commandline/login.md
// https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md

import ContentStorage
import Foundation
import OCISpec
import StorageIO
import SystemPackage

/// The text of one file of credentials; fields that this program does not know stay when it is written.
///
/// Nothing that one entry has wrong concerns another.
struct AuthFile {
    /// What messages call it: a path or a variable.
    let place: String
    private var fields: JSONFields = [:]
    /// Whether the file has nothing but entries.
    private var isLegacy = false
    private var isChanged = false

    /// One without entries.
    init(place: String) { self.place = place }

    /// Reads a text; an empty one has no entries.
    init(_ text: [UInt8], place: String) throws(PlaceFault) {
        self.place = place
        if text.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) { return }
        let value: JSONValue
        do throws(DocumentError) { value = try decodeDocument(JSONValue.self, from: text) } catch { throw .notJSON }
        guard case .object(let fields) = value else { throw .notJSON }
        self.fields = fields
    }

    /// The file at `path`; nil where there is none.
    static func read(_ path: String) throws(PlaceFault) -> AuthFile? {
        guard let data = FileManager.default.contents(atPath: path) else {
            if FileManager.default.fileExists(atPath: path) { throw .unreadable }
            return nil
        }
        return try AuthFile(Array(data), place: path)
    }

    /// The file at `path` in the form of docker before 1.7, which has nothing but entries; nil where there is none.
    static func readLegacy(_ path: String) throws(PlaceFault) -> AuthFile? {
        guard var file = try read(path) else { return nil }
        file.fields = ["auths": .object(file.fields)]
        file.isLegacy = true
        return file
    }
}

// MARK: reading

extension AuthFile {
    /// What one entry holds.
    private enum Entry {
        case credentials(Credentials)
        /// Nothing: docker lists registries so whose credentials are elsewhere.
        case empty
        case malformed
    }

    /// The helper for a registry, or for a part of it.
    func helper(for names: RegistryNames, part: String?) -> HelperName? {
        if case .object(let helpers)? = fields["credHelpers"] {
            for key in names.fitting(helpers.keys.map(\.text), part: part) {
                guard case .string(let name)? = helpers[ExactText(key)] else { continue }
                // An empty name exempts a registry from `credsStore`.
                return name.isEmpty ? nil : helper(name, "credHelpers")
            }
        }
        guard part == nil, let name = text(fields["credsStore"]) else { return nil }
        return helper(name, "credsStore")
    }

    private func helper(_ name: String, _ setting: String) -> HelperName {
        HelperName(program: "docker-credential-\(name)", setting: setting, place: place)
    }

    /// The first entry for a registry, or for a part of it, that holds credentials; those before it that hold none as
    /// they should become problems.
    func find(_ names: RegistryNames, part: String?, _ problems: inout [CredentialProblem]) -> FoundCredentials? {
        for key in names.fitting(entries.keys.map(\.text), part: part) {
            let shown = Self.shown(key)
            switch entry(key) {
            case .credentials(let credentials):
                let source = CredentialSource.entry(key: shown, place: place, isPart: part != nil)
                return FoundCredentials(credentials: credentials, report: CredentialReport(source: source, problems: problems))
            case .malformed: problems.append(.badEntry(key: shown, place: place))
            case .empty: continue
            }
        }
        return nil
    }

    /// Everything here that stands for parts of a registry; with `isWhole` also what stands for all of it.
    func sources(of names: RegistryNames, isWhole: Bool) -> [CredentialSource] {
        var sources: [CredentialSource] = []
        if isWhole, let helper = helper(for: names, part: nil) { sources.append(.helper(helper)) }
        for key in entries.keys.sorted().map(\.text) {
            let meaning = RegistryKey(key)
            guard meaning.registry == names.registry, isWhole || meaning.part != nil, case .credentials = entry(key) else {
                continue
            }
            sources.append(.entry(key: Self.shown(key), place: place, isPart: meaning.part != nil))
        }
        return sources
    }

    private var entries: JSONFields {
        guard case .object(let entries)? = fields["auths"] else { return [:] }
        return entries
    }

    private func entry(_ key: String) -> Entry {
        guard case .object(let entry)? = entries[ExactText(key)] else { return .empty }
        if let token = text(entry["registrytoken"]) { return .credentials(.registryToken(token)) }
        if let token = text(entry["identitytoken"]) { return .credentials(.identityToken(token)) }
        if let auth = text(entry["auth"]), let found = Credentials(base64: auth) { return .credentials(found) }
        if let user = text(entry["username"]), let secret = text(entry["password"]) {
            return .credentials(.password(user: user, secret: secret))
        }
        return text(entry["auth"]) == nil ? .empty : .malformed
    }

    private func text(_ value: JSONValue?) -> String? {
        guard case .string(let text)? = value, !text.isEmpty else { return nil }
        return text
    }

    /// A key for messages; an address may hold a user and a password.
    private static func shown(_ key: String) -> String { RequestLine(method: "", url: key).url }
}

// MARK: writing

extension AuthFile {
    /// Makes this the registry's only entry, under docker's name for it; without a password it says that a helper has it.
    mutating func keep(_ names: RegistryNames, user: String = "", secret: String? = nil) {
        let auth = secret.map { ["auth": .string(Credentials.base64(user: user, secret: $0))] as JSONFields }
        change { entries in
            // Others read other spellings first.
            for key in names.fitting(entries.keys.map(\.text), part: nil) { entries[ExactText(key)] = nil }
            entries[ExactText(names.serverKey)] = .object(auth ?? [:])
        }
    }

    /// Removes the entries of a registry, or of one part of it, but not those of its other parts; false where there are none.
    mutating func forget(_ names: RegistryNames, part: String?) -> Bool {
        let keys = names.fitting(entries.keys.map(\.text), part: part)
        change { entries in for key in keys { entries[ExactText(key)] = nil } }
        return !keys.isEmpty
    }

    private mutating func change(_ body: (inout JSONFields) -> Void) {
        let old = entries
        var new = old
        body(&new)
        guard new != old else { return }
        fields["auths"] = .object(new)
        isChanged = true
    }

    /// Changes the file at `path`, or makes it: what `body` finds is what no other process of this program changes meanwhile.
    ///
    /// The lock is that of the file's folder, so that nothing stays behind. A file system that has no locks, as some networks'
    /// have none for folders, is written to without. A symlink stays one, and a reader sees the old file or the new one.
    static func update<T>(_ path: String, isLegacy: Bool = false, _ body: (inout AuthFile) -> T) throws(DistributionError) -> T {
        let target = try target(of: path)
        let folder = target.removingLastComponent()
        let directory = try inFiles { () throws(StorageError) in
            try Directory.make(folder.isEmpty ? "." : folder, mode: 0o700)
        }
        let lock = try inFiles { () throws(StorageError) -> FileLock? in try Self.lock(directory) }
        defer { lock?.release() }
        var file = AuthFile(place: path)
        do { file = try (isLegacy ? readLegacy(path) : read(path)) ?? file } catch {
            throw .unusablePlace(path, error)
        }
        let result = body(&file)
        if file.isChanged { try file.write(target.lastComponent?.string ?? "config.json", in: directory) }
        return result
    }

    /// Where links lead to, even if nothing is there yet.
    private static func target(of path: String) throws(DistributionError) -> FilePath {
        var target = FilePath(path)
        for _ in 0..<40 {
            let link: String
            do { link = try FileManager.default.destinationOfSymbolicLink(atPath: target.string) } catch { return target }
            target = target.removingLastComponent().pushing(FilePath(link))
        }
        throw .unusablePlace(path, .circular)
    }

    /// The folder's lock; nil where the file system has none.
    private static func lock(_ directory: Directory) throws(StorageError) -> FileLock? {
        do {
            return try FileLock.acquire(directory: directory, .exclusive, patience: .seconds(30))
        } catch {
            if error.isBusy { throw error }
            return nil
        }
    }

    /// Writes the file for its owner alone.
    private func write(_ name: String, in directory: Directory) throws(DistributionError) {
        let bytes = JSONText(.object(isLegacy ? entries : fields)).bytes
        try inFiles { () throws(StorageError) in
            try directory.writeDurably(
                name, bytes, mode: 0o600, temporary: ".\(name).\(ProcessInfo.processInfo.processIdentifier)", points: .settings)
        }
    }
}

/// Runs a step on a file, and turns its failure into this module's.
private func inFiles<T>(_ body: () throws(StorageError) -> T) throws(DistributionError) -> T {
    do { return try body() } catch { throw .content(.storage(error)) }
}
