package import ContentStorage
package import OCISpec
import StorageIO
import SystemPackage
import TextValues

/// The network of one run of a container: made before its processes, and taken away after them.
///
/// When the keeper is killed, the kernel takes the namespace with its interfaces, and frees the ports; rules of the firewall stay, and the
/// next command takes them away by what the container's folder says.
package struct RunNetwork: Sendable {
    /// The namespace, which the processes join.
    let namespace: File
    private let ports: PortReservations
    private let userMode: UserModeNetwork?

    /// An error where no program is installed that could make such a network.
    package static func check(_ network: ContainerSettings.Network) throws(RuntimeError) {
        guard let name = network.name else { return }
        if UserNamespace.isInitial {
            if Netavark.find() == nil { throw .noNetworkProgram(forRoot: true) }
        } else {
            guard name.text == StoredNetworks.usualName else { throw .networkNeedsRoot(name.text) }
            if UserModeNetwork.find() == nil { throw .noNetworkProgram(forRoot: false) }
        }
    }

    /// The network that the container's settings name; nil where it has the machine's, or none.
    static func join(
        _ container: Container, _ folder: ContainerFolder, _ bundle: Bundle, at moment: Timestamp
    ) throws(RuntimeError) -> RunNetwork? {
        guard let name = container.settings.network.name else { return nil }
        do {
            let made =
                UserNamespace.isInitial
                ? try ofRoot(name, container, folder, at: moment) : try ofUser(name, container, folder, bundle)
            guard let network = try lift(try folder.network(), to: RuntimeError.init) else { return made }
            try lift(try OwnFiles(of: container, in: network).write(to: folder.directory), to: RuntimeError.storage)
            return made
        } catch {
            folder.releaseNetwork()
            throw error
        }
    }

    /// Takes it away, when no process of the container is left.
    func leave(_ folder: ContainerFolder) {
        userMode?.end()
        folder.releaseNetwork(in: namespace)
    }

    private static func ofRoot(
        _ name: PathPart, _ container: Container, _ folder: ContainerFolder, at moment: Timestamp
    ) throws(RuntimeError) -> RunNetwork {
        guard let program = Netavark.find() else { throw .noNetworkProgram(forRoot: true) }
        let store = try lift(try folder.store(), to: RuntimeError.init)
        let ports = try PortReservations(container.settings.ports ?? [])
        var network = ContainerNetwork(name: name.text, ports: ports.ports)
        network.aliases = [container.name, container.shortID] + (container.settings.aliases ?? [])
        try take(&network, name, container, folder, store, at: moment)
        if let record = network.record, record.hasNames, program.namesPath != nil { network.nameServers = [record.gateway] }
        try lift(try folder.write(network), to: RuntimeError.init)
        let namespace = try lift(try NetworkNamespace.make(), to: RuntimeError.storage)
        let failure = try lift(try program.make(network, of: container.id, in: namespace), to: RuntimeError.storage)
        if let failure { throw .networkFailed(detail: failure) }
        return RunNetwork(namespace: namespace, ports: ports, userMode: nil)
    }

    /// Takes an address, by writing it down under the lock of all networks.
    private static func take(
        _ network: inout ContainerNetwork, _ name: PathPart, _ container: Container, _ folder: ContainerFolder,
        _ store: ContentStore, at moment: Timestamp
    ) throws(RuntimeError) {
        let networks = store.networks
        let lock = try lift(try networks.lock(), to: RuntimeError.init)
        defer { lock.release() }
        var known = try lift(try networks.record(name), to: RuntimeError.init)
        if known == nil, name.text == StoredNetworks.usualName {
            known = try lift(try networks.make(name, at: moment), to: RuntimeError.init)
            if known == nil { throw .noRange }
        }
        guard let record = known else { throw .noSuchNetwork(name.text) }
        let taken = try lift(try networks.addresses(in: name), to: RuntimeError.init).filter { $0.value != folder.id }
        func isFree(_ address: IPv4Address) -> Bool {
            record.range.hasHost(address) && address != record.gateway && taken[address] == nil
        }
        if let wanted = container.settings.address {
            guard isFree(wanted) else { throw .noAddress(wanted, network: name.text) }
            network.address = wanted
        } else {
            let numbers = record.range.base.number...record.range.last.number
            network.address = numbers.lazy.map { IPv4Address(number: $0) }.first(where: isFree)
            if network.address == nil { throw .noAddress(nil, network: name.text) }
        }
        network.record = record
        try lift(try folder.write(network), to: RuntimeError.init)
    }

    private static func ofUser(
        _ name: PathPart, _ container: Container, _ folder: ContainerFolder, _ bundle: Bundle
    ) throws(RuntimeError) -> RunNetwork {
        guard name.text == StoredNetworks.usualName, container.settings.address == nil else {
            throw .networkNeedsRoot(name.text)
        }
        if container.settings.hosts?.contains(where: { $0.address == HostEntry.gateway }) == true {
            throw .networkFailed(detail: "\(HostEntry.gateway) needs a network of root's, or `--network host`")
        }
        let ports = try PortReservations(container.settings.ports ?? [])
        try lift(try folder.write(ContainerNetwork(name: name.text, ports: ports.ports)), to: RuntimeError.init)
        let namespace = try lift(try NetworkNamespace.make(), to: RuntimeError.storage)
        // The program listens there itself.
        let userMode = try UserModeNetwork(ports.released(), of: namespace, in: bundle.folder)
        return RunNetwork(namespace: namespace, ports: ports, userMode: userMode)
    }
}

extension ContainerFolder {
    /// The store that the container is in.
    fileprivate func store() throws(ContentError) -> ContentStore {
        try ContentStore.open(at: FilePath(path).removingLastComponent().removingLastComponent(), create: false)
    }
}
