import EngineStores
import OCISpec
import StorageIO

/// Containers that leave, each after those that need it.
extension LeavingEngineImages {
    /// Removes the containers that a selection holds, of those that are known not to run, in the order of their IDs.
    mutating func removeContainers(_ selection: ContainerSelection, now: Timestamp) {
        let left = removeContainers { container in
            container.isRunning == false && selection.holds(made: container.created, labels: container.labels, now: now)
        }
        for (container, reason) in left { keep(container.label, reason: reason) }
    }

    /// Removes exactly these; returns those that stay, with the reason.
    mutating func removeContainers(_ ids: Set<PathPart>) -> [PathPart: String] {
        Dictionary(removeContainers { ids.contains($0.id) }.map { ($0.container.id, $0.reason) }) { first, _ in first }
    }

    /// Removes what is wanted, each container after those that need it; returns what stays for the sake of others.
    private mutating func removeContainers(
        _ isWanted: (EngineContainer) -> Bool
    ) -> [(container: EngineContainer, reason: String)] {
        var waiting = holdings.users.indices.filter { !holdings.users[$0].isGone && isWanted(holdings.users[$0].container) }
        while case let next = waiting.filter({ reasonToKeep(container: $0) == nil }), !next.isEmpty {
            for place in next { removeContainer(at: place) }
            waiting.removeAll { holdings.users[$0].isGone }
        }
        return waiting.map { (holdings.users[$0].container, reasonToKeep(container: $0) ?? "") }
    }

    /// What keeps a container whatever it does; nil where nothing does.
    private func reasonToKeep(container place: Int) -> String? {
        let container = holdings.users[place].container
        if container.isOfEngine { return "it goes with its pod" }
        return holdings.users.first { !$0.isGone && $0.container.needs.contains(container.id.text) }.map {
            "container \($0.container.label) needs it"
        }
    }

    /// What keeps a container of those that are left from going now; nil where nothing does.
    func keeper(ofContainer id: PathPart) -> String? {
        holdings.users.firstIndex { !$0.isGone && $0.container.id == id }.flatMap { reasonToKeep(container: $0) }
    }

    private mutating func removeContainer(at place: Int) {
        let container = holdings.users[place].container
        holdings.users[place].isGone = true
        var bytes = holdings.users[place].ownBytes
        for item in holdings.users[place].items {
            // Of a layer that no image has any more the container was the last user, and Docker counts users.
            if releasesLayers, holdings.items[item].goes(images: 0, records: 0, containers: 1) {
                bytes += holdings.items[item].bytes
            }
            holdings.items[item].containerCount -= 1
        }
        add(
            EnginePlan.Victim(
                .container, name: container.label, reason: "it does not run", freesBytes: bytes, imageID: container.image,
                containerID: container.id, names: [],
                lastUse: container.lastUseSeconds.map { EngineImage.Use(seconds: $0, evidence: .container) }))
    }
}
