package import OCISpec
import TextValues

extension ContainerSettings {
    /// With `-P`, publishes what the config exposes and no port of the machine leads to yet, each at a port that is free.
    package mutating func publishExposed(_ exposed: Set<ExactText>?) {
        guard publishesAll == true else { return }
        var published = ports ?? []
        for port in (exposed ?? []).map(\.text).sorted().flatMap({ PublishedPort.exposed(in: $0) ?? [] })
        where !published.contains(where: { $0.text == port.text }) {
            published.append(port)
        }
        ports = published.isEmpty ? nil : published
    }
}
