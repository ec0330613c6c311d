import Glibc
package import OCISpec
package import StorageIO
package import TextValues

/// What a run of a container has of the network: `containers/<id>/network.json`, as long as something of it may be there.
package struct ContainerNetwork: Hashable, Sendable, Codable {
    /// The network's name.
    package var name: String
    /// The network as it was when the run began, where netavark made the container's interface; nil where all goes with its processes.
    package var record: StoredNetworks.Record?
    /// The container's address in it; nil where it has the machine's.
    package var address: IPv4Address?
    /// What the container is called there.
    package var aliases: [String] = []
    /// Who knows the names of the network's containers; empty for nobody.
    package var nameServers: [IPv4Address] = []
    /// Ports that lead to the container, each with the machine's.
    package var ports: [PublishedPort]

    /// A network that has this name, and these ports.
    package init(name: String, ports: [PublishedPort]) {
        self.name = name
        self.ports = ports
    }
}

extension ContainerFolder {
    /// What the current run has of the network, `ContainerNetwork`.
    static let networkName = "network.json"

    /// What the last run has of the network; nil where nothing is left of it.
    package func network() throws(ContentError) -> ContainerNetwork? { try read(ContainerNetwork.self, Self.networkName) }

    /// Writes it, before anything of it is made.
    package func write(_ network: ContainerNetwork) throws(ContentError) { try write(network, Self.networkName) }

    /// Whether something may be left of a run's network.
    package func hasNetwork() throws(ContentError) -> Bool {
        try lift(try directory.status(Self.networkName), to: ContentError.init) != nil
    }

    /// Takes away what is left of a run's network.
    ///
    /// The caller has the lock. `namespace` is the container's, where that is still there. What cannot be taken away keeps no container from ending: then the file stays, and the next command tries again.
    package func releaseNetwork(in namespace: File? = nil) {
        do throws(ContentError) {
            guard let network = try network() else { return }
            if network.record != nil {
                // What root made nobody else takes away, and what others wrote is none of root's.
                guard geteuid() == 0, UserNamespace.isInitial, try isOfRoot() else { return }
                guard let program = Netavark.find() else { return }
                try lift(try program.remove(network, of: name, in: namespace), to: ContentError.init)
            }
            _ = try lift(try directory.removeFile(Self.networkName), to: ContentError.init)
        } catch {
            // The file stays.
        }
    }

    private func isOfRoot() throws(ContentError) -> Bool {
        let status = try lift(try directory.status(Self.networkName), to: ContentError.init)
        return status?.uid == 0
    }
}
