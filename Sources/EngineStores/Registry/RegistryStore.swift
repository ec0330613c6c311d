package import OCISpec
package import StorageIO

/// A registry's folder, read from its files while the registry may run: nothing is locked or written.
package enum RegistryStore {
    /// The inventory of a root.
    static func inventory(of root: Directory) throws(EngineStoreError) -> EngineInventory {
        let store = StoreFolder(root: root)
        var look = RegistryLook(store, try RegistryLayout(in: store))
        return try look.run()
    }

    /// Whether a text can be the name of a repository.
    package static func isRepository(_ text: String) -> Bool { RegistryRepository.isName(text) }

    /// The tag of a name in a repository; nil for what is no name of one.
    package static func tag(of name: String, in repository: String) -> String? {
        guard name.utf8.starts(with: "\(repository):".utf8) else { return nil }
        let tag = String(name.utf8.dropFirst(repository.utf8.count + 1)) ?? ""
        return PathPart(tag).map(RegistryRepository.isTag) == true ? tag : nil
    }

    /// What a sentence calls the manifest of a repository, and what tells it from all others of a root.
    package static func key(_ repository: String, _ digest: Digest) -> String { "\(repository)@\(digest)" }
    /// The same of a tag.
    package static func key(_ repository: String, tag: String) -> String { "\(repository):\(tag)" }
}

/// One look at a registry's folder.
struct RegistryLook {
    private let store: StoreFolder
    private let layout: RegistryLayout
    private let documents: RegistryDocuments
    private var inventory = EngineInventory(engine: .registry, driver: "filesystem")
    private var contents = RegistryContents()
    private var graphs: [RegistryGraph] = []

    init(_ store: StoreFolder, _ layout: RegistryLayout) {
        self.store = store
        self.layout = layout
        documents = RegistryDocuments(store, layout)
    }

    mutating func run() throws(EngineStoreError) -> EngineInventory {
        for name in try RegistryRepository.all(in: store, layout) {
            let repository = try RegistryRepository(name, in: store, layout, isWhole: true)
            graphs.append(RegistryGraph(repository, documents, layout))
        }
        // After the links: what a push brings meanwhile is a blob too many, never one too few.
        try readBlobs()
        claimFolders()
        for graph in graphs {
            for problem in graph.problems { inventory.problems.append(problem) }
            addImages(of: graph)
        }
        holdDistantly()
        sortBlobs()
        for graph in graphs { claim(graph) }
        try claimBlobs()
        inventory.registry = contents
        return inventory
    }

    // Blobs

    private mutating func readBlobs() throws(EngineStoreError) {
        for (path, digest) in try blobFolders() {
            guard let folder = try store.folder(path) else { continue }
            do throws(StorageError) {
                if let data = try folder.status("data"), data.kind == .file { contents.blobBytes[digest] = data.sizeBytes }
            } catch {
                throw .storage(error)
            }
        }
    }

    /// The folders of all blobs, below the root.
    private func blobFolders() throws(EngineStoreError) -> [(path: String, digest: Digest)] {
        var found: [(String, Digest)] = []
        for algorithm in try store.names(layout.blobs) where Digest.Algorithm(rawValue: algorithm.text) != nil {
            for start in try store.names("\(layout.blobs)/\(algorithm)") where start.text.utf8.count == 2 {
                let path = "\(layout.blobs)/\(algorithm)/\(start)"
                for name in try store.names(path) where name.text.hasPrefix(start.text) {
                    if let digest = RegistryLayout.digest(algorithm, name) { found.append(("\(path)/\(name)", digest)) }
                }
            }
        }
        return found
    }

    /// What a manifest and its parts are, as far as they are there.
    private func blobs(of digest: Digest, _ graph: RegistryGraph) -> Set<Digest> {
        var found: Set<Digest> = [digest]
        if let manifest = graph.manifests[digest] { found.formUnion(manifest.marked) }
        return found.filter { contents.blobBytes[$0] != nil }
    }

    private mutating func sortBlobs() {
        var untagged: Set<Digest> = []
        for image in inventory.images {
            if image.names.isEmpty { untagged.formUnion(image.blobs) } else { contents.taggedBlobs.formUnion(image.blobs) }
        }
        contents.untaggedBlobs = untagged.subtracting(contents.taggedBlobs)
    }

