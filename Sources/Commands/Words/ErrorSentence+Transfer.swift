import Glibc
import ImageTransfer
import LayerArchive
import OCISpec
import StorageIO
import SystemPackage

extension TransferError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: TransferError) {
        switch error {
        case .unreadable(let path, let errno):
            self.init(code: "unreadable", message: "cannot read \(path): \(Self.reason(errno))")
        case .emptyFile(let path): self.init(code: "empty-input", message: "\(path) is empty")
        case .notALayout(let path):
            self.init(
                code: "not-an-image", message: "\(path) is not an OCI image layout: it has no index.json",
                hint: "name the archive or the layout's own directory")
        case .notAnArchive(let path, let error): self.init(error, in: path)
        case .wrongKind(let path, let kind):
            self.init(
                code: "wrong-kind", message: "\(path) is not a \(kind.rawValue)",
                hint: "leave out `\(kind.rawValue):` to have the format detected")
        case .ancientArchive(let path):
            self.init(
                code: "ancient-archive", message: "\(path) has no manifest.json: docker before 1.10 wrote it",
                hint: "load and save it with a newer docker")
        case .unlistedArchive(let path, let document):
            self.init(
                code: "incomplete-archive", message: "\(path) is an image archive without its \(document)",
                hint: "write it again; if it is a root file system, name it `tarball:\(path)`")
        case .rootFileSystem(let path):
            self.init(
                code: "not-an-image", message: "\(path) is a root file system, not an image",
                hint: "`strata import` makes an image from it")
        case .noImages(let path): self.init(code: "no-images", message: "\(path) lists no image")
        case .noSuchImage(let path, let reference, let available):
            self.init(
                code: "no-such-image", message: "\(path) has no image \(reference)", hint: Self.list("it has", available))
        case .noSuchPlatform(let path, let wanted, let available):
            self.init(
                code: "no-such-platform", message: "\(path) has no image for \(wanted ?? "this machine's platform")",
                hint: available.isEmpty ? nil : Self.list("`--platform` takes", available))
        case .incompletePlatform(let path, let image, let wanted, let reason):
            let sentence = ErrorSentence(reason)
            self.init(
                code: sentence.code, message: "\(path): the image \(image) for \(wanted) cannot be read: \(sentence.message)",
                hint: sentence.hint)
        case .absentPlatform(let path, let image, let wanted, let digest):
            self.init(
                code: "missing-blob",
                message: "\(path) lists \(image) for \(wanted), but lacks its manifest \(digest)",
                hint: "fetch that platform too before the archive is written")
        case .artifact(let path, let digest, let type):
            let kind = type.map { " of the type `\(Self.text(Array($0.utf8)))`" } ?? ""
            self.init(code: "artifact", message: "\(path): \(digest) is an artifact\(kind), not an image")
        case .missingMember(let path, let member):
            self.init(
                code: "missing-blob", message: "\(path) lacks \(member), which its documents name",
                hint: "the archive is incomplete: write it again")
        case .badLink(let path, let member):
            self.init(code: "bad-archive", message: "\(path): the member \(member) is a link that leads to no file")
        case .notAFile(let path, let member):
            self.init(code: "bad-archive", message: "\(path): \(member) is not a file")
        case .linkedElsewhere(let path, let member):
            self.init(
                code: "bad-link",
                message: "\(path): \(member) is a symlink out of the directory, to a file that is not the blob it names",
                hint: "`cp -rL` copies the directory with files in place of its links, `tar -ch` makes such an archive")
        case .badDocument(let path, let member, let error):
            self.init(
                code: error.code, message: "\(path): \(member) \(Self.words(error))",
                hint: error.isOfLimits
                    ? error.hint : member == "manifest.json" ? "if this is a root file system, name it `tarball:\(path)`" : nil)
        case .digestMismatch(let path, let expected, let actual):
            self.init(
                code: "digest-mismatch", message: "\(path): blob \(expected) is damaged: its bytes have the digest \(actual)",
                hint: "copy or write the archive again")
        case .unsupportedDigest(let digest):
            self.init(code: "unsupported-digest", message: "cannot store blob \(digest): only sha256 digests are supported")
        case .sizeMismatch(let path, let digest, let expected, let actual):
            self.init(
                code: "size-mismatch",
                message: "\(path): blob \(digest) has \(actual) bytes where its descriptor says \(expected)")
        case .diffIDMismatch(let path, let layer, let expected, let actual) where layer == actual:
            self.init(
                code: "digest-mismatch", message: "\(path): layer \(expected) is damaged: its bytes have the digest \(actual)",
                hint: "copy or write the archive again")
        case .diffIDMismatch(let path, let layer, let expected, let actual):
            self.init(
                code: "diff-id-mismatch",
                message: "\(path): layer \(layer) decompresses to \(actual), but the config says \(expected)")
        case .layerCountMismatch(let path, let config, let manifest):
            self.init(
                code: "layer-count-mismatch", message: "\(path): the config counts \(config) layers, the manifest \(manifest)")
        case .tooManyManifests(let path, let limit): self.init(index: path, over: limit)
        case .encryptedLayer(let path, let layer, let type): self.init(encryptedLayer: layer, of: path, type)
        case .badLayer(let path, let layer, let error): self.init(error, in: "\(path), layer \(layer)")
        case .notATar(let path, let layer, let mediaType): self.init(notATar: "\(path), layer \(layer)", mediaType)
        case .output(let error): self.init(output: error)
        case .engine(let reference, let fault): self.init(fault, reference)
        case .content(let error): self.init(error)
        case .images(let error): self.init(error)
        case .unexpected(let error): self.init(any: error)
        }
    }

    /// The sentence for an image that nobody can read who lacks a key.
    init(encryptedLayer layer: Digest, of name: String, _ type: String? = nil) {
        let kind = type.map { " of the type `\(Self.text(Array($0.utf8)))`" } ?? ""
        self.init(
            code: "encrypted-layer",
            message: "\(name) is an encrypted image: layer \(layer)\(kind) cannot be read without its key",
            hint: "decrypt it first, with the tool and the key that it was encrypted with")
    }

    /// The sentence for what could not be written for the user.
    private init(output error: StorageError) {
        let hint: String? =
            switch error.errno {
            case .noSpace: "free some space there or name another place with `-o`"
            case .directoryNotEmpty: "name a new directory, or an empty one"
            case .noSuchFileOrDirectory: "create the directory first"
            default: nil
            }
        self.init(
            code: error.errno == .noSpace ? "no-space" : "unwritable",
            message: "cannot write \(Self.place(error.path)): \(Self.reason(error.errno.rawValue))", hint: hint)
    }

    static func list(_ intro: String, _ items: [String]) -> String {
        let shown = items.prefix(20).joined(separator: ", ")
        return "\(intro) \(shown)" + (items.count > 20 ? " and \(items.count - 20) more" : "")
    }

    static func reason(_ errno: Int32) -> String { String(cString: strerror(errno)) }
}
