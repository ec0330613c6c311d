// https://github.com/docker/cli/blob/v28.3.0/docs/reference/commandline/login.md
// https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md

import Foundation
import StorageIO

/// Where docker, podman and skopeo keep what their users logged in with.
///
/// The order in which places count is told in docs/registry.md; `places` and `credentials` alone decide it.
package struct CredentialStore: Sendable {
    /// Something that has the form of docker's config.json.
    enum Place: Sendable {
        /// The text of a variable.
        case variable(String)
        /// A file; one that the user names should be there.
        case file(String, isNamed: Bool)
        /// A file in the form of docker before 1.7.
        case legacyFile(String)
    }

    /// The variable that holds a config.json itself.
    package static let variableName = "DOCKER_AUTH_CONFIG"

    let environment: [String: String]
    let helperSeconds: Double
    /// What stands before all files.
    let variable: Place?
    /// The files that are read; `login` writes the first.
    let files: [Place]
    /// The file that `login` writes.
    package let writtenFile: String

    /// The places that the environment names; `file` alone where the user gives one.
    ///
    /// A call of a credential helper may take `helperSeconds`.
    package init(environment: [String: String], file: String? = nil, helperSeconds: Double = 30) {
        self.environment = environment
        self.helperSeconds = helperSeconds
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let file = file.flatMap({ $0.isEmpty ? nil : $0 }) ?? value("REGISTRY_AUTH_FILE") {
            variable = nil
            files = [.file(file, isNamed: true)]
            writtenFile = file
            return
        }
        let home = value("HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path
        writtenFile = (value("DOCKER_CONFIG") ?? "\(home)/.docker") + "/config.json"
        // What is not absolute is to be ignored, says the XDG Base Directory Specification.
        func folder(_ name: String) -> String? { value(name).flatMap { $0.utf8.first == UInt8(ascii: "/") ? $0 : nil } }
        let podman = [
            folder("XDG_RUNTIME_DIR").map { "\($0)/containers/auth.json" }, "/run/containers/\(ProcessOwner.uid)/auth.json",
            (folder("XDG_CONFIG_HOME") ?? "\(home)/.config") + "/containers/auth.json",
        ]
        variable = value(Self.variableName).map { .variable($0) }
        files =
            ([writtenFile] + podman.compactMap(\.self)).map { .file($0, isNamed: false) } + [.legacyFile("\(home)/.dockercfg")]
    }

    /// What the user shows this registry, for this repository.
    ///
    /// What cannot be read, or does not answer, is passed over and told in the report: most images are there for everybody.
    func credentials(for registry: String, repository: String) -> FoundCredentials {
        find(RegistryNames(registry, repository: repository), in: [variable.map { [$0] } ?? [], files])
    }

    /// The first credentials in some places; those of an earlier group come before all of a later one.
    func find(_ names: RegistryNames, in groups: [[Place]]) -> FoundCredentials {
        var search = Search(names: names, store: self)
        for places in groups {
            let readable = places.compactMap { search.open($0) }
            for level in names.levels {
                for file in readable {
                    if let found = search.look(in: file, for: level) { return found }
                }
            }
        }
        return FoundCredentials(report: CredentialReport(problems: search.problems))
    }

    func helper(_ name: HelperName) -> CredentialHelper {
        CredentialHelper(name: name, environment: environment, seconds: helperSeconds)
    }
}

extension CredentialStore.Place {
    /// What messages call it.
    var name: String {
        switch self {
        case .variable: "$\(CredentialStore.variableName)"
        case .file(let path, _), .legacyFile(let path): path
        }
    }

    /// The file that it is, and whether in the form of docker before 1.7; nil for the variable.
    var file: (path: String, isLegacy: Bool)? {
        switch self {
        case .variable: nil
        case .file(let path, _): (path, false)
        case .legacyFile(let path): (path, true)
        }
    }

    /// Its text; nil where there is none.
    func read() throws(PlaceFault) -> AuthFile? {
        switch self {
        case .variable(let text): return try AuthFile(Array(text.utf8), place: name)
        case .file(let path, _): return try AuthFile.read(path)
        case .legacyFile(let path): return try AuthFile.readLegacy(path)
        }
    }
}

/// One search through the places.
private struct Search {
    let names: RegistryNames
    let store: CredentialStore
    var problems: [CredentialProblem] = []
    /// Helpers that were asked already, by program.
    private var asked: Set<String> = []

    init(names: RegistryNames, store: CredentialStore) {
        self.names = names
        self.store = store
    }

    mutating func open(_ place: CredentialStore.Place) -> AuthFile? {
        do {
            if let file = try place.read() { return file }
            if case .file(let path, isNamed: true) = place { problems.append(.place(path, .absent)) }
        } catch {
            problems.append(.place(place.name, error))
        }
        return nil
    }

    /// What a file has for all of the registry, or for a part of it: its helper is asked before its entries are looked at.
    mutating func look(in file: AuthFile, for level: String?) -> FoundCredentials? {
        if let name = file.helper(for: names, part: level), let credentials = ask(name) {
            return FoundCredentials(
                credentials: credentials, report: CredentialReport(source: .helper(name), problems: problems))
        }
        return file.find(names, part: level, &problems)
    }

    private mutating func ask(_ name: HelperName) -> Credentials? {
        guard asked.insert(name.program).inserted else { return nil }
        do {
            for key in names.helperKeys {
                if let credentials = try store.helper(name).get(key) { return credentials }
            }
        } catch {
            problems.append(.helper(name, error))
        }
        return nil
    }
}
