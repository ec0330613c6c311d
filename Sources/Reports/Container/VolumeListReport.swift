package import OCISpec
package import Operations

/// `volume ls` and `volume inspect`.
package struct VolumeListReport: Sendable {
    private let volumes: [FoundVolume]

    /// A report of `volumes`, in their order.
    package init(_ volumes: [FoundVolume]) { self.volumes = volumes }

    /// Docker's table, and the containers that mount each.
    package func text() -> String {
        var table = TextTable([.init("DRIVER"), .init("VOLUME NAME"), .init("CONTAINERS")], gap: 4)
        for volume in volumes { table.add(["local", .init(volume.name), .init(volume.users.joined(separator: ", "))]) }
        return table.text(TextStyle(width: .max))
    }

    /// The names alone.
    package func names() -> String { volumes.map { "\($0.name)\n" }.joined() }

    /// The volumes as JSON.
    package func json() -> JSONValue {
        JSONReport.document(
            "volume-list",
            [
                "volumes": .array(
                    volumes.map { volume in
                        .object([
                            "name": .string(volume.name), "created": .string(volume.created.description),
                            "path": .string(volume.path), "containers": .array(volume.users.map { .string($0) }),
                        ])
                    })
            ])
    }

    /// One volume with docker's keys.
    package static func inspected(_ volume: FoundVolume) -> JSONValue {
        var labels = JSONFields()
        for (name, value) in volume.labels { labels[name] = .string(value) }
        return .object([
            "CreatedAt": .string(volume.created.description), "Driver": .string("local"), "Labels": .object(labels),
            "Mountpoint": .string(volume.path), "Name": .string(volume.name), "Scope": .string("local"),
        ])
    }
}
