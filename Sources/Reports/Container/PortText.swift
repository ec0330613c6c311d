package import OCISpec
package import TextValues

/// Ports in docker's words.
package enum PortText {
    /// `0.0.0.0:8080`.
    package static func host(_ port: PublishedPort) -> String { "\(port.hostAddressText):\(port.hostPort.map { "\($0)" } ?? "")" }

    /// The lines of `port`.
    package static func lines(_ ports: [PublishedPort]) -> String { ports.map { "\($0.text) -> \(host($0))\n" }.joined() }

    /// The cell of `ps`.
    package static func cell(_ ports: [PublishedPort]) -> String {
        ports.map { "\(host($0))->\($0.text)" }.joined(separator: ", ")
    }

    /// The object of `inspect`: for each port of the container those of the machine.
    package static func document(_ ports: [PublishedPort]) -> JSONValue {
        var fields = JSONFields()
        for port in ports where fields[ExactText(port.text)] == nil {
            fields[ExactText(port.text)] = .array(
                ports.filter { $0.text == port.text }.map {
                    .object(["HostIp": .string($0.hostAddressText), "HostPort": .string($0.hostPort.map { "\($0)" } ?? "")])
                })
        }
        return .object(fields)
    }
}
