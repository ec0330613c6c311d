import ContentStorage
import EngineStores
import ImageStorage
import OCISpec
import Reclamation
import StorageIO

/// The rows of what an engine's root has.
struct EngineRows {
    private let usage: EngineUsage
    private let marked: MarkedEngine
    private let reach: EngineReach
    private var inventory: EngineInventory { usage.look.inventory }
    private var disk: EngineDisk { usage.look.disk }

    init(_ usage: EngineUsage, _ marked: MarkedEngine) {
        self.usage = usage
        self.marked = marked
        reach = EngineReach(usage.look.inventory)
    }

    func images() -> [HostRow] {
        usage.images.map { row in
            let image = row.image
            var facts: [HostRow.Fact] = [.id(image.id.description)]
            if let namespace = image.namespace { facts.append(.namespace(namespace)) }
            facts += [.uniqueBytes(row.figures.uniqueBytes), .sharedBytes(row.sharedBytes)]
            if row.figures.buildCacheHoldsBytes > 0 { facts.append(.cacheHoldsBytes(row.figures.buildCacheHoldsBytes)) }
            if let created = image.created { facts.append(.created(created)) }
            if image.isPinned { facts.append(.pinned) }
            return HostRow(
                HostItem(EngineMark.image(image.mark)), names: image.tags + image.names.filter { !image.tags.contains($0) },
                diskBytes: row.figures.diskBytes, freesBytes: row.figures.freesBytes,
                used: image.lastUse.map { (Timestamp(seconds: $0.seconds), .engine($0.evidence)) },
                users: reach.containers(of: image).map(\.label).sorted(), facts: facts
            ).withRows(for: image.tags.map { (HostItem(EngineMark.name($0, image.mark)), $0) })
        }
    }

    func containers() -> [HostRow] {
        let names = Dictionary(inventory.images.map { ($0.id, $0.label) }) { first, _ in first }
        return inventory.containers.map { container in
            var facts: [HostRow.Fact] = [.id(container.id.text)]
            if let image = container.image { facts.append(.image(names[image] ?? image.description)) }
            if let isRunning = container.isRunning { facts.append(.isRunning(isRunning)) }
            return HostRow(
                HostItem(.containers, container.id.text), names: [container.label],
                diskBytes: container.owners.reduce(0) { $0 + disk.bytes(of: $1) },
                freesBytes: inventory.tellsStoppedContainers ? marked.freesBytes(of: .container(container.id)) : nil,
                used: container.lastUseSeconds.map { (Timestamp(seconds: $0), .engine(.container)) }, facts: facts)
        }
    }

    func volumes() -> [HostRow] {
        inventory.volumes.map { name in
            HostRow(
                HostItem(.volumes, name.text), names: [name.text], diskBytes: disk.bytes(of: .volume(name.text)),
                users: inventory.containers.filter { $0.volumes?.contains(name.text) == true }.map(\.label).sorted())
        }
    }

    func cache() -> [HostRow] {
        inventory.buildRecords.map { record in
            let owners = reach.layers(of: record).map(PlaceOwner.layer) + record.folders.map { .buildFolder($0.text) }
            var facts: [HostRow.Fact] = [.id(record.id), .built(record.description)]
            if let created = record.createdSeconds { facts.append(.created(Timestamp(seconds: created))) }
            return HostRow(
                HostItem(EngineMark.record(record.id)), names: [record.description.isEmpty ? record.id : record.description],
                diskBytes: owners.reduce(0) { $0 + disk.bytes(of: $1) },
                freesBytes: marked.freesBytes(of: .record(record.id)),
                used: record.lastUsedSeconds.map { (Timestamp(seconds: $0), .engine(.build)) }, facts: facts)
        }
    }

    func leaks() -> [HostRow] {
        usage.leaks.map { row in
            HostRow(
                HostItem(.leaked, row.leak.path), names: [row.leak.path], diskBytes: row.diskBytes,
                freesBytes: row.leak.isRemovable(of: inventory.engine) ? row.diskBytes : nil,
                used: (Timestamp(seconds: row.leak.changedSeconds), .changed),
                facts: [.leak(row.leak.reason), .path(row.leak.path)])
        }
    }
}
