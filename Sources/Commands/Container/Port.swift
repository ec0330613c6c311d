import ArgumentParser
import ContentStorage
import Operations
import Reports
import TextValues

/// `strata port CONTAINER [PORT]`.
struct PortCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "port", abstract: "Show which ports of this machine lead to a container.")

    @OptionGroup var globals: GlobalOptions

    @Argument(help: "A container's name or ID.")
    var container: String

    @Argument(help: "Only this port of the container, such as 80 or 53/udp.")
    var port: String?

    func run() throws {
        let wanted = try port.map { text in
            guard let ports = PublishedPort.exposed(in: text), ports.count == 1 else {
                throw CommandError.badOption("port", text, expected: "a port such as 80 or 53/udp")
            }
            return ports[0]
        }
        let ports = try Containers.open(globals).find(container).network()?.ports ?? []
        guard let wanted else { return try Output.write(PortText.lines(ports)) }
        let found = ports.filter { $0.text == wanted.text }
        if found.isEmpty { throw NetworkError.notPublished(wanted.text, container: container) }
        try Output.write(found.map { "\(PortText.host($0))\n" }.joined())
    }
}
