// https://github.com/containers/skopeo/blob/v1.13.3/docs/skopeo.1.md#image-names

package import EngineStores
package import LayerArchive
package import OCISpec
import StorageIO
import SystemPackage

/// An image in an engine's store, as the command line spells it: `docker-daemon:[ROOT]REF`, `containers-storage:[overlay@ROOT]REF`,
/// `containerd:[ROOT]NS/REF`.
package struct EngineReference: Hashable, Sendable {
    /// Whose store it is.
    package let engine: EngineKind
    /// The root; nil where it was left away.
    package let root: String?
    /// The driver of containers-storage, where one was named.
    package let driver: String?
    /// A name or an ID; empty where there was none.
    package let image: String
    /// As it was typed.
    package let text: String
    /// Whether its brackets end.
    package let isClosed: Bool

    /// How the images of a root are spelled, but for their names.
    package static func text(of engine: EngineKind, root: String) -> String {
        let prefix = transports.first { $0.engine == engine }?.prefix ?? ""
        return "\(prefix)[\(engine == .podman ? "overlay@" : "")\(root)]"
    }

    /// The same image of Docker's where it keeps images in containerd; nil for other engines' images.
    package var inContainerd: EngineReference? {
        engine == .docker ? EngineReference(engine: .containerd, image: "moby/\(image)", text: text) : nil
    }

    private init(engine: EngineKind, image: String, text: String) {
        self.engine = engine
        self.image = image
        self.text = text
        (root, driver, isClosed) = (nil, nil, true)
    }

    private static let transports: [(prefix: String, engine: EngineKind)] = [
        ("docker-daemon:", .docker), ("containers-storage:", .podman), ("containerd:", .containerd),
    ]

    /// Reads what a user typed; nil for another kind of source.
    package init?(parsing text: String) {
        guard let found = Self.transports.first(where: { text.utf8.starts(with: $0.prefix.utf8) }) else { return nil }
        let rest = text.utf8.dropFirst(found.prefix.utf8.count)
        self.text = text
        engine = found.engine
        guard rest.first == UInt8(ascii: "[") else {
            (root, driver, isClosed, image) = (nil, nil, true, String(decoding: rest, as: UTF8.self))
            return
        }
        // A name has no brackets, and a path may.
        let end = rest.lastIndex(of: UInt8(ascii: "]"))
        let place = rest.dropFirst()[..<(end ?? rest.endIndex)]
        image = end.map { String(decoding: rest[$0...].dropFirst(), as: UTF8.self) } ?? ""
        isClosed = end != nil
        guard engine == .podman else {
            (root, driver) = (place.isEmpty ? nil : String(decoding: place, as: UTF8.self), nil)
            return
        }
        // Options and the folder of a running system are podman's own business.
        let path = place.prefix { $0 != UInt8(ascii: ":") }
        let parts = path.split(separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
        driver = parts.count == 2 && !parts[0].isEmpty ? String(decoding: parts[0], as: UTF8.self) : nil
        let folder = (parts.last ?? path[...]).prefix { $0 != UInt8(ascii: "+") }
        root = folder.isEmpty ? nil : String(decoding: folder, as: UTF8.self)
    }
}

/// Why an engine's store does not give an image.
package enum EngineSourceFault: Error, Sendable {
    /// The brackets around the root have no end.
    case openBracket
    /// No image was named; these are there.
    case noName(root: String, available: [String])
    /// The root cannot be read.
    case store(EngineStoreError, root: String)
    /// No image has the name or ID; these are there.
    case noSuchImage(root: String, available: [String])
    /// It is not clear which image is meant; these may be.
    case several([String])
    /// Parts of the image are not there, or not what they should be.
    case image(EngineImageError, root: String)
    /// A layer cannot be made again of what the engine has.
    case layer(Digest, LayerFault)
    /// containerd has thrown a blob away after it was unpacked.
    case discarded(Digest)
    /// containerd's blobs are no image that can be read.
    indirect case blobs(TransferError)
}

extension EngineSourceFault {
    /// Whether the root itself cannot be read in place: it may not be, is not there, or is kept by a driver that is not known.
    package var isOfRoot: Bool {
        switch self {
        case .store(.storage(let error), _): error.isAbsent || error.isReadOnly || error.errno == .notDirectory
        case .store(.notAStore, _), .store(.unknownDriver, _): true
        default: false
        }
    }

    /// Whether Docker may have the image in containerd, and not with a graph driver.
    package var mayBeInContainerd: Bool {
        switch self {
        case .noSuchImage, .store(.notAStore, _): true
        default: false
        }
    }
}

/// What is wrong with a layer of an engine's store.
package enum LayerFault: Error, Sendable {
    /// The tar-split file is gone.
    case noTarSplit
    /// The unpacked layer is gone.
    case noContent
    /// It cannot be read.
    case unreadable(LayerArchiveError)
    /// What it gives has another digest, this one.
    case changed(actual: Digest)
}
