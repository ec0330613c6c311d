// https://man7.org/linux/man-pages/man5/resolv.conf.5.html

import ContainerRuntime
import ContentStorage
import StorageIO
import TextValues

/// The files that a container has of its own: its name, the hosts that it knows, where names are asked for.
struct OwnFiles {
    private let contents: [String: [UInt8]]
    /// As many bytes of this machine's files as are passed on.
    private static let limit = 1 << 20
    private static let loopback = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"

    /// The files of a container that is being made; what it has of this machine's is as it is now.
    init(of container: Container) {
        let settings = container.settings
        let isAlone = settings.network == .none
        // What was asked for goes first: of two lines for one name the first holds.
        let added = (settings.hosts ?? []).map(\.line).joined()
        let known = isAlone ? Array(Self.loopback.utf8) : Self.machine("/etc/hosts")
        contents = [
            "hostname": Array("\(container.hostname)\n".utf8),
            "hosts": Array(added.utf8) + known + Array("127.0.1.1\t\(container.hostname)\n".utf8),
            "resolv.conf": Self.resolver(settings.resolver, over: isAlone ? [] : Self.machine("/etc/resolv.conf")),
        ]
    }

    /// Makes them, for every user of the container to read.
    func write(to folder: Directory) throws(StorageError) {
        for file in Container.ownFiles {
            let own = try folder.createFile(file.name, mode: 0o644)
            try own.write(contents[file.name] ?? [])
            try own.setMode(0o644)
        }
    }

    private static func machine(_ path: String) -> [UInt8] {
        // A machine without such a file, or with one that cannot be read, knows nothing that could be passed on.
        do throws(StorageError) { return try File.readStream(path, limit: limit) } catch { return [] }
    }

    /// The file with what was asked for in place of what it says; all of it as it is where nothing was.
    static func resolver(_ wanted: ContainerSettings.Resolver?, over file: [UInt8]) -> [UInt8] {
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
