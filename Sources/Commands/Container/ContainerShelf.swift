import ContainerRuntime
import ContentStorage
import ImageStorage
import OCISpec
import Operations
import StorageIO
import Synchronization
import SystemPackage

/// The containers of a store, by their folders.
struct ContainerShelf {
    /// One container, as it is now.
    struct Item {
        var folder: ContainerFolder
        var container: Container
        var status: ContainerStatus
        /// The last run; nil where there was none.
        var run: ContainerRun?
    }

    /// A container whose record cannot be read.
    struct Damaged {
        var folder: ContainerFolder
        var error: RuntimeError
    }

    /// Names and IDs of a whole look at the shelf.
    private struct Listing {
        var ids: [String: [PathPart]] = [:]
        var readable: [PathPart] = []
        var damaged: [PathPart] = []
    }

    /// The listing that one command keeps: of a hundred containers that it is given, each is looked up in it.
    private final class Memory: Sendable {
        let listing = Mutex<Listing?>(nil)
    }

    let store: ContentStore
    private let memory = Memory()

    init(store: ContentStore) { self.store = store }

    /// All that can be read, the newest first; what a killed command left half made or half removed is cleared on the way.
    func all() throws -> [Item] { try scan().items }

    /// Those that can be read, the newest first, and the others.
    func scan() throws -> (items: [Item], damaged: [Damaged]) {
        guard let parent = try store.knownContainersFolder() else { return ([], []) }
        var items: [Item] = []
        var damaged: [Damaged] = []
        for name in try parent.names().compactMap({ PathPart($0) }) {
            do {
                if let item = try item(name, in: parent) { items.append(item) }
            } catch let error as RuntimeError {
                guard case .badRecord = error else { throw error }
                if let folder = try folder(name, in: parent) { damaged.append(Damaged(folder: folder, error: error)) }
            }
        }
        return (items.sorted { $0.container.created > $1.container.created }, damaged)
    }

    /// A folder; nil for one that is gone.
    private func folder(_ name: PathPart, in parent: Directory) throws -> ContainerFolder? {
        do { return try ContainerFolder(name, in: parent) } catch RuntimeError.noSuchContainer { return nil }
    }

    /// The container of a folder; nil for one that is gone, or has no record.
    private func item(_ name: PathPart, in parent: Directory) throws -> Item? {
        do {
            let folder = try ContainerFolder(name, in: parent)
            guard let container = try folder.knownContainer() else {
                try clear(folder, nil)
                return nil
            }
            let status = try folder.status()
            // It was to go with its end, and who should have seen to that was killed.
            if container.settings.isRemovedAtEnd, case .lost = status {
                try clear(folder, container)
                return nil
            }
            // The machine was started anew, or somebody else took the mount away.
            if container.settings.isMount, status == .created, container.created.seconds < Clock.now.seconds - 60 {
                try clear(folder, container)
                return nil
            }
            return Item(folder: folder, container: container, status: status, run: try folder.lastRun())
        } catch RuntimeError.noSuchContainer {
            return nil
        }
    }

    /// Removes a container, whose lock the caller has; until now its image was in use, and that is noted.
    func remove(_ folder: ContainerFolder, _ container: Container) throws(RuntimeError) {
        noteUse(of: container)
        try folder.remove()
    }

    /// Notes that the container's image is used at this moment.
    func noteUse(of container: Container) {
        let images = ImageStore(content: store)
        images.noteUse(of: container.image, at: Clock.now)
        images.noteUse(of: container.manifest, at: Clock.now)
        images.catalog.close()
    }

    /// The same for who knows no more than the path of the container's folder.
    static func noteUse(of container: Container, at folder: String) {
        let root = FilePath(folder).removingLastComponent().removingLastComponent()
        do throws(ContentError) {
            ContainerShelf(store: try ContentStore.open(at: root, create: false)).noteUse(of: container)
        } catch {
            // As with all that only the catalog keeps: no reason for a container not to end.
        }
    }

