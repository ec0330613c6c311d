import ContainerRuntime
package import ContentStorage
import ImageStorage
package import OCISpec
import StorageIO
package import TextValues

/// The networks of a store.
package struct NamedNetworks: Sendable {
    private let store: ContentStore

    /// The networks of `store`.
    package init(of store: ContentStore) { self.store = store }

    /// Makes a network, and returns its ID; nothing of the machine changes before a container joins it.
    package func create(
        _ text: String, range: IPv4Range?, gateway: IPv4Address?, isInternal: Bool, labels: [(name: String, value: String)]
    ) throws -> String {
        try ContainerPermission.check(store)
        guard let name = StoredNetworks.name(text) else { throw NetworkError.badName(text) }
        guard UserNamespace.isInitial else { throw RuntimeError.networkNeedsRoot(text) }
        let lock = try store.networks.lock()
        defer { lock.release() }
        if name.text == StoredNetworks.usualName { throw NetworkError.nameTaken(text) }
        if try store.networks.record(name) != nil { throw NetworkError.nameTaken(text) }
        if let range, let other = try store.networks.takenRanges().first(where: range.overlaps) {
            throw NetworkError.rangeTaken(range, by: other)
        }
        if let gateway, range?.hasHost(gateway) != true { throw NetworkError.badGateway(gateway) }
        let texts = Dictionary(labels.map { (ExactText($0.name), $0.value) }) { _, last in last }
        let record = try store.networks.make(
            name, range: range, gateway: gateway, isInternal: isInternal, labels: texts.isEmpty ? nil : texts, at: Clock.now)
        guard let record else { throw NetworkError.noRange }
        return record.id
    }

    /// All of them that the store has, by name, with the containers that join them.
    package func all() throws -> [FoundNetwork] {
        let containers = try NamedContainers(of: store).all()
        return try store.networks.names().compactMap { try found($0, containers) }
    }

    /// The network of that name, ID, or beginning of an ID.
    package func find(_ text: String) throws -> FoundNetwork {
        let all = try all()
        if let one = all.first(where: { $0.name.isExactly(text) || $0.record.id.isExactly(text) }) { return one }
        let similar = text.isEmpty ? [] : all.filter { $0.record.id.hasPrefix(text) }
        guard let one = similar.first, similar.count == 1 else { throw NetworkError.notFound(text) }
        return one
    }

    /// Removes a network that no container joins; with `isForced` one that is not there is no failure.
    package func remove(_ text: String, isForced: Bool) throws {
        do {
            guard let name = StoredNetworks.name(try find(text).name) else { return }
            _ = try store.networks.remove(name)
        } catch NetworkError.notFound where isForced {
            return
        }
    }

    /// Removes all that no container joins, and returns their names.
    package func prune() throws -> [String] {
        var names: [String] = []
        for text in try all().filter({ $0.containers.isEmpty }).map(\.name) {
            if let name = StoredNetworks.name(text), try removeUnused(name) { names.append(text) }
        }
        return names
    }

    private func removeUnused(_ name: PathPart) throws -> Bool {
        do {
            return try store.networks.remove(name)
        } catch ContentError.networkInUse {
            // A container of it was made meanwhile.
            return false
        }
    }

    private func found(_ name: PathPart, _ containers: [FoundContainer]) throws -> FoundNetwork? {
        guard let record = try store.networks.record(name) else { return nil }
        let own = containers.filter { $0.container.settings.network.name == name }
        return FoundNetwork(
            name: name.text, record: record,
            containers: try own.map { ($0.container.id, $0.container.name, try $0.network()?.address) })
    }
}

/// A network, as it was when it was looked up.
package struct FoundNetwork: Sendable {
    /// What it is called.
    package var name: String
    /// What the store keeps of it.
    package var record: StoredNetworks.Record
    /// The containers that join it, each with its address while it runs.
    package var containers: [(id: String, name: String, address: IPv4Address?)]
}

/// What operations on networks find wrong.
package enum NetworkError: Error, Hashable {
    /// No network has that name.
    case notFound(String)
    /// The text cannot be a network's name.
    case badName(String)
    /// There is a network of that name.
    case nameTaken(String)
    /// The addresses are, in part, another network's or the machine's.
    case rangeTaken(IPv4Range, by: IPv4Range)
    /// The gateway is not an address of the network.
    case badGateway(IPv4Address)
    /// All ranges of addresses are taken.
    case noRange
    /// The container does not publish that port.
    case notPublished(String, container: String)
}

extension FoundContainer {
    /// What the container has of the network now; nil where it does not run, or has the machine's.
    package func network() throws -> ContainerNetwork? { status.isRunning ? try folder.network() : nil }
}

extension Workspace {
    /// The networks of the store.
    package var networks: NamedNetworks { NamedNetworks(of: store.content) }
}
