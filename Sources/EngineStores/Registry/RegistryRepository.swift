import Glibc
import OCISpec
import StorageIO

/// The links of one repository, as they are at one moment.
struct RegistryRepository: Sendable {
    /// When something came to be as it is.
    struct Moment: Hashable, Sendable {
        /// When its content was written, in seconds since 1970; tools can set it.
        let modified: Int64
        /// Since when all of it is as it is, which no tool can set back.
        let changed: Timestamp

        init(_ status: FileStatus) {
            modified = status.modifiedSeconds
            changed = max(
                Timestamp(seconds: status.modifiedSeconds, nanoseconds: Int(status.modifiedNanoseconds)),
                Timestamp(seconds: status.changedSeconds, nanoseconds: Int(status.changedNanoseconds)))
        }
    }

    /// One tag.
    struct Tag: Hashable, Sendable {
        let name: String
        /// Nil where there is no link, or one that is none.
        let digest: Digest?
        let moment: Moment?
    }

    /// A half-done or abandoned upload.
    struct Upload: Hashable, Sendable {
        let id: PathPart
        /// When it began by its own word, in seconds since 1970.
        let started: Int64?
        let changed: Int64
    }

    /// Its path among all repositories.
    let name: String
    private(set) var tags: [Tag] = []
    /// The manifests that it has.
    private(set) var revisions: [Digest: Moment] = [:]
    /// The folders of manifests without a link, as a deletion leaves them.
    private(set) var emptied: [Digest: Int64] = [:]
    /// The blobs that it has beside those.
    private(set) var layers: [Digest: Int64] = [:]
    private(set) var uploads: [Upload] = []
    /// The manifests whose link leads elsewhere, or nowhere.
    private(set) var damaged: Set<Digest> = []
    /// What of it is not what it must be.
    private(set) var problems: [EngineProblem] = []

    /// Reads the tags and manifests of a repository; with `isWhole` its links to blobs and its uploads too.
    init(_ name: String, in store: StoreFolder, _ layout: RegistryLayout, isWhole: Bool) throws(EngineStoreError) {
        self.name = name
        let path = layout.repository(name)
        guard let folder = try store.folder(path) else { return }
        try readRevisions(folder, path)
        try readTags(folder, path)
        guard isWhole else { return }
        try readLayers(folder)
        try readUploads(folder)
    }

    /// What a tag may be called.
    static func isTag(_ name: PathPart) -> Bool {
        let bytes = name.text.utf8
        guard bytes.count <= 128, let first = bytes.first, !".-".utf8.contains(first) else { return false }
        return bytes.allSatisfy {
            lowerCase.contains($0) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || "_.-".utf8.contains($0)
        }
    }

    private mutating func readRevisions(_ folder: Directory, _ path: String) throws(EngineStoreError) {
        try Self.eachDigest(in: try Self.below("_manifests/revisions", folder)) {
            algorithm, name, digest, entry throws(EngineStoreError) in
            let place = "\(path)/_manifests/revisions/\(algorithm)/\(name)/link"
            switch try Self.link(in: entry) {
            case .none: emptied[digest] = try Self.changed(entry)
            case .bad(let reason, let moment):
                problems.append(EngineProblem(path: place, reason: reason))
                damaged.insert(digest)
                self.revisions[digest] = moment
            case .digest(let target, let moment):
                self.revisions[digest] = moment
                guard target != digest else { return }
                damaged.insert(digest)
                problems.append(EngineProblem(path: place, reason: .badValue("link")))
            }
        }
    }

    /// Calls `body` for each folder `ALGORITHM/DIGEST` of a folder, with its names; what is no digest is passed over.
    private static func eachDigest(
        in folder: Directory?,
        _ body: (_ algorithm: PathPart, _ name: PathPart, Digest, Directory) throws(EngineStoreError) -> Void
    ) throws(EngineStoreError) {
        guard let folder else { return }
        for algorithm in try names(folder) {
            guard let digests = try StoreFolder.folder(algorithm.text, in: folder) else { continue }
            for name in try names(digests) {
                guard let digest = RegistryLayout.digest(algorithm, name),
                    let entry = try StoreFolder.folder(name.text, in: digests)
                else { continue }
                try body(algorithm, name, digest, entry)
            }
        }
    }

    private mutating func readTags(_ folder: Directory, _ path: String) throws(EngineStoreError) {
        guard let tags = try Self.below("_manifests/tags", folder) else { return }
        for name in try Self.names(tags) where Self.isTag(name) {
            guard let entry = try StoreFolder.folder(name.text, in: tags) else { continue }
            guard let current = try StoreFolder.folder("current", in: entry) else {
                self.tags.append(Tag(name: name.text, digest: nil, moment: nil))
                continue
            }
            switch try Self.link(in: current) {
            case .none: self.tags.append(Tag(name: name.text, digest: nil, moment: nil))
            case .bad(let reason, let moment):
                problems.append(EngineProblem(path: "\(path)/_manifests/tags/\(name)/current/link", reason: reason))
                self.tags.append(Tag(name: name.text, digest: nil, moment: moment))
            case .digest(let digest, let moment): self.tags.append(Tag(name: name.text, digest: digest, moment: moment))
            }
        }
    }

