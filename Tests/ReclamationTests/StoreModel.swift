import Foundation
import Glibc
import OCISpec

/// What a store's figures must be, worked out with plain sets over the files on the disk, with nothing of the modules but hashes.
struct StoreModel {
    typealias Fields = [String: Any]

    /// An inode: who counts it, how much it is, and under which names it stands in the store.
    struct File {
        var bytes: Int64
        var linkCount: Int
        var isDirectory: Bool
        var isRegular: Bool
        var paths: [String] = []
    }

    /// A root with all it reaches; `isBroken` when a document below it cannot be read.
    struct Root {
        var reached: Set<String> = []
        var isBroken = false
    }

    /// What one digest of the index names.
    struct Image {
        /// The digest.
        var id: String
        /// Those that differ in something.
        var entries: [Fields]
        var root = Root()
        /// The manifests and indexes that it consists of.
        var parts: Set<String> = []
        /// Whether there is an image of some platform.
        var isImage = false
        /// Whether the config of some platform's image says nothing that an image's config says.
        var isPartlyUnknown = false
        /// The containers that were made from one of its parts.
        var containers: [String] = []
        var isPinned = false
        /// The names that it has, in the index's order.
        var names: [String] = []
    }

    let path: String
    private(set) var files: [UInt64: File] = [:]
    /// The inodes of each blob and unpacked layer, by `blob sha256:…` and `layer sha256:…`.
    private(set) var items: [String: Set<UInt64>] = [:]
    private(set) var images: [Image] = []
    private(set) var containers: [(name: String, root: Root, image: String)] = []
    private(set) var sessions: [(name: String, root: Root)] = []
    let liveSessions: Set<String>

    init(_ path: String, liveSessions: Set<String>) throws {
        self.path = path
        self.liveSessions = liveSessions
        readFiles()
        let entries = try entries()
        let referrers = presentReferrers(entries)
        for (number, entry) in entries.enumerated() where referrers[number] == nil { add(entry) }
        giveNames(entries)
        readContainers()
        readSessions()
        for place in images.indices { attach(referrers, entries, to: &images[place].root) }
        for place in containers.indices { attach(referrers, entries, to: &containers[place].root) }
    }

    // Files

    private mutating func readFiles() {
        var names = [""]
        let walk = FileManager.default.enumerator(atPath: path)
        while let name = walk?.nextObject() as? String { names.append(name) }
        for name in names {
            var raw = stat()
            guard lstat(name.isEmpty ? path : "\(path)/\(name)", &raw) == 0 else { continue }
            let file = File(
                bytes: Int64(raw.st_blocks) * 512, linkCount: Int(raw.st_nlink), isDirectory: raw.st_mode & S_IFMT == S_IFDIR,
                isRegular: raw.st_mode & S_IFMT == S_IFREG)
            files[UInt64(raw.st_ino), default: file].paths.append(name)
            if let item = itemName(name, isRegular: file.isRegular) { items[item, default: []].insert(UInt64(raw.st_ino)) }
        }
    }

    /// The blob or unpacked layer that a name is part of.
    func itemName(_ name: String, isRegular: Bool) -> String? {
        let parts = name.split(separator: "/").map(String.init)
        if parts.count == 3, parts[0] == "blobs", isRegular, isDigest("\(parts[1]):\(parts[2])") {
            return "blob \(parts[1]):\(parts[2])"
        }
        guard parts.count >= 2, parts[0] == "layers" else { return nil }
        let digest = parts[1].replacing("-", with: ":", maxReplacements: 1)
        return isDigest(digest) ? "layer \(digest)" : nil
    }

