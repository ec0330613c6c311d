// https://man7.org/linux/man-pages/man5/resolv.conf.5.html

package import ContentStorage
package import StorageIO
import TextValues

/// The files that a container has of its own: its name, the hosts that it knows, where names are asked for.
package struct OwnFiles {
    private let contents: [String: [UInt8]]
    /// As many bytes of this machine's files as are passed on.
    private static let limit = 1 << 20
    private static let loopback = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"

    /// The files of a container that is being made, or that has this network in a run; what it has of this machine's is as it is now.
    package init(of container: Container, in network: ContainerNetwork? = nil) {
        let settings = container.settings
        // What was asked for goes first: of two lines for one name the first holds.
        let added = (settings.hosts ?? []).map { entry in
            guard entry.address == HostEntry.gateway else { return entry.line }
            return (network?.record?.gateway).map { "\($0)\t\(entry.name)\n" } ?? ""
        }.joined()
        let known = settings.network == .host ? Self.machine("/etc/hosts") : Array(Self.loopback.utf8)
        let own = network?.address?.description ?? "127.0.1.1"
        let resolver: [UInt8] =
            switch settings.network {
            case .host: Self.machine("/etc/resolv.conf")
            case .none: []
            case .joined: Self.resolver(of: network)
            }
        contents = [
            "hostname": Array("\(container.hostname)\n".utf8),
            "hosts": Array(added.utf8) + known + Array("\(own)\t\(container.hostname)\n".utf8),
            "resolv.conf": Self.resolver(settings.resolver, over: resolver),
        ]
    }

    /// What a network's containers ask for names: its own server, else those of this machine that can be reached from there.
    private static func resolver(of network: ContainerNetwork?) -> [UInt8] {
        let servers = network?.nameServers ?? []
        if !servers.isEmpty {
            return Array(("search dns.podman\n" + servers.map { "nameserver \($0)\n" }.joined()).utf8)
        }
        // A server on this machine's loopback is behind systemd's resolver, which tells its own servers elsewhere.
        for path in ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"] {
            let lines = machine(path).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            let kept = lines.filter { !isOfLoopback($0) }
            guard kept.contains(where: { $0.hasPrefix("nameserver") }) else { continue }
            return Array(kept.map { "\($0)\n" }.joined().utf8)
        }
        return []
    }

    private static func isOfLoopback(_ line: String) -> Bool {
        let words = line.split { $0 == " " || $0 == "\t" }
        guard words.first == "nameserver", let address = words.dropFirst().first else { return false }
        return address.hasPrefix("127.") || address == "::1"
    }

    /// Makes them, for every user of the container to read.
    package func write(to folder: Directory) throws(StorageError) {
        for file in Container.ownFiles {
            let own = try folder.createFile(file.name, mode: 0o644, replacing: true)
            try own.write(contents[file.name] ?? [])
            try own.setMode(0o644)
        }
    }

    private static func machine(_ path: String) -> [UInt8] {
        // A machine without such a file, or with one that cannot be read, knows nothing that could be passed on.
        do throws(StorageError) { return try File.readStream(path, limit: limit) } catch { return [] }
    }

    /// The file with what was asked for in place of what it says; all of it as it is where nothing was.
    package static func resolver(_ wanted: ContainerSettings.Resolver?, over file: [UInt8]) -> [UInt8] {
        guard let wanted else { return file }
        let lines = file.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        func values(_ keys: Set<String>) -> [[String]] {
            lines.map { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }.filter { keys.contains($0.first ?? "") }
                .map { Array($0.dropFirst()) }
        }
        // The last of several lines holds, but for servers.
        let domains = wanted.domains ?? values(["search", "domain"]).last ?? []
        let servers = wanted.servers ?? values(["nameserver"]).compactMap(\.first)
        let options = wanted.options ?? values(["options"]).last ?? []
        var text = domains.isEmpty ? "" : "search \(domains.joined(separator: " "))\n"
        for server in servers { text += "nameserver \(server)\n" }
        if !options.isEmpty { text += "options \(options.joined(separator: " "))\n" }
        return Array(text.utf8)
    }
}
