import BoltDatabase
import EngineStores
import Glibc
import ImageTransfer
import LayerArchive
import OCISpec
import SQLiteFiles
import StorageIO
import SystemPackage

extension ErrorSentence {
    /// The sentence for an image that an engine's store does not give.
    init(_ fault: EngineSourceFault, _ reference: EngineReference) {
        let source = EngineWords(reference.engine)
        switch fault {
        case .openBracket:
            self.init(
                code: "bad-source", status: 2, message: "\(reference.text) is not a valid source: its `[` has no `]`",
                hint: "write \(source.form)")
        case .noName(_, let available):
            self.init(
                code: "bad-source", status: 2, message: "\(reference.text) names no image",
                hint: available.isEmpty ? "write \(source.form)" : Self.list("it has", available))
        case .store(let error, let root): self.init(error, root: root, source, next: source.saving(reference))
        case .noSuchImage(let root, let available):
            self.init(
                code: "no-such-image", message: "\(source.title) at \(root) has no image \(reference.image)",
                hint: available.isEmpty ? source.whereElse : Self.list("it has", available))
        case .several(let matches):
            self.init(
                code: "ambiguous", message: Self.list("\(reference.text) may be any of", matches),
                hint: "give the full name or more of the ID")
        case .image(let error, let root): self.init(error, of: reference, root, source)
        case .layer(let layer, let fault): self.init(fault, ofLayer: layer, reference, source)
        case .discarded(let blob):
            self.init(
                code: "missing-blob",
                message: "\(reference.text): containerd no longer has the blob \(blob), only what it unpacked to",
                hint: "pull the image again, with `discard_unpacked_layers` off in containerd's configuration")
        case .blobs(let error): self.init(error)
        }
    }

    /// The sentence for a root that cannot be read; `next` is what else can be done.
    init(_ error: EngineStoreError, root: String, _ source: EngineWords, next: String?) {
        switch error {
        case .notAStore(_, let path, let missing):
            self.init(
                code: "no-engine-root", message: "\(path) is not a root of \(source.title): it has no \(missing)",
                hint: source.whereElse)
        case .unknownDriver(_, let path, let driver):
            self.init(
                code: "unknown-driver",
                message:
                    "cannot read \(path) in place: \(source.title) keeps its layers there with the driver `\(Self.text(Array(driver.utf8)))`",
                hint: next)
        case .storage(let error), .bolt(.storage(let error)), .sqlite(.storage(let error)):
            let isAbsent = error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory
            self.init(
                code: isAbsent ? "no-engine-root" : "unreadable",
                message: "cannot read \(Self.place(error.path)): \(Self.reason(error.errno.rawValue))",
                hint: isAbsent ? source.whereElse : Self.alternative("run the command as root", next))
        case .bolt(.busy(let path, let tries)), .sqlite(.busy(let path, let tries)):
            self.init(
                code: "busy", status: 4, message: "\(path) was written to during each of \(tries) attempts to read it",
                hint: "try again later")
        case .bolt(.notBolt(let path)), .bolt(.damaged(let path, _)):
            self.init(code: "bad-database", message: "\(path) is damaged or not a database of \(source.title)", hint: next)
        case .sqlite(let error): self.init(code: "bad-database", message: Self.words(error), hint: next)
        case .bolt(.tooLarge(let path, let bytes, let limit)):
            self.init(code: "bad-database", message: "\(path) has \(bytes) bytes in use; \(limit) are read at most", hint: next)
        case .document(let path, let error):
            self.init(code: "bad-document", message: "\(root)/\(path) \(Self.words(error))", hint: next)
        }
    }

