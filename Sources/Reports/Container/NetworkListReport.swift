import ContentStorage
package import OCISpec
package import Operations
import TextValues

/// `network ls` and `network inspect`.
package struct NetworkListReport: Sendable {
    private let networks: [FoundNetwork]

    /// A report of `networks`, in their order.
    package init(_ networks: [FoundNetwork]) { self.networks = networks }

    /// Docker's table, and the containers that join each.
    package func text() -> String {
        var table = TextTable(["NETWORK ID", "NAME", "DRIVER", "SUBNET", "CONTAINERS"].map { .init($0) }, gap: 3)
        for network in networks {
            table.add([
                .init(String(network.record.id.prefix(12))), .init(network.name), "bridge", .init("\(network.record.range)"),
                .init(network.containers.map(\.name).joined(separator: ", ")),
            ])
        }
        return table.text(TextStyle(width: .max))
    }

    /// The IDs alone.
    package func ids() -> String { networks.map { "\($0.record.id.prefix(12))\n" }.joined() }

    /// The networks as JSON.
    package func json() -> JSONValue {
        JSONReport.document(
            "network-list",
            [
                "networks": .array(
                    networks.map { network in
                        .object([
                            "id": .string(network.record.id), "name": .string(network.name),
                            "created": .string(network.record.created.description),
                            "subnet": .string("\(network.record.range)"), "gateway": .string("\(network.record.gateway)"),
                            "internal": .bool(network.record.isInternal),
                            "containers": .array(network.containers.map { .string($0.name) }),
                        ])
                    })
            ])
    }

    /// One network with docker's keys.
    package static func inspected(_ network: FoundNetwork) -> JSONValue {
        let record = network.record
        var (labels, containers) = (JSONFields(), JSONFields())
        for (name, value) in record.labels ?? [:] { labels[name] = .string(value) }
        // As with docker: those that run.
        for container in network.containers {
            guard let address = container.address else { continue }
            containers[ExactText(container.id)] = .object([
                "Name": .string(container.name), "IPv4Address": .string("\(address)/\(record.range.prefixLength)"),
            ])
        }
        return .object([
            "Name": .string(network.name), "Id": .string(record.id), "Created": .string(record.created.description),
            "Scope": .string("local"), "Driver": .string("bridge"), "EnableIPv6": .bool(false),
            "IPAM": .object([
                "Driver": .string("default"),
                "Config": .array([
                    .object(["Subnet": .string("\(record.range)"), "Gateway": .string("\(record.gateway)")])
                ]),
            ]),
            "Internal": .bool(record.isInternal), "Containers": .object(containers), "Labels": .object(labels),
        ])
    }
}