    // Images

    private mutating func addImages(of graph: RegistryGraph) {
        let name = graph.repository.name
        var blobs: Set<Digest> = []
        var tagged: Set<Digest> = []
        for top in graph.tops {
            var own: Set<Digest> = []
            for member in top.members { own.formUnion(self.blobs(of: member.digest, graph)) }
            blobs.formUnion(own)
            if !top.tags.isEmpty { tagged.formUnion(top.members.map(\.digest)) }
            inventory.images.append(image(top, graph, own))
        }
        contents.repositories.append(
            RegistryContents.Repository(
                name: name, tagCount: graph.repository.tags.count, manifestCount: graph.repository.revisions.count,
                untaggedCount: graph.repository.revisions.keys.count { !tagged.contains($0) }, blobs: blobs, doubt: graph.doubt))
    }

    private func image(_ top: RegistryGraph.Top, _ graph: RegistryGraph, _ blobs: Set<Digest>) -> EngineImage {
        let name = graph.repository.name
        let isServed = graph.repository.revisions[top.digest] != nil && !graph.gone.contains(top.digest)
        // What nobody can pull is no image, and takes no image's place.
        let variants = isServed ? self.variants(of: top.digest, graph) : (found: [], isWhole: false)
        let known = variants.found.compactMap(\.created)
        var image = EngineImage(
            id: top.digest, namespace: name, names: top.tags.map { "\(name):\($0)" }, layers: [], blobs: blobs,
            configPath: "\(layout.revision(top.digest, of: name))/link",
            created: known.count == variants.found.count ? known.max() : nil,
            labels: variants.found.first?.labels ?? [:])
        image.isDescribed = variants.isWhole
        image.variants = variants.found
        image.isServed = isServed
        image.manifests = top.members
        image.doubt = graph.doubt
        let moments = top.members.flatMap { graph.moments[$0.digest] ?? [] }
        image.pushedSeconds = moments.map(\.modified).max()
        image.changed = moments.map(\.changed).max()
        image.holders = top.holders.sorted().map { EngineImage.Key(namespace: name, id: $0) }
        image.distantSubjects = top.distantSubjects
        return image
    }

    /// The platforms of an image in the order in which its indexes list them, each where it is met first, and whether all could be read.
    private func variants(of digest: Digest, _ graph: RegistryGraph) -> (found: [EngineVariant], isWhole: Bool) {
        var found: [EngineVariant] = []
        var isWhole = true
        var pending = [digest]
        var seen: Set<Digest> = []
        while let next = pending.popLast() {
            guard seen.insert(next).inserted else { continue }
            guard let manifest = graph.manifests[next] else {
                isWhole = false
                continue
            }
            // One that waits already is met earlier below an index that stands before it.
            for child in manifest.images.reversed() where !seen.contains(child) { pending.append(child) }
            guard let id = manifest.config else { continue }
            guard let config = documents.config(id) else {
                isWhole = false
                continue
            }
            found.append(
                EngineVariant(
                    manifest: next, config: id, created: config.created.flatMap(Timestamp.init(parsing:)), labels: config.labels))
        }
        return (found, isWhole)
    }

    /// What is about a manifest of another repository, as signatures that are kept together are, stays with that.
    private mutating func holdDistantly() {
        guard inventory.images.contains(where: { !$0.distantSubjects.isEmpty }) else { return }
        var owners: [Digest: [EngineImage.Key]] = [:]
        for image in inventory.images { for member in image.manifests { owners[member.digest, default: []].append(image.key) } }
        for place in inventory.images.indices {
            for subject in inventory.images[place].distantSubjects {
                inventory.images[place].holders += (owners[subject] ?? []).filter { $0 != inventory.images[place].key }
            }
        }
    }

    // What is where

    private mutating func claimFolders() {
        inventory.places.claim("", .engineOwn, below: .unexplained)
        for folder in layout.folders { inventory.places.claim(folder, .engineOwn, below: .unexplained) }
        inventory.places.claim(layout.blobs, .engineOwn, below: .unexplained)
        inventory.places.claim(layout.repositories, .imageMetadata, below: .unexplained)
    }