    private mutating func readLayers(_ folder: Directory) throws(EngineStoreError) {
        try Self.eachDigest(in: try Self.below("_layers", folder)) { _, _, digest, entry throws(EngineStoreError) in
            layers[digest] = try Self.changed(entry)
        }
    }

    private mutating func readUploads(_ folder: Directory) throws(EngineStoreError) {
        guard let uploads = try StoreFolder.folder("_uploads", in: folder) else { return }
        for name in try Self.names(uploads) {
            guard let entry = try StoreFolder.folder(name.text, in: uploads) else { continue }
            let text: String?
            do throws(StorageError) { text = try StoreFolder.word("startedat", in: entry) } catch {
                // What it says is a help to whoever looks, and no more.
                text = nil
            }
            var changed = try Self.changed(entry)
            do throws(StorageError) {
                if let data = try entry.status("data") { changed = max(changed, data.lastChangeSeconds) }
            } catch {
                throw .storage(error)
            }
            self.uploads.append(
                Upload(id: name, started: text.flatMap(Timestamp.init(parsing:))?.seconds, changed: changed))
        }
    }

    // Links

    private enum Link {
        case none
        case digest(Digest, Moment)
        /// It is there, and leads nowhere that can be told.
        case bad(EngineProblem.Reason, Moment)
    }

    /// What a link says; one that is none and was written only now may still be under way, and is read once more.
    private static func link(in folder: Directory) throws(EngineStoreError) -> Link {
        for _ in 0..<5 {
            let link = try readLink(in: folder)
            guard case .bad(_, let moment) = link, moment.changed.seconds >= Int64(time(nil)) - 2 else { return link }
            usleep(50_000)
        }
        return try readLink(in: folder)
    }

    private static func readLink(in folder: Directory) throws(EngineStoreError) -> Link {
        do throws(StorageError) {
            guard let status = try folder.status("link") else { return .none }
            let moment = Moment(status)
            do throws(StorageError) {
                guard let text = try StoreFolder.word("link", in: folder) else { return .bad(.badValue("link"), moment) }
                guard let digest = digest(text) else { return .bad(.badValue("link"), moment) }
                return .digest(digest, moment)
            } catch {
                return .bad(.storage(error), moment)
            }
        } catch {
            throw .storage(error)
        }
    }

    private static func digest(_ text: String) -> Digest? { Digest(ifValid: text) }

    /// Digits and small letters.
    fileprivate static let lowerCase = Set("abcdefghijklmnopqrstuvwxyz0123456789".utf8)

    private static func below(_ path: String, _ folder: Directory) throws(EngineStoreError) -> Directory? {
        var here = folder
        for part in path.split(separator: "/") {
            guard let next = try StoreFolder.folder(String(part), in: here) else { return nil }
            here = next
        }
        return here
    }

    private static func names(_ folder: Directory) throws(EngineStoreError) -> [PathPart] {
        do throws(StorageError) { return try folder.names().compactMap { PathPart($0) } } catch { throw .storage(error) }
    }

    private static func changed(_ folder: Directory) throws(EngineStoreError) -> Int64 {
        do throws(StorageError) { return try folder.status().lastChangeSeconds } catch { throw .storage(error) }
    }
}

extension RegistryRepository {
    /// The repositories of a root, in order: every folder that has manifests, layers or uploads, however deep.
    static func all(in store: StoreFolder, _ layout: RegistryLayout) throws(EngineStoreError) -> [String] {
        var found: [String] = []
        var pending = [""]
        while let path = pending.popLast() {
            let folder = path.isEmpty ? layout.repositories : layout.repository(path)
            var isOne = false
            for name in try store.names(folder) {
                if ["_manifests", "_layers", "_uploads"].contains(name.text) { isOne = true }
                guard isPart(name) else { continue }
                let below = path.isEmpty ? name.text : "\(path)/\(name)"
                // No name of a repository is longer.
                if below.utf8.count <= 255, try store.folder(layout.repository(below)) != nil { pending.append(below) }
            }
            if isOne, !path.isEmpty { found.append(path) }
        }
        return found.sorted()
    }

    /// What a part of a repository's name may be.
    static func isPart(_ name: PathPart) -> Bool {
        let bytes = name.text.utf8
        guard let first = bytes.first, lowerCase.contains(first) else { return false }
        return bytes.allSatisfy { lowerCase.contains($0) || "._-".utf8.contains($0) }
    }

    /// Whether a text can be a repository's name.
    static func isName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return text.utf8.count <= 255 && parts.allSatisfy { part in PathPart(part).map(isPart) ?? false }
    }
}
