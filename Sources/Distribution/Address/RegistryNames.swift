// https://github.com/containers/image/blob/v5.36.0/docs/containers-auth.json.5.md
// https://github.com/docker/cli/blob/v28.3.0/cli/config/credentials/file_store.go

import Foundation
import OCISpec

/// What a key in a file of credentials stands for.
package struct RegistryKey: Hashable, Sendable {
    /// `host[:port]` in lower case, without the port that TLS has anyway; `docker.io` for each of the hub's hosts.
    package let registry: String
    /// A part of the registry, such as `team/app`; nil for all of it.
    package let part: String?

    /// Reads a key.
    ///
    /// One with a scheme stands for its host, whatever the path. One without is `host` or `host/part`; of the paths of the
    /// API, which old clients wrote, `host/v1/` and `host/v2/` stand for the host.
    package init(_ key: String) {
        let (scheme, address) = AddressText.split(key)
        let authority = AddressText.authority(of: address)
        registry = Self.canonical(AddressText.host(of: authority).host, isPlain: key.lowercased().hasPrefix("http://"))
        var path = scheme.isEmpty ? address.dropFirst(authority.count) : ""
        if path == "/v1/" || path == "/v2/" { path = "" }
        while path.hasPrefix("/") { path.removeFirst() }
        while path.hasSuffix("/") { path.removeLast() }
        part = path.isEmpty ? nil : String(path)
    }

    private static func canonical(_ host: Substring, isPlain: Bool) -> String {
        var name = host.lowercased()
        let port = isPlain ? ":80" : ":443"
        if name.hasSuffix(port) { name.removeLast(port.count) }
        return hubHosts.contains(name) ? Reference.defaultDomain : name
    }

    /// The names that the hub goes by, the one of images first.
    static let hubHosts = [Reference.defaultDomain, "index.docker.io", "registry-1.docker.io"]
}

/// The names under which files and helpers keep one registry.
struct RegistryNames {
    /// As `RegistryKey` has it.
    let registry: String
    /// The key that docker writes.
    let serverKey: String
    /// The parts of the registry that a repository is in, the smallest first, then nil for all of the registry.
    let levels: [String?]
    /// As images, or the user, write it.
    private let given: String

    init(_ registry: String, repository: String = "") {
        given = registry
        self.registry = RegistryKey(registry).registry
        serverKey = self.registry == Reference.defaultDomain ? "https://index.docker.io/v1/" : self.registry
        var parts = repository.split(separator: "/")
        var levels: [String?] = []
        while !parts.isEmpty {
            levels.append(parts.joined(separator: "/"))
            parts.removeLast()
        }
        self.levels = levels + [nil]
    }

    private var isHub: Bool { registry == Reference.defaultDomain }

    /// What helpers are asked for: docker's name, and for the hub podman's.
    var helperKeys: [String] { isHub ? [serverKey, registry] : [serverKey] }

    /// The keys that stand for the registry, or for this part of it, in the order in which they count.
    ///
    /// The very name comes first, whichever spelling docker has for it; then TLS before plain HTTP, and short before long.
    func fitting(_ keys: some Sequence<String>, part: String?) -> [String] {
        let exact = exactKeys(part)
        let ranked = keys.filter { key in
            let meaning = RegistryKey(key)
            return meaning.registry == registry && meaning.part == part
        }.map { key in
            (exact.firstIndex(of: key) ?? exact.count, key.hasPrefix("http://") ? 1 : 0, key.utf8.count, key)
        }
        return ranked.sorted { $0 < $1 }.map(\.3)
    }

    private func exactKeys(_ part: String?) -> [String] {
        let hosts = isHub ? RegistryKey.hubHosts : [given, registry]
        if let part { return hosts.map { "\($0)/\(part)" } }
        return isHub ? [serverKey] + hosts : hosts
    }
}
