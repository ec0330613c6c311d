import ContentStorage
import Glibc
import ImageStorage
package import ImageTransfer
package import LayerAnalysis
package import OCISpec
package import Reclamation
import StorageIO
import TextValues

/// What was asked about with `why`, and why it is there.
package enum Reason: Sendable {
    /// Something that a digest names.
    case item(StoreReasons.Answer)
    /// A file of the store that is no blob: what it is there for, and its path below the store.
    case file(StorePlace, path: String)
    /// A path of an image.
    case path(PathStory)
}

/// What happened to a path of an image, and who keeps the layer that stores what shows.
package struct PathStory: Sendable {
    /// The image in which the path was looked up.
    package var image: AnalyzedImage
    /// The path as it was asked, where symlinks lead elsewhere; raw bytes without a leading slash.
    package var asked: [UInt8]?
    /// What its layers did to the path, from the lowest up.
    package var history: PathHistory
    /// For each layer the digest of its blob and the instruction that made it.
    package var layers: [(digest: Digest, createdBy: String?)]
    /// What keeps the layer that stores what shows; empty for an image outside the store.
    package var chains: [KeepingChain]

    /// A story from its parts.
    package init(
        image: AnalyzedImage, asked: [UInt8]?, history: PathHistory, layers: [(digest: Digest, createdBy: String?)],
        chains: [KeepingChain]
    ) {
        self.image = image
        self.asked = asked
        self.history = history
        self.layers = layers
        self.chains = chains
    }
}

extension Workspace {
    /// What the image's layers do to a path, and what keeps the layer that stores what shows there.
    package func story(of path: String, in image: ScannedImage) throws -> PathStory {
        let asked = PathWalk.cleaned(path.utf8)
        guard let story = try story(at: asked, in: image) else { throw noPath(path, in: image) }
        return story
    }

    /// The same of raw bytes without a leading slash; nil where nothing ever stood there.
    package func story(at asked: [UInt8], in image: ScannedImage) throws -> PathStory? {
        var (history, tree) = try history(of: asked, in: image)
        var isFollowed = false
        if history.events.isEmpty, let followed = tree.followed(asked), followed != asked {
            (history, tree) = try self.history(of: followed, in: image)
            isFollowed = true
        }
        guard !history.events.isEmpty else { return nil }
        var chains: [KeepingChain] = []
        if let layer = history.current?.layer, try store.content.blobs.size(of: image.manifestDigest) != nil {
            chains = try StoreReasons(store).answer(.blob(image.layers[layer].descriptor.digest)).chains
        }
        return PathStory(
            image: image.analyzed, asked: isFollowed ? asked : nil, history: history,
            layers: zip(image.layers, image.config.layerHistory).map { ($0.descriptor.digest, $1?.createdBy) }, chains: chains)
    }

    private func history(of path: [UInt8], in image: ScannedImage) throws(OperationError) -> (PathHistory, MergedTree) {
        var history = PathHistory(path: path)
        var tree = MergedTree()
        for layer in image.layers {
            let index = try layerIndex(layer)
            try apply(layer, index, to: &tree, of: image)
            history.follow(tree, index)
        }
        return (history, tree)
    }

    /// What a digest, a file of the store or an image's name means, and why it is there.
    package func reasons(for text: String) throws -> [Reason] {
        let reasons = try StoreReasons(store)
        if case .success(let digest) = Self.digest(text) { return try subjects(digest, reasons) }
        if let path = storePath(text), let status = try store.content.root.status(path.isEmpty ? "." : path) {
            switch StorePlace(path, status.kind) {
            case .blob(let digest): return [.item(try reasons.answer(.blob(digest)))]
            case .layer(let diffID): return [.item(try reasons.answer(.layer(diffID)))]
            case let place: return [.file(place, path: path.isEmpty ? "." : path)]
            }
        }
        let found = try blobs(beginning: text)
        guard found.isEmpty else {
            guard found.count == 1 else { throw ImageError.ambiguous(text, candidates: found) }
            return try subjects(found[0], reasons)
        }
        do {
            return [.item(try reasons.answer(.blob(try store.resolve(text).digest)))]
        } catch .noSuchImage, .badName {
            throw OperationError.noSuchSubject(text)
        }
    }

    /// A digest may be a blob's or a diff ID's, whose layer is there unpacked, or as other blobs.
    private func subjects(_ digest: Digest, _ reasons: StoreReasons) throws -> [Reason] {
        var items: [StoreItem] = []
        if try reasons.has(.blob(digest)) { items.append(.blob(digest)) }
        if try reasons.has(.layer(digest)) { items.append(.layer(digest)) }
        for blob in try reasons.blobs(ofDiffID: digest) where blob != digest { items.append(.blob(blob)) }
        if items.isEmpty { items = [.blob(digest)] }
        return try items.map { .item(try reasons.answer($0)) }
    }

    private static func digest(_ text: String) -> Result<Digest, Digest.ParseError> {
        do throws(Digest.ParseError) {
            return .success(try Digest(text.utf8.count == 64 ? "sha256:\(text)" : text))
        } catch {
            return .failure(error)
        }
    }

    /// The path below the store of a file in it: as it was given, or beginning at the store's directory.
    private func storePath(_ text: String) -> String? {
        let root = Self.resolved(store.content.path)
        if text.utf8.first == UInt8(ascii: "/") || access(text, F_OK) == 0 {
            let path = Self.resolved(text)
            if path == root { return "" }
            if path.hasPrefix(root + "/") { return String(path.dropFirst(root.utf8.count + 1)) }
            if text.utf8.first == UInt8(ascii: "/") { return nil }
        }
        return text
    }

    private static func resolved(_ path: String) -> String {
        guard let buffer = realpath(path, nil) else { return path }
        defer { free(buffer) }
        return String(cString: buffer)
    }

    /// The blobs whose digests begin so; four digits at least.
    private func blobs(beginning text: String) throws(ContentError) -> [Digest] {
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
        guard digits.utf8.count >= 4, digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return [] }
        return try store.content.blobs.digests().filter { $0.algorithm == .sha256 && $0.hex.hasPrefix(digits) }
    }
}