    private func isDigest(_ text: String) -> Bool {
        text.wholeMatch(of: /sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}/) != nil
    }

    private func read(_ name: String) -> Data? { FileManager.default.contents(atPath: "\(path)/\(name)") }

    private func object(_ data: Data) -> Fields? { (try? JSONSerialization.jsonObject(with: data)) as? Fields }

    private func entries() throws -> [Fields] {
        object(read("index.json") ?? Data())?["manifests"] as? [Fields] ?? []
    }

    // Documents

    private enum Document {
        case absent, torn
        case whole(Data)
    }

    private func document(_ digest: String) -> Document {
        guard let data = read("blobs/" + digest.replacing(":", with: "/")) else { return .absent }
        let actual = RandomStore.digest(data, with: digest.hasPrefix("sha256") ? .sha256 : .sha512)
        return digest == actual ? .whole(data) : .torn
    }

    private func isIndex(_ type: String?) -> Bool { type == RandomStore.indexType }
    private func isManifest(_ type: String?) -> Bool { type == RandomStore.manifestType }

    private func isImage(_ manifest: Fields) -> Bool {
        let layers = manifest["layers"] as? [Fields] ?? []
        return manifest["artifactType"] == nil
            && (manifest["config"] as? Fields)?["mediaType"] as? String == RandomStore.configType
            && (layers.isEmpty || layers.contains { $0["mediaType"] as? String == RandomStore.layerType })
    }

    /// Adds what a descriptor leads to; `isSniffed` for what is asked itself, whatever its type says.
    private func mark(_ descriptor: Fields, isSniffed: Bool, isRequired: Bool, into root: inout Root) {
        guard let digest = descriptor["digest"] as? String else { return }
        root.reached.insert("blob \(digest)")
        let type = descriptor["mediaType"] as? String
        let isKnown = isIndex(type) || isManifest(type)
        guard isKnown || isSniffed else { return }
        switch document(digest) {
        case .absent: if isRequired { root.isBroken = true }
        case .torn: root.isBroken = true
        case .whole(let data):
            let fields = object(data)
            if let children = fields?["manifests"] as? [Fields] {
                for child in children { mark(child, isSniffed: true, isRequired: false, into: &root) }
            } else if let fields, let config = fields["config"] as? Fields, let layers = fields["layers"] as? [Fields] {
                for layer in layers {
                    root.reached.insert("blob \(layer["digest"] ?? "")")
                    mark(layer, isSniffed: false, isRequired: true, into: &root)
                }
                root.reached.insert("blob \(config["digest"] ?? "")")
                if isImage(fields) { markConfig(config, &root) }
            } else if let blobs = fields?["blobs"] as? [Fields] {
                for blob in blobs { mark(blob, isSniffed: false, isRequired: false, into: &root) }
            } else if isKnown {
                root.isBroken = true
            }
            if let subject = fields?["subject"] as? Fields { mark(subject, isSniffed: true, isRequired: false, into: &root) }
        }
    }

    private func markConfig(_ descriptor: Fields, _ root: inout Root) {
        guard case .whole(let data) = document(descriptor["digest"] as? String ?? "") else {
            root.isBroken = true
            return
        }
        let rootfs = object(data)?["rootfs"] as? Fields
        for diffID in rootfs?["diff_ids"] as? [String] ?? [] { root.reached.insert("layer \(diffID)") }
    }

    // Referrers

    /// The entries without a name or a pin that are about something, by their places, each with its subject.
    private func candidates(_ entries: [Fields]) -> [Int: String] {
        var found: [Int: String] = [:]
        for (number, entry) in entries.enumerated() {
            let annotations = entry["annotations"] as? [String: String] ?? [:]
            let name = annotations["org.opencontainers.image.ref.name"]
            let isShadowed = entries[(number + 1)...].contains { other in
                (other["annotations"] as? [String: String])?["org.opencontainers.image.ref.name"] == name
            }
            guard name == nil || isShadowed, annotations["io.strata.pinned"] == nil,
                case .whole(let data) = document(entry["digest"] as? String ?? ""),
                let subject = (object(data)?["subject"] as? Fields)?["digest"] as? String
            else { continue }
            found[number] = subject
        }
        // The same entry may be listed again, with the name that a later one takes.
        return found.filter { number, _ in
            !entries.indices.contains { found[$0] == nil && (entries[$0] as NSDictionary).isEqual(to: entries[number]) }
        }
    }

    /// Those of them whose subject something else keeps: whatever keeps that keeps them.
    private func presentReferrers(_ entries: [Fields]) -> [Int: String] {
        let candidates = candidates(entries)
        var kept = Root()
        for (number, entry) in entries.enumerated() where candidates[number] == nil {
            mark(entry, isSniffed: true, isRequired: true, into: &kept)
        }
        for image in containerImages() { mark(image, isSniffed: true, isRequired: true, into: &kept) }
        attach(candidates, entries, to: &kept, isKeepingSubjects: false)
        // What is about nothing kept is nobody's but its own, and others may be about it.
        let own = candidates.filter { !kept.reached.contains("blob \($0.value)") }
        var below = Root()
        for number in own.keys { mark(withoutSubject: entries[number], into: &below) }
        for (number, subject) in own where !below.reached.contains("blob \(subject)") {
            mark(withoutSubject: entries[number], into: &kept)
        }
        attach(candidates, entries, to: &kept, isKeepingSubjects: false)
        return candidates.filter { kept.reached.contains("blob \($0.value)") }
    }

    private func mark(withoutSubject entry: Fields, into root: inout Root) {
        guard let digest = entry["digest"] as? String, case .whole(let data) = document(digest) else { return }
        root.reached.insert("blob \(digest)")
        let fields = object(data) ?? [:]
        let named = ["manifests", "layers", "blobs"].flatMap { fields[$0] as? [Fields] ?? [] }
        for part in named + [fields["config"] as? Fields ?? [:]] {
            root.reached.insert("blob \(part["digest"] ?? "")")
            mark(part, isSniffed: fields["manifests"] != nil, isRequired: false, into: &root)
        }
    }

    /// Adds what is about something that the root reaches, until there is no more.
    ///
    /// Where it is asked what is kept, that counts for nothing: a referrer keeps its subject for nobody.
    private func attach(
        _ referrers: [Int: String], _ entries: [Fields], to root: inout Root, isKeepingSubjects: Bool = true
    ) {
        var left = referrers
        while let next = left.first(where: { root.reached.contains("blob \($0.value)") }) {
            left[next.key] = nil
            if isKeepingSubjects {
                mark(entries[next.key], isSniffed: true, isRequired: true, into: &root)
            } else {
                mark(withoutSubject: entries[next.key], into: &root)
            }
        }
    }

    // Images

    /// Adds to the image the parts of what a descriptor leads to.
    private func addParts(_ descriptor: Fields, isEntry: Bool, to image: inout Image) {
        let type = descriptor["mediaType"] as? String
        guard isEntry || isIndex(type) || isManifest(type), let digest = descriptor["digest"] as? String,
            case .whole(let data) = document(digest), let fields = object(data)
        else { return }
        if let children = fields["manifests"] as? [Fields] {
            image.parts.insert(digest)
            for child in children where (child["platform"] as? Fields)?["os"] as? String != "unknown" {
                addParts(child, isEntry: false, to: &image)
            }
            return
        }
        guard fields["config"] is Fields, fields["layers"] is [Fields] else { return }
        image.parts.insert(digest)
        guard isImage(fields), let config = (fields["config"] as? Fields)?["digest"] as? String,
            case .whole(let configData) = document(config)
        else { return }
        if object(configData)?["rootfs"] != nil { image.isImage = true } else { image.isPartlyUnknown = true }
    }

    private mutating func add(_ entry: Fields) {
        let digest = entry["digest"] as? String ?? ""
        let place = images.firstIndex { $0.id == digest } ?? images.count
        if place == images.count {
            var image = Image(id: digest, entries: [], parts: [digest])
            addParts(entry, isEntry: true, to: &image)
            mark(entry, isSniffed: true, isRequired: true, into: &image.root)
            images.append(image)
        }
        let isKnown = images[place].entries.contains { ($0 as NSDictionary).isEqual(to: entry) }
        if !isKnown { images[place].entries.append(entry) }
        if (entry["annotations"] as? [String: String])?["io.strata.pinned"] == "true" { images[place].isPinned = true }
    }

    /// Of two entries with one name the later one has it.
    private mutating func giveNames(_ entries: [Fields]) {
        var taken: Set<String> = []
        for entry in entries.reversed() {
            guard let name = Self.name(entry), taken.insert(name).inserted,
                let place = images.firstIndex(where: { $0.id == entry["digest"] as? String })
            else { continue }
            images[place].names.insert(name, at: 0)
        }
    }

    static func name(_ entry: Fields) -> String? {
        (entry["annotations"] as? [String: String])?["org.opencontainers.image.ref.name"]
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)")) ?? []).sorted()
    }

    private func containerImage(_ name: String) -> Fields? {
        read("containers/\(name)/config.json").flatMap(object)?["image"] as? Fields
    }

    private func containerImages() -> [Fields] { names("containers").compactMap(containerImage) }

    private mutating func readContainers() {
        for name in names("containers") {
            guard let image = containerImage(name) else { continue }
            var root = Root()
            mark(image, isSniffed: true, isRequired: true, into: &root)
            let digest = image["digest"] as? String ?? ""
            containers.append((name, root, digest))
            for place in images.indices where images[place].parts.contains(digest) { images[place].containers.append(name) }
        }
    }

    private mutating func readSessions() {
        for name in names("ingest") where liveSessions.contains(name) {
            let lines = String(decoding: read("ingest/\(name)/holds") ?? Data(), as: UTF8.self).split(separator: "\n")
            sessions.append((name, Root(reached: Set(lines.map { "blob \($0)" }))))
        }
    }

    // Figures

    /// The roots but for the images in `removed`.
    func roots(without removed: Set<String> = []) -> [Root] {
        images.filter { !removed.contains($0.id) }.map(\.root) + containers.map(\.root) + sessions.map(\.root)
    }

    func reached(without removed: Set<String> = []) -> Set<String> {
        roots(without: removed).reduce(into: []) { $0.formUnion($1.reached) }
    }

    /// What goes with these images.
    func released(_ ids: Set<String>) -> Set<String> {
        guard !roots(without: ids).contains(where: \.isBroken) else { return [] }
        let mine = images.filter { ids.contains($0.id) }.reduce(into: Set<String>()) { $0.formUnion($1.root.reached) }
        return mine.subtracting(reached(without: ids)).intersection(items.keys)
    }

    func diskBytes(_ wanted: Set<String>) -> Int64 {
        inodes(wanted).reduce(0) { $0 + (files[$1]?.bytes ?? 0) }
    }

    private func inodes(_ wanted: Set<String>) -> Set<UInt64> {
        wanted.reduce(into: []) { $0.formUnion(items[$1] ?? []) }
    }

    /// Bytes of the inodes all of whose names are below these items.
    func freedBytes(_ gone: Set<String>) -> Int64 {
        freed(inodes(gone)) { itemName($0, isRegular: true).map(gone.contains) ?? false }
    }

    /// Bytes of the inodes all of whose names in the store are below these items.
    func storeBytes(_ gone: Set<String>) -> Int64 {
        inodes(gone).reduce(0) { sum, inode in
            guard let file = files[inode] else { return sum }
            let isGone = file.paths.allSatisfy { itemName($0, isRegular: true).map(gone.contains) ?? false }
            return isGone ? sum + file.bytes : sum
        }
    }

    /// Bytes of the inodes all of whose names are below this directory of the store.
    func freedBytes(below folder: String) -> Int64 {
        let inside: (String) -> Bool = { $0 == folder || $0.hasPrefix(folder + "/") }
        return freed(Set(files.filter { $0.value.paths.contains(where: inside) }.keys), inside)
    }

    private func freed(_ inodes: Set<UInt64>, _ isGone: (String) -> Bool) -> Int64 {
        inodes.reduce(0) { sum, inode in
            guard let file = files[inode] else { return sum }
            let gone = file.paths.filter(isGone).count
            return file.isDirectory || gone == file.linkCount ? sum + file.bytes : sum
        }
    }

    func uniqueBytes(_ image: Image) -> Int64 {
        var others = images.filter { $0.id != image.id }.map(\.root) + sessions.map(\.root)
        others += containers.filter { !image.containers.contains($0.name) }.map(\.root)
        let foreign = inodes(others.reduce(into: []) { $0.formUnion($1.reached) })
        return inodes(image.root.reached).subtracting(foreign).reduce(0) { $0 + (files[$1]?.bytes ?? 0) }
    }
}
