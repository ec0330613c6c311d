package import ContentStorage
package import OCISpec
package import TextValues

/// `ps`: docker's table of containers.
package struct ContainerListReport: Sendable {
    /// What the report says of one container.
    package struct Row: Sendable {
        /// All 64 digits; tables show twelve.
        package var id: String
        /// One that the user chose, or an invented one.
        package var name: String
        /// As it was asked for, which may by now mean another image.
        package var imageName: String
        /// Of the image that the container really has.
        package var imageID: Digest
        /// The program and its arguments.
        package var command: [String]
        /// When it was made, not when it was started.
        package var created: Timestamp
        /// As its lock and its files tell it.
        package var state: ContainerStatus
        /// Allocated bytes of what it changed; nil where nobody asked.
        package var diskBytes: Int64?
        /// Ports of the machine that lead to it now.
        package var ports: [PublishedPort]

        /// A row from its parts.
        package init(
            id: String, name: String, imageName: String, imageID: Digest, command: [String], created: Timestamp,
            state: ContainerStatus,
            diskBytes: Int64?, ports: [PublishedPort] = []
        ) {
            self.id = id
            self.name = name
            self.imageName = imageName
            self.imageID = imageID
            self.command = command
            self.created = created
            self.state = state
            self.diskBytes = diskBytes
            self.ports = ports
        }
    }

    private let rows: [Row]

    /// A report of `rows`, in their order.
    package init(_ rows: [Row]) { self.rows = rows }

    /// Docker's table.
    package func text(now: Timestamp, isWhole: Bool) -> String {
        let hasSizes = rows.contains { $0.diskBytes != nil }
        var columns = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"].map {
            TextTable.Column($0)
        }
        if hasSizes { columns.append(.init("SIZE")) }
        var table = TextTable(columns, gap: 3)
        for row in rows {
            let command = PathText.printable(row.command.joined(separator: " "))
            let shown = isWhole ? command : TextColumns.cut(command, to: 20)
            var cells: [TextTable.Cell] = [
                .init(id(row, isWhole)), .init(row.imageName), .init("\"\(shown)\""),
                .init(AgeText.text(row.created, now: now)), .init(row.state.text(now: now)),
                .init(PortText.cell(row.ports)), .init(row.name),
            ]
            if hasSizes { cells.append(.init(row.diskBytes.map(ByteText.text) ?? "")) }
            table.add(cells)
        }
        return table.text(TextStyle(width: .max))
    }

    /// The IDs alone.
    package func ids(isWhole: Bool) -> String { rows.map { id($0, isWhole) + "\n" }.joined() }

    private func id(_ row: Row, _ isWhole: Bool) -> String { isWhole ? row.id : String(row.id.prefix(12)) }

    /// The rows as JSON.
    package func json() -> JSONValue {
        JSONReport.document(
            "container-list",
            [
                "containers": .array(
                    rows.map { row in
                        .object([
                            "id": .string(row.id), "name": .string(row.name), "image": .string(row.imageName),
                            "imageID": .string(row.imageID.description), "command": .array(row.command.map { .string($0) }),
                            "created": .string(row.created.description), "status": .string(row.state.word),
                            "exitStatus": .optional(row.state.exitStatus.map(Int64.init)),
                            "diskBytes": .optional(row.diskBytes),
                            "ports": .array(row.ports.map { .string("\(PortText.host($0))->\($0.text)") }),
                        ])
                    })
            ])
    }
}

extension ContainerStatus {
    /// Docker's words: `Up 5 minutes`, `Exited (0) 2 hours ago`.
    package func text(now: Timestamp) -> String {
        switch self {
        case .created: "Created"
        case .mounted: "Mounted"
        case .running(let since): "Up \(AgeText.duration(now.seconds - since.seconds))"
        case .paused(let since): "Up \(AgeText.duration(now.seconds - since.seconds)) (Paused)"
        case .exited(let status, let moment): "Exited (\(status)) \(AgeText.text(moment, now: now))"
        case .lost(let hasMachineRestarted):
            "Exited (137), \(hasMachineRestarted ? "the machine went down" : "killed with who ran it")"
        }
    }
}
