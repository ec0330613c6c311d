import ContentStorage
import ImageStorage
import OCISpec
import Reclamation
import StorageIO

/// The rows of what a store has.
struct StoreRows {
    private let store: MarkedStore
    private let usage: DiskUsage
    private let users: [Digest: [ContainerRecord]]
    private let now: Timestamp
    private var look: StoreLook { store.look }

    init(_ store: MarkedStore, now: Timestamp) {
        self.store = store
        self.now = now
        usage = DiskUsage(store.look, now: now)
        users = store.look.containersByImage
    }

    func images() -> [HostRow] {
        usage.images().map { row in
            let image = row.image
            var facts: [HostRow.Fact] = [
                .id(image.imageID.description), .uniqueBytes(row.uniqueBytes), .sharedBytes(row.sharedBytes),
            ]
            if let created = image.created(now: now) { facts.append(.created(created)) }
            if let imported = image.imported { facts.append(.imported(imported)) }
            if image.entries.contains(where: \.descriptor.isPinned) { facts.append(.pinned) }
            return HostRow(
                HostItem(StoreMark.image(image.digest)), names: image.names.map(\.familiar), diskBytes: row.diskBytes,
                freesBytes: row.freesBytes, used: image.used.map { ($0, .noted) },
                users: (users[image.digest] ?? []).map(\.label), facts: facts
            ).withRows(for: image.names.map { (HostItem(StoreMark.name($0, image.digest)), $0.familiar) })
        }
    }

    func containers() -> [HostRow] {
        let names = Dictionary(look.images.map { ($0.digest, $0.label) }) { first, _ in first }
        return look.containers.map { container in
            let mark = StoreMark.other(.container(container.id))
            let tree = look.survey.containers[container.id.text]
            let isRunning = look.running.contains(container.id)
            var facts: [HostRow.Fact] = [
                .id(container.id.text), .image(names[container.image.digest] ?? container.image.digest.description),
                .isRunning(isRunning),
            ]
            if let created = container.created { facts.append(.created(created)) }
            return HostRow(
                HostItem(mark), names: [container.label], diskBytes: tree?.diskBytes ?? 0,
                freesBytes: isRunning ? 0 : store.freesBytes(of: mark), used: tree.map { changed($0.sinceSeconds) }, facts: facts)
        }
    }

    func volumes() -> [HostRow] {
        look.survey.volumes.compactMap { name, tree in
            guard let part = PathPart(name) else { return nil }
            let mark = StoreMark.other(.volume(part))
            return HostRow(
                HostItem(mark), names: [name], diskBytes: tree.diskBytes, freesBytes: store.freesBytes(of: mark),
                used: changed(tree.sinceSeconds), users: look.containers.filter { $0.volumes.contains(part) }.map(\.label),
                facts: [.path("volumes/\(name)")])
        }
    }

    func cache() -> [HostRow] {
        let steps = look.cache.map { entry in
            let mark = StoreMark.other(.cacheStep(entry.id))
            return HostRow(
                HostItem(mark), names: [entry.record.text.isEmpty ? entry.id : entry.record.text],
                diskBytes: look.graph.diskBytes(of: .cacheRecord(entry.id)), freesBytes: store.freesBytes(of: mark),
                used: (Timestamp(seconds: entry.usedSeconds), .noted), facts: [.id(entry.id), .built(entry.record.text)])
        }
        let mounts = look.survey.cacheMounts.map { name, tree in
            let mark = StoreMark.other(.cacheMount(name))
            return HostRow(
                HostItem(mark), names: ["a folder that steps share (\(name.short))"], diskBytes: tree.diskBytes,
                freesBytes: tree.freeableBytes, used: changed(tree.sinceSeconds), facts: [.id(name.description)])
        }
        return steps + mounts
    }

    func leftovers() -> [HostRow] { orphans() + partials() + bins() + deadContainers() + plans() + strays() }

    private func orphans() -> [HostRow] {
        look.graph.unreached.map { item in
            switch item {
            case .blob(let digest):
                let blob = look.survey.blobs[digest]
                return row(
                    .other(.blob(digest)), digest.description, blob?.diskBytes ?? 0, blob?.freeableBytes ?? 0,
                    since: blob?.sinceSeconds ?? 0, .orphanedBlob)
            case .layer(let diffID):
                let tree = look.survey.layers[diffID]
                return row(
                    .other(.layer(diffID)), diffID.description, tree?.diskBytes ?? 0, tree?.freeableBytes ?? 0,
                    since: tree?.sinceSeconds ?? 0,
                    .orphanedLayer)
            }
        }
    }

    private func partials() -> [HostRow] {
        look.survey.sessions.compactMap { name, tree in
            PathPart(name).map { row(.other(.partial($0)), name, tree, .partialDownload) }
        }
    }

    private func bins() -> [HostRow] {
        look.bins.compactMap { bin in
            guard let tree = look.survey.trash[bin.name.text] else { return nil }
            let name = if case .released(_, let plan?) = bin.content { "trash of plan \(plan)" } else { bin.name.text }
            return row(.other(.trash(bin.name)), name, tree, .trash)
        }
    }

    private func deadContainers() -> [HostRow] {
        look.deadContainers.compactMap { id in
            guard let tree = look.survey.containers[id.text] else { return nil }
            return HostRow(
                .deadContainer(id), names: ["containers/\(id.text)"], diskBytes: tree.diskBytes, freesBytes: tree.freeableBytes,
                used: changed(tree.sinceSeconds), facts: [.leftover(.deadContainer)])
        }
    }

    private func plans() -> [HostRow] {
        look.survey.plans.compactMap { id, tree in
            StoredPlans.isExpired(sinceSeconds: tree.sinceSeconds, now: now)
                ? row(.other(.plan(id)), id.text, tree, .expiredPlan) : nil
        }
    }

    private func strays() -> [HostRow] {
        usage.strays.map { stray in
            HostRow(
                HostItem(.leaked, stray.path), names: [stray.path], diskBytes: stray.diskBytes,
                facts: [.leftover(.unexplained), .path(stray.path)])
        }
    }

    private func row(_ mark: StoreMark, _ name: String, _ tree: StoreSurvey.Tree, _ kind: HostRow.StoreLeftover) -> HostRow {
        row(mark, name, tree.diskBytes, tree.freeableBytes, since: tree.sinceSeconds, kind)
    }

    private func row(
        _ mark: StoreMark, _ name: String, _ diskBytes: Int64, _ freesBytes: Int64, since: Int64, _ kind: HostRow.StoreLeftover
    ) -> HostRow {
        HostRow(
            HostItem(mark), names: [name], diskBytes: diskBytes, freesBytes: freesBytes, used: changed(since),
            facts: [.leftover(kind)])
    }

    private func changed(_ seconds: Int64) -> (Timestamp, HostRow.Evidence) { (Timestamp(seconds: seconds), .changed) }
}
