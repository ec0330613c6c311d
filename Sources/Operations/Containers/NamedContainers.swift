package import ContentStorage
import ImageStorage
import OCISpec
import StorageIO
import Synchronization
import SystemPackage

/// The containers of a store, found by a name, an ID or the beginning of an ID.
package struct NamedContainers: Sendable {
    /// Names and IDs of a whole listing.
    private struct Listing {
        var ids: [String: [PathPart]] = [:]
        var readable: [PathPart] = []
        var damaged: [PathPart] = []
    }

    /// The listing that one command keeps: of a hundred containers that it is given, each is looked up in it.
    private final class Memory: Sendable {
        let listing = Mutex<Listing?>(nil)
    }

    /// The store that they are in.
    package let store: ContentStore
    private let memory = Memory()

    /// The containers of `store`.
    package init(of store: ContentStore) { self.store = store }

    /// All that can be read, the newest first; what a killed command left half made or half removed is cleared on the way.
    package func all() throws -> [FoundContainer] { try scan().items }

    /// Those that can be read, the newest first, and the others, also such as are over and cannot be removed.
    package func scan() throws -> (items: [FoundContainer], damaged: [ContainerDamage]) {
        var items: [FoundContainer] = []
        var damaged: [ContainerDamage] = []
        for id in try store.containers.ids() {
            do {
                if let item = try item(id) { items.append(item) }
            } catch ContentError.containerDamaged(let damage) {
                damaged.append(damage)
            }
        }
        return (items.sorted { $0.container.created > $1.container.created }, damaged)
    }

    /// The container of a folder; nil for one that is gone, or has no record.
    private func item(_ id: PathPart) throws -> FoundContainer? {
        do {
            let folder = try store.containers.folder(id)
            guard let container = try folder.knownContainer() else {
                try clear(folder, nil)
                return nil
            }
            let status = try folder.status()
            if status.isOver(goesWithItsEnd: container.settings.isRemovedAtEnd) {
                try clear(folder, container)
                return nil
            }
            // The machine was started anew, or somebody else took the mount away.
            if container.settings.isMount, status == .created, container.created.seconds < Clock.now.seconds - 60 {
                try clear(folder, container)
                return nil
            }
            if !status.isRunning, try folder.hasNetwork() { try release(folder) }
            return FoundContainer(folder: folder, container: container, status: status, run: try folder.lastRun())
        } catch let error as ContentError where error.isOfAbsentContainer {
            return nil
        }
    }

    /// Removes a container, whose lock the caller has; until now its image was in use, and that is noted.
    package func remove(_ folder: ContainerFolder, _ container: Container) throws(ContentError) {
        noteUse(of: container)
        try folder.remove()
    }

    /// Notes that the container's image is used at this moment.
    package func noteUse(of container: Container) {
        let images = ImageStore(content: store)
        images.noteUse(of: container.image, at: Clock.now)
        images.noteUse(of: container.manifest, at: Clock.now)
        images.catalog.close()
    }

    /// The same for who knows no more than the path of the container's folder.
    package static func noteUse(of container: Container, at folder: String) {
        let root = FilePath(folder).removingLastComponent().removingLastComponent()
        do throws(ContentError) {
            NamedContainers(of: try ContentStore.open(at: root, create: false)).noteUse(of: container)
        } catch {
            // As with all that only the catalog keeps: no reason for a container not to end.
        }
    }

    /// Takes away what a run that was killed has left of a network.
    private func release(_ folder: ContainerFolder) throws {
        do throws(ContentError) {
            let lock = try folder.lock(patience: .zero)
            defer { lock.release() }
            folder.releaseNetwork()
        } catch .containerInUse {
            // Somebody starts it, or does the same.
        } catch .storage(let failure) where failure.errno == .permissionDenied {
            // Who may, does it.
        }
    }

    /// Removes what is over; where that cannot be it is damaged, and no reason for other containers not to be found.
    private func clear(_ folder: ContainerFolder, _ container: Container?) throws {
        do {
            let lock = try folder.lock(patience: .zero)
            defer { lock.release() }
            if let container { try remove(folder, container) } else { try folder.remove() }
        } catch ContentError.containerInUse {
            return
        } catch ContentError.storage(let failure) where failure.errno == .permissionDenied {
            // Who may, clears it.
            return
        } catch ContentError.storage(let failure) {
            throw ContentError.containerDamaged(ContainerDamage(folder.id, nil, .notRemovable(failure)))
        }
    }

    /// Removes a damaged container, by its ID; false where none of those has it.
    ///
    /// When forced the beginning of an ID will do, where it is that of one alone, and one that runs is killed.
    package func removeDamaged(_ id: String, isForced: Bool) throws -> Bool {
        let damaged = try scan().damaged
        var found = damaged.filter { $0.id.text == id }
        if found.isEmpty, isForced, !id.isEmpty { found = damaged.filter { $0.id.text.hasPrefix(id) } }
        guard let one = found.first else { return false }
        guard found.count == 1 else { throw ContainerError.severalContainers(id) }
        if try store.containers.remove(one.id) != nil { return true }
        guard isForced, one.file != nil else { throw ContentError.containerInUse(id: one.id.text) }
        try RunningContainer(try store.containers.folder(one.id)).end()
        if try store.containers.remove(one.id) == nil { throw ContentError.containerInUse(id: one.id.text) }
        return true
    }

    /// The container of this name, ID or beginning of an ID.
    ///
    /// A whole ID is a folder's name, and no other container is looked at. What else was listed before is read anew, as it is now. Of
    /// damaged containers the names are not known: where none is found, the error tells of them.
    package func find(_ text: String) throws -> FoundContainer {
        let wanted = text.utf8.first == UInt8(ascii: "/") ? String(text.dropFirst()) : text
        guard !wanted.isEmpty else { throw ContentError.containerAbsent(text) }
        if wanted.utf8.count == 64, let id = PathPart(wanted), let item = try item(id) { return item }
        if let known = memory.listing.withLock({ $0 }), let item = try find(text, wanted, known) { return item }
        let listing = try list()
        if let item = try find(text, wanted, listing) { return item }
        if listing.damaged.isEmpty { throw ContentError.containerAbsent(text) }
        throw ContainerError.notFound(text, damaged: listing.damaged)
    }

    private func find(_ text: String, _ wanted: String, _ listing: Listing) throws -> FoundContainer? {
        for id in listing.ids[wanted] ?? [] {
            if let item = try item(id), item.container.name.isExactly(wanted) { return item }
        }
        let found = try listing.readable.filter { $0.text.hasPrefix(wanted) }.compactMap { try item($0) }
        if found.count > 1 { throw ContainerError.severalContainers(text) }
        if let item = found.first { return item }
        // Of what is damaged the ID is all that is known, and reading it says what is wrong.
        return try listing.damaged.first { $0.text.hasPrefix(wanted) }.flatMap { try item($0) }
    }

    private func list() throws -> Listing {
        let (items, damaged) = try scan()
        var listing = Listing(readable: items.map(\.folder.id), damaged: damaged.map(\.id))
        for item in items { listing.ids[item.container.name, default: []].append(item.folder.id) }
        memory.listing.withLock { [listing] in $0 = listing }
        return listing
    }
}

extension Workspace {
    /// The containers of the store.
    package var containers: NamedContainers { NamedContainers(of: store.content) }
}
