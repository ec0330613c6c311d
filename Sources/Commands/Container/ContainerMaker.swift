import ContainerRuntime
import ContentStorage
import Foundation
import ImageBuild
import ImageStorage
import ImageTransfer
import LayerArchive
import OCISpec
import Operations
import StorageIO

/// Makes containers: layers unpacked, a user found, a folder that takes its place whole.
struct ContainerMaker {
    let workspace: Workspace
    let session: IngestSession

    private var store: ContentStore { workspace.store.content }

    /// A new container, and its lock.
    ///
    /// With `startsNow` its first run is noted: should the caller be killed before it has begun, it is one that was killed.
    func make(
        _ image: ImageRecord, named imageName: String, _ options: ContainerOptions, command: [String],
        startsNow: Bool, _ adjust: (inout ContainerSettings) -> Void
    ) throws -> (ContainerFolder, FileLock) {
        try store.checkMayHaveContainers()
        let config = try options.config(image.config.config, command: command)
        var settings = try options.settings()
        adjust(&settings)
        if settings.needsControlGroup, !ControlGroup.isUsable {
            throw RuntimeError.notPermitted(detail: "limits of memory, processors and processes need root and control groups")
        }
        for layer in image.layers { _ = try session.hold(layer.descriptor.digest) }
        let (place, folder) = try session.makeFolder()
        let layers = try unpack(image, in: folder)
        let id = PathPart.random()
        var container = Container(
            id: id.text, name: "", image: image.root, manifest: image.descriptor, imageID: image.imageID, imageName: imageName,
            created: Clock.now, layers: image.layers.map(\.diffID), config: config,
            user: try ContainerUser(config.user ?? "", in: layers.tree), settings: settings,
            stubs: try MountStubs(Container.mountTargets(settings), in: layers.tree))
        try writeOwnFiles(container, in: folder)
        let containers = try store.containers.makeHome()
        let lock = try store.containers.lockNames()
        defer { lock.release() }
        container.name = try name(options.name)
        let prepared = try ContainerFolder(place, in: session.folders)
        try prepared.prepare(lower: layers.names)
        try prepared.write(container)
        let hold = try prepared.lock()
        if startsNow { try prepared.noteStart(at: container.created) }
        _ = try session.moveFolder(place, to: id.text, in: containers)
        workspace.store.noteUse(of: image, at: Clock.now)
        return (try ContainerFolder(id, in: containers), hold)
    }

    /// The layers, those that only this image's have in the container's own folder.
    private func unpack(_ image: ImageRecord, in folder: Directory) throws -> UnpackedLayers {
        // What is unpacked stands under its diff ID for every image that has it: the blobs themselves must bear the image out.
        _ = try indexLayers(of: image, named: nil, in: workspace.store, workspace.options) { _ in }
        let unpacker = LayerUnpacker(store: store, session: session, limits: workspace.options.limits)
        var count = 0
        return try unpacker.unpack(image.layers) { name in
            let own = try folder.ensureDirectory(ContainerFolder.ownLayersName)
            count += 1
            _ = try session.moveFolder(name, to: "\(count)", in: own)
            let tree = try own.directory("\(count)").directory(ContentStore.unpackedTreeName)
            return (tree, "\(ContainerFolder.ownLayersName)/\(count)/\(ContentStore.unpackedTreeName)")
        }
    }

    private func name(_ wanted: String?) throws -> String {
        let taken = Dictionary(
            try ContainerShelf(store: store).all().map { ($0.container.name, $0.container.id) }
        ) { first, _ in first }
        guard let wanted else { return ContainerName.generated { taken[$0] == nil } }
        guard ContainerName.isValid(wanted) else { throw ContainerError.badName(wanted) }
        if let other = taken[wanted] { throw ContainerError.nameTaken(wanted, by: other) }
        return wanted
    }

    /// The files that a container has of its own: its name, the hosts that it knows, where names are asked for.
    private func writeOwnFiles(_ container: Container, in folder: Directory) throws {
        func host(_ path: String) -> [UInt8] { FileManager.default.contents(atPath: path).map(Array.init) ?? [] }
        let isAlone = container.settings.network == .none
        let loopback = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        let contents = [
            "hostname": Array("\(container.hostname)\n".utf8),
            "hosts": (isAlone ? Array(loopback.utf8) : host("/etc/hosts")) + Array("127.0.1.1\t\(container.hostname)\n".utf8),
            "resolv.conf": isAlone ? [] : host("/etc/resolv.conf"),
        ]
        // For every user of the container to read.
        for file in Container.ownFiles {
            let own = try folder.createFile(file.name, mode: 0o644)
            try own.write(contents[file.name] ?? [])
            try own.setMode(0o644)
        }
    }
}

/// What containers are called.
enum ContainerName {
    /// Whether docker would take it: a letter or digit, then letters, digits, `_`, `.` and `-`.
    static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, first.isLetterOrDigit, text.utf8.count > 1 else { return false }
        return text.utf8.allSatisfy { $0.isLetterOrDigit || "_.-".utf8.contains($0) }
    }

    /// A name of two words that is not taken.
    static func generated(_ isFree: (String) -> Bool) -> String {
        while true {
            let name = "\(adjectives.randomElement() ?? "quiet")_\(rocks.randomElement() ?? "basalt")"
            if isFree(name) { return name }
            let numbered = name + String(Int.random(in: 0..<1000))
            if isFree(numbered) { return numbered }
        }
    }

    private static let adjectives = [
        "amber", "banded", "brisk", "calm", "clear", "coarse", "crisp", "deep", "dense", "eager", "early", "fine", "folded",
        "gentle", "glassy", "grand", "green", "grey", "hollow", "keen", "late", "layered", "light", "loyal", "mellow", "mild",
        "mossy", "noble", "old", "pale", "patient", "plain", "polished", "quick", "quiet", "rough", "sandy", "silent", "smooth",
        "solid", "steady", "sunny", "tidal", "upper", "veined", "warm", "wide", "worn",
    ]
    private static let rocks = [
        "agate", "andesite", "basalt", "breccia", "chalk", "chert", "clay", "coal", "dacite", "diorite", "dolomite", "dunite",
        "felsite", "flint", "gabbro", "gneiss", "granite", "gypsum", "jasper", "limestone", "loess", "marble", "marl",
        "mudstone", "obsidian", "onyx", "opal", "peat", "phyllite", "pumice", "quartz", "rhyolite", "sandstone", "schist",
        "scoria", "shale", "siltstone", "slate", "soapstone", "tuff",
    ]
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
    }
}

extension ContainerUser {
    /// The user that `text` names, by the tables of a tree.
    init(_ text: String, in tree: StackedTree) throws {
        let found = try UserTable.identity(text) { name in
            guard let path = try tree.resolve(Array(name.utf8)), let file = try tree.file(at: path) else { return [] }
            return try file.readAll(limit: 16 << 20)
        }
        self.init(uid: found.uid, gid: found.gid, groups: found.groups, home: found.home)
    }
}
