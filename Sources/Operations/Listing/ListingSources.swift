package import Distribution
import EngineStores
package import ImageTransfer
import OCISpec

/// What is listed, as the command line spells it.
package enum ListedPlace: Hashable, Sendable {
    /// A registry, and perhaps one of its repositories, or a tag of that: `docker://HOST[/REPOSITORY[:TAG]]`.
    case registry(host: String, NamedRepository?)
    /// An image layout: `oci:DIR`.
    case layout(path: String)
    /// A store: `store:DIR`; with an empty path the user's own.
    case store(path: String)
    /// A registry's folder: `registry:DIR`.
    case registryFolder(path: String)
    /// An engine's root: `docker-daemon:[ROOT]`.
    case engine(EngineReference)

    /// Reads a word of the command line; nil for what is no source that is listed.
    package init?(_ text: String) {
        func rest(_ prefix: String) -> String? {
            guard text.utf8.starts(with: prefix.utf8) else { return nil }
            return String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        }
        if let address = rest("docker://") {
            guard let place = Self.registry(address) else { return nil }
            self = place
        } else if let path = rest("oci:"), !path.isEmpty {
            self = .layout(path: path)
        } else if let path = rest("store:") {
            self = .store(path: path)
        } else if let path = rest("registry:"), !path.isEmpty {
            self = .registryFolder(path: path)
        } else if let reference = EngineReference(parsing: text), reference.isClosed, reference.image.isEmpty {
            self = .engine(reference)
        } else {
            return nil
        }
    }

    private static func registry(_ address: String) -> ListedPlace? {
        let slash = address.utf8.firstIndex(of: UInt8(ascii: "/")) ?? address.utf8.endIndex
        let host = String(address[..<slash])
        var path = String(address[slash...].dropFirst())
        while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        guard let probe = Reference(ifValid: "\(host)/x"), probe.domain == host else { return nil }
        guard !path.isEmpty else { return .registry(host: host, nil) }
        guard let reference = Reference(ifValid: "\(host)/\(path)"), reference.digest == nil else { return nil }
        return .registry(host: host, NamedRepository(name: reference.path, tag: reference.tag))
    }
}

/// The sources of a listing.
package struct ListingSources {
    private var sources: [any ListedSource] = []

    /// Opens what the places name, those of one registry together; `repositories` are what a file names, for registries.
    package init(
        _ places: [ListedPlace], repositories: [NamedRepository]?, store: () throws -> String,
        registries: () throws -> Registries, engines: () throws -> EngineRoots
    ) throws {
        var hosts: [String] = []
        var named: [String: [NamedRepository]] = [:]
        var whole: Set<String> = []
        for place in places {
            switch place {
            case .registry(let host, let repository):
                if named[host] == nil { hosts.append(host) }
                named[host, default: []] += [repository].compactMap(\.self)
                if repository == nil { whole.insert(host) }
            case .layout(let path):
                sources.append(ListedLayout(folder: try LayoutFolder(path: path, isStore: false), place: "oci:\(path)"))
            case .store(let path):
                let path = path.isEmpty ? try store() : path
                sources.append(ListedLayout(folder: try LayoutFolder(path: path, isStore: true), place: "store:\(path)"))
            case .registryFolder(let path): sources.append(try ListedRegistryFolder(path: path))
            case .engine(let reference):
                let root = try reference.root ?? engines().root(of: reference.engine)
                sources.append(try ListedEngine(reference.engine, root: root))
            }
        }
        guard !hosts.isEmpty else { return }
        let registries = try registries()
        for host in hosts {
            // A file, or the catalog, has what is named by itself as well.
            let chosen = whole.contains(host) ? repositories : named[host]
            sources.append(ListedRegistry(directory: RegistryDirectory(registries, host: host), repositories: chosen))
        }
    }

    /// Lists them, one after another.
    package func list(_ settings: ImageLister.Settings, to output: LineOutput) throws {
        for source in sources { try ImageLister(source, settings, to: output).run() }
    }
}