    private func clear(_ folder: ContainerFolder, _ container: Container?) throws {
        do {
            let lock = try folder.lock(patience: .zero)
            defer { lock.release() }
            if let container { try remove(folder, container) } else { try folder.remove() }
        } catch RuntimeError.inUse {
            return
        } catch RuntimeError.storage(let failure) where failure.errno == .permissionDenied {
            // Who may, clears it.
            return
        }
    }

    /// The container of this name, ID or beginning of an ID; nil where there is none.
    func named(_ text: String) throws -> Item? {
        do { return try find(text) } catch RuntimeError.noSuchContainer { return nil }
    }

    /// Removes the container of this ID, of which nothing else is known; false where it is none of those.
    ///
    /// When forced the beginning of an ID will do, where it is that of one alone.
    func removeDamaged(_ id: String, isForced: Bool) throws -> Bool {
        let damaged = try scan().damaged
        var found = damaged.filter { $0.folder.name == id }
        if found.isEmpty, isForced, !id.isEmpty { found = damaged.filter { $0.folder.name.hasPrefix(id) } }
        guard let one = found.first else { return false }
        guard found.count == 1 else { throw ContainerError.severalContainers(id) }
        let lock = try one.folder.lock()
        defer { lock.release() }
        try one.folder.remove()
        return true
    }

    /// The container of this name, ID or beginning of an ID.
    ///
    /// A whole ID is a folder's name, and no other container is looked at. What else was listed before is read anew, as it is now.
    func find(_ text: String) throws -> Item {
        let wanted = text.utf8.first == UInt8(ascii: "/") ? String(text.dropFirst()) : text
        guard !wanted.isEmpty else { throw RuntimeError.noSuchContainer(text) }
        guard let parent = try store.knownContainersFolder() else { throw RuntimeError.noSuchContainer(text) }
        if wanted.utf8.count == 64, let id = PathPart(wanted), let item = try item(id, in: parent) { return item }
        if let known = memory.listing.withLock({ $0 }), let item = try find(text, wanted, known, parent) { return item }
        guard let item = try find(text, wanted, try list(), parent) else { throw RuntimeError.noSuchContainer(text) }
        return item
    }

    private func find(_ text: String, _ wanted: String, _ listing: Listing, _ parent: Directory) throws -> Item? {
        for id in listing.ids[wanted] ?? [] {
            if let item = try item(id, in: parent), item.container.name.isExactly(wanted) { return item }
        }
        let found = try listing.readable.filter { $0.text.hasPrefix(wanted) }.compactMap { try item($0, in: parent) }
        if found.count > 1 { throw ContainerError.severalContainers(text) }
        if let item = found.first { return item }
        // Of what is damaged the ID is all that is known, and reading it says what is wrong.
        return try listing.damaged.first { $0.text.hasPrefix(wanted) }.flatMap { try item($0, in: parent) }
    }

    private func list() throws -> Listing {
        let (items, damaged) = try scan()
        var listing = Listing(readable: items.map(\.folder.id), damaged: damaged.map(\.folder.id))
        for item in items { listing.ids[item.container.name, default: []].append(item.folder.id) }
        memory.listing.withLock { [listing] in $0 = listing }
        return listing
    }
}

/// What commands on containers find wrong.
enum ContainerError: Error {
    /// An ID's beginning that several containers have.
    case severalContainers(String)
    /// Another container has the name.
    case nameTaken(String, by: String)
    /// The text cannot be a container's name.
    case badName(String)
    /// Neither the image nor the command line says what to run.
    case noCommand
    /// One name alone was to be compared, and is no container's.
    case noneToDiff(String)
    /// The container is running, and the command is for one that is not.
    case isRunning(String, verb: String)
    /// The container is paused, and the command is for one that is not.
    case isPaused(String)
    /// The container is not paused.
    case notPaused(String)
    /// Nothing can pause the container: it has no control group of its own.
    case cannotPause(String)
    /// No image of that name is mounted, and none at that folder.
    case notMounted(String)
    /// Something runs there, or nothing ever will: an image that is mounted.
    case isMount(String)
    /// A mount's source is not there.
    case noSuchMountSource(String)
    /// `-t` was asked for, and standard input is no terminal.
    case noTerminal
}
