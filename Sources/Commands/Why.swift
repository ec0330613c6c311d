import ArgumentParser
import ContentStorage
import Glibc
import ImageStorage
import ImageTransfer
import LayerAnalysis
import OCISpec
import Reclamation
import Reports
import StorageIO

/// `strata why PATH-OR-DIGEST [IMAGE]`.
struct Why: ResultCommand {
    static let configuration = CommandConfiguration(
        commandName: "why",
        abstract: "Say what keeps a blob, a layer or a file of the store, or which layer stores or hides a path of an image.",
        discussion: """
            Without an image the subject is a digest, the beginning of one, an image of the store, or a file below the store's \
            directory. What is kept is shown with the chain from each name, container or session that keeps it.
            """)

    @Argument(help: ArgumentHelp("A digest, a file of the store, or with an image a path in it.", valueName: "path-or-digest"))
    var subject: String

    @Argument(help: "The image that the path is in: a name in the store, a path, or `-`.")
    var image: String?

    @Option(help: "The image of an index to take, such as linux/arm64.")
    var platform: String?

    @OptionGroup(title: "Registries") var registry: RegistryOptions
    @OptionGroup var globals: GlobalOptions

    func run() throws {
        try Workspace.run(globals, platform: platform, registry: registry) { workspace in
            let subjects: [ReasonReport.Subject]
            if let image {
                let scanned = try workspace.image(image, ProgressDisplay(globals, title: "reading \(image)"))
                subjects = [.path(try workspace.story(of: subject, in: scanned))]
            } else {
                subjects = try workspace.reasons(for: subject)
            }
            let report = ReasonReport(subjects)
            switch globals.format {
            case .text: try Output.write(report.text(globals.style))
            case .json: try Output.write(report.json())
            }
        }
    }
}

extension Workspace {
    /// What the image's layers do to a path, and what keeps the layer that stores what shows there.
    func story(of path: String, in image: ScannedImage) throws -> ReasonReport.PathStory {
        let asked = Self.parts(path)
        var (history, tree) = try history(of: asked, in: image)
        var isFollowed = false
        if history.events.isEmpty, let followed = tree.followed(asked), followed != asked {
            (history, tree) = try self.history(of: followed, in: image)
            isFollowed = true
        }
        guard !history.events.isEmpty else { throw noPath(path, in: image) }
        var chains: [KeepingChain] = []
        if let layer = history.current?.layer, try store.content.size(of: image.manifestDigest) != nil {
            chains = try StoreReasons(store).answer(.blob(image.layers[layer].descriptor.digest)).chains
        }
        return ReasonReport.PathStory(
            image: image.analyzed, asked: isFollowed ? asked : nil, history: history,
            layers: zip(image.layers, image.config.layerHistory).map { ($0.descriptor.digest, $1?.createdBy) }, chains: chains)
    }

    private func history(of path: [UInt8], in image: ScannedImage) throws -> (PathHistory, MergedTree) {
        var history = PathHistory(path: path)
        var tree = MergedTree()
        for layer in image.layers {
            let index = try layerIndex(layer)
            try apply(layer, index, to: &tree, of: image)
            history.follow(tree, index)
        }
        return (history, tree)
    }

    private static func parts(_ path: String) -> [UInt8] {
        let parts = Array(path.utf8).split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }
        return Array(parts.joined(separator: [UInt8(ascii: "/")]))
    }

    /// What a digest, a file of the store or an image's name means, and why it is there.
    func reasons(for text: String) throws -> [ReasonReport.Subject] {
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
        do throws(ImageError) {
            return [.item(try reasons.answer(.blob(try store.resolve(text).digest)))]
        } catch .noSuchImage, .badName {
            throw CommandError.noSuchSubject(text)
        }
    }

    /// A digest may be a blob's or a diff ID's, whose layer is there unpacked, or as other blobs.
    private func subjects(_ digest: Digest, _ reasons: StoreReasons) throws -> [ReasonReport.Subject] {
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
    private func blobs(beginning text: String) throws -> [Digest] {
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
        guard digits.utf8.count >= 4, digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else { return [] }
        return try store.content.blobs().filter { $0.algorithm == .sha256 && $0.hex.hasPrefix(digits) }
    }
}