    private mutating func claimBlobs() throws(EngineStoreError) {
        for algorithm in try store.names(layout.blobs) where Digest.Algorithm(rawValue: algorithm.text) != nil {
            inventory.places.claim("\(layout.blobs)/\(algorithm)", .engineOwn, below: .unexplained)
            for start in try store.names("\(layout.blobs)/\(algorithm)") where start.text.utf8.count == 2 {
                inventory.places.claim("\(layout.blobs)/\(algorithm)/\(start)", .engineOwn, below: .unexplained)
            }
        }
        for (path, digest) in try blobFolders() {
            if contents.taggedBlobs.contains(digest) || contents.untaggedBlobs.contains(digest) {
                inventory.places.claim(path, .imageBlobs, .blob(digest))
            } else if inventory.isWhole, contents.blobBytes[digest] != nil {
                guard let folder = try store.folder(path) else { continue }
                do throws(StorageError) {
                    inventory.leak(path, .blobWithoutManifest, changed: try folder.status().lastChangeSeconds)
                } catch {
                    throw .storage(error)
                }
            }
        }
    }

    private mutating func claim(_ graph: RegistryGraph) {
        let repository = graph.repository
        let path = layout.repository(repository.name)
        var above = layout.repositories
        for part in repository.name.split(separator: "/") {
            above += "/\(part)"
            inventory.places.claim(above, .imageMetadata, below: .unexplained)
        }
        var folders = ["_manifests", "_manifests/revisions", "_manifests/tags", "_layers", "_uploads"]
        for algorithm in Digest.Algorithm.allCases {
            folders += ["_manifests/revisions/\(algorithm.rawValue)", "_layers/\(algorithm.rawValue)"]
        }
        for folder in folders { inventory.places.claim("\(path)/\(folder)", .imageMetadata, below: .unexplained) }
        claimManifests(graph, path)
        let needed = repository.revisions.keys.reduce(into: Set<Digest>()) { $0.formUnion(graph.manifests[$1]?.marked ?? []) }
        for (digest, changed) in repository.layers.sorted(by: { $0.key < $1.key }) {
            let place = "\(path)/_layers/\(digest.algorithm.rawValue)/\(digest.hex)"
            if contents.blobBytes[digest] == nil {
                inventory.leak(place, .linkToNothing, changed: changed)
            } else if !needed.contains(digest), graph.problems.isEmpty {
                inventory.leak(place, .linkWithoutManifest, changed: changed)
            } else {
                inventory.places.claim(place, .imageMetadata)
            }
        }
        for upload in repository.uploads {
            let place = "\(path)/_uploads/\(upload.id)"
            inventory.places.claim(place, .temporary, .upload(place))
            contents.uploads.append(
                RegistryContents.Upload(
                    path: place, repository: repository.name, startedSeconds: upload.started, changedSeconds: upload.changed))
        }
    }

    private mutating func claimManifests(_ graph: RegistryGraph, _ path: String) {
        let repository = graph.repository
        for (digest, moment) in repository.revisions.sorted(by: { $0.key < $1.key }) {
            let place = layout.revision(digest, of: repository.name)
            if graph.gone.contains(digest) {
                inventory.leak(place, .linkToNothing, changed: moment.changed.seconds)
            } else {
                inventory.places.claim(place, .imageMetadata)
                inventory.places.claim(
                    "\(place)/link", .imageMetadata, .registryLink(RegistryStore.key(repository.name, digest)))
            }
        }
        for (digest, changed) in repository.emptied.sorted(by: { $0.key < $1.key }) {
            inventory.leak(layout.revision(digest, of: repository.name), .leftByDeletion, changed: changed)
        }
        for tag in repository.tags {
            let place = "\(path)/_manifests/tags/\(tag.name)"
            if let digest = tag.digest, repository.revisions[digest] != nil, !graph.gone.contains(digest) {
                inventory.places.claim(place, .imageMetadata, .registryLink(RegistryStore.key(repository.name, tag: tag.name)))
            } else if tag.digest == nil, tag.moment != nil {
                inventory.places.claim(place, .imageMetadata)
            } else {
                inventory.leak(place, .linkToNothing, changed: tag.moment?.changed.seconds ?? 0)
            }
        }
    }
}