    private init(_ error: EngineImageError, of reference: EngineReference, _ root: String, _ source: EngineWords) {
        let next = source.saving(reference)
        switch error {
        case .store(let error): self.init(error, root: root, source, next: next)
        case .noConfig(let path):
            self.init(
                code: "missing-blob", message: "\(reference.text): its configuration \(root)/\(path) is missing", hint: next)
        case .badConfig(let path, let error):
            self.init(code: "bad-document", message: "\(reference.text): \(path) \(Self.words(error))", hint: next)
        case .otherConfig(let path, let actual):
            self.init(
                code: "digest-mismatch",
                message: "\(reference.text): its configuration \(root)/\(path) is damaged: its bytes have the digest \(actual)",
                hint: "pull or load the image again")
        case .noLayer(let layer):
            self.init(
                code: "missing-layer", message: "\(reference.text): \(source.title) has no usable record of its layer \(layer)",
                hint: "pull or load the image again")
        case .noTarSplit(let layer): self.init(.noTarSplit, ofLayer: layer, reference, source)
        case .otherLayers(let config, let engine):
            self.init(
                code: "layer-count-mismatch",
                message: "\(reference.text): its configuration counts \(config) layers, \(source.title) \(engine)", hint: next)
        }
    }

    private init(_ fault: LayerFault, ofLayer layer: Digest, _ reference: EngineReference, _ source: EngineWords) {
        let place = "\(reference.text), layer \(layer)"
        let next = source.saving(reference)
        switch fault {
        case .noTarSplit:
            self.init(
                code: "missing-layer", message: "\(place): its tar-split is missing, so it cannot be read in place", hint: next)
        case .noContent:
            self.init(
                code: "missing-layer", message: "\(place): its unpacked files are missing", hint: "pull or load the image again")
        case .changed(let actual):
            self.init(
                code: "digest-mismatch", message: "\(place): the files in the store are not what they were: they give \(actual)",
                hint: "pull or load the image again")
        case .unreadable(.badTarSplit(let fault)):
            let isChange =
                switch fault {
                case .fileMissing, .fileChanged: true
                default: false
                }
            self.init(
                code: "bad-tar-split", message: "\(place) cannot be read in place: \(Self.words(fault))",
                hint: isChange ? "pull or load the image again" : next)
        case .unreadable(.io(let name, let errno)) where errno == EACCES || errno == EPERM:
            self.init(
                code: "unreadable", message: "cannot read \(name): \(Self.reason(errno))",
                hint: Self.alternative("run the command as root", next))
        case .unreadable(let error):
            self.init(error, in: place)
            if hint == nil { hint = next }
        }
    }

    private static func alternative(_ first: String, _ second: String?) -> String {
        second.map { "\(first), or: \($0)" } ?? first
    }
}

/// How an engine is called, and what its own commands do.
struct EngineWords {
    /// Its name.
    let title: String
    /// How its images are spelled.
    let form: String
    /// Where to look when a root is none, or has no such image.
    let whereElse: String
    private let save: (String) -> String?

    init(_ engine: EngineKind) {
        switch engine {
        case .docker:
            title = "Docker"
            form = "`docker-daemon:[ROOT]REF`"
            whereElse = """
                name the data-root as in `docker-daemon:[ROOT]REF`; with Docker's containerd image store use `containerd:[ROOT]moby/REF`
                """
            save = { "`docker save \($0) | strata scan -`" }
        case .podman:
            title = "containers-storage"
            form = "`containers-storage:[overlay@ROOT]REF`"
            whereElse = "name the graph root as in `containers-storage:[overlay@ROOT]REF`; `podman info` prints it"
            save = { "`podman save \($0) | strata scan -`" }
        case .buildkit:
            title = "BuildKit"
            form = "`--engine buildkit=ROOT`"
            whereElse = "name the root of buildkitd as in `--engine buildkit=ROOT`"
            save = { _ in nil }
        case .registry:
            title = "Registry"
            form = "`--engine registry=ROOT`"
            whereElse = "name the `rootdirectory` of its settings as in `--engine registry=ROOT`"
            save = { _ in nil }
        case .containerd:
            title = "containerd"
            form = "`containerd:[ROOT]NAMESPACE/REF`"
            whereElse = "name the root as in `containerd:[ROOT]NAMESPACE/REF`"
            save = { name in
                let parts = name.split(separator: "/", maxSplits: 1)
                guard parts.count == 2 else { return nil }
                return "`ctr -n \(parts[0]) images export - \(parts[1]) | strata scan -`"
            }
        }
    }

    /// How the engine itself gives the image.
    func saving(_ reference: EngineReference) -> String? { reference.image.isEmpty ? nil : save(reference.image) }
}
