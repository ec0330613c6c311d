package import ContentStorage
package import OCISpec
package import TextValues

/// `inspect`: a container with docker's keys.
package struct ContainerInspectReport: Sendable {
    /// One mount.
    package struct Mount: Sendable {
        /// `bind` or `tmpfs`.
        package var type: String
        /// An absolute path of the machine; empty for memory.
        package var source: String
        /// An absolute path in the container.
        package var target: String
        /// Whether the container may not write there.
        package var isReadOnly: Bool

        /// A mount from its parts.
        package init(type: String, source: String, target: String, isReadOnly: Bool) {
            self.type = type
            self.source = source
            self.target = target
            self.isReadOnly = isReadOnly
        }
    }

    /// What `ps` says of it.
    package var row: ContainerListReport.Row
    /// The config that it was made with, every key that it has.
    package var config: JSONValue
    /// The name that it has for itself.
    package var hostname: String
    /// `host`, `none` or a network's name.
    package var network: String
    /// What it has of that network now; nil where it does not run, or has the machine's.
    package var joined: ContainerNetwork?
    /// The ports that were asked for.
    package var published: [PublishedPort]
    /// When the last run began; nil before the first.
    package var began: Timestamp?
    /// When the last run ended; nil while it runs, or when nobody saw it end.
    package var ended: Timestamp?
    /// Why it did not start.
    package var problem: String?
    /// The number of its first process, for the machine; nil while it does not run, and where nobody knows it.
    package var process: Int32?
    /// In the order in which they are made.
    package var mounts: [Mount]
    /// Whether it is removed once it has ended.
    package var isRemovedAtEnd: Bool
    /// Whether its streams are a terminal.
    package var hasTerminal: Bool
    /// Where its files are: the layers as the mount names them, what it changed, its log.
    package var lower: String
    /// `containers/<id>/`, absolute.
    package var folder: String

    /// A report from its parts.
    package init(
        row: ContainerListReport.Row, config: JSONValue, hostname: String, network: String,
        joined: ContainerNetwork?, published: [PublishedPort], began: Timestamp?, ended: Timestamp?,
        problem: String?, process: Int32?, mounts: [Mount], isRemovedAtEnd: Bool, hasTerminal: Bool, lower: String, folder: String
    ) {
        self.row = row
        self.config = config
        self.hostname = hostname
        self.network = network
        self.joined = joined
        self.published = published
        self.began = began
        self.ended = ended
        self.problem = problem
        self.process = process
        self.mounts = mounts
        self.isRemovedAtEnd = isRemovedAtEnd
        self.hasTerminal = hasTerminal
        self.lower = lower
        self.folder = folder
    }

    /// What docker says of its networks.
    private var networks: JSONValue {
        var place: JSONFields = [
            "IPAddress": .string(joined?.address?.description ?? ""),
            "Gateway": .string(joined?.record?.gateway.description ?? ""),
            "IPPrefixLen": .integer(Int64(joined?.record?.range.prefixLength ?? 0)),
        ]
        let own = place
        place["NetworkID"] = .string(joined?.record?.id ?? "")
        place["Aliases"] = .array((joined?.aliases ?? []).map { .string($0) })
        var networks = JSONFields()
        networks[ExactText(network)] = .object(place)
        var fields = own
        fields["Ports"] = PortText.document(joined?.ports ?? [])
        fields["Networks"] = .object(networks)
        return .object(fields)
    }

    /// The object that docker prints, in its array.
    package var json: JSONValue {
        let never = "0001-01-01T00:00:00Z"
        let isPaused = row.state.word == "paused"
        let isRunning = isPaused || row.state.word == "running"
        var state: JSONFields = [
            "Status": .string(row.state.word), "Running": .bool(isRunning), "Paused": .bool(isPaused),
            "Restarting": .bool(false), "Dead": .bool(false), "ExitCode": .integer(Int64(row.state.exitStatus ?? 0)),
            "Error": .string(problem ?? ""), "StartedAt": .string(began?.description ?? never),
            "FinishedAt": .string(isRunning ? never : ended?.description ?? never),
        ]
        // 0 would say that it does not run.
        if !isRunning || process != nil { state["Pid"] = .integer(Int64(process ?? 0)) }
        var folders: JSONFields = [
            "LowerDir": .string(lower), "UpperDir": .string("\(folder)/diff"), "WorkDir": .string("\(folder)/work"),
        ]
        // The tree of any other container is mounted where nobody else sees it, and what is written to the directory is lost.
        if row.state.word == ContainerStatus.mounted.word { folders["MergedDir"] = .string("\(folder)/merged") }
        return .object([
            "Id": .string(row.id), "Name": .string("/\(row.name)"), "Created": .string(row.created.description),
            "Path": .string(row.command.first ?? ""), "Args": .array(row.command.dropFirst().map { .string($0) }),
            "Image": .string(row.imageID.description),
            "State": .object(state),
            "Config": config, "Driver": .string("overlay2"), "LogPath": .string("\(folder)/log"),
            "HostnamePath": .string("\(folder)/hostname"), "HostsPath": .string("\(folder)/hosts"),
            "ResolvConfPath": .string("\(folder)/resolv.conf"),
            "HostConfig": .object([
                "NetworkMode": .string(network), "PortBindings": PortText.document(published),
                "AutoRemove": .bool(isRemovedAtEnd),
                "Binds": .array(
                    mounts.filter { $0.type == "bind" }.map {
                        .string("\($0.source):\($0.target)\($0.isReadOnly ? ":ro" : "")")
                    }),
            ]),
            "NetworkSettings": networks,
            "GraphDriver": .object(["Name": .string("overlay2"), "Data": .object(folders)]),
            "Mounts": .array(
                mounts.map {
                    .object([
                        "Type": .string($0.type), "Source": .string($0.source), "Destination": .string($0.target),
                        "RW": .bool(!$0.isReadOnly),
                    ])
                }),
        ])
    }
}
