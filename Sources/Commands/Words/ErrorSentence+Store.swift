import ContentStorage
import ImageStorage
import OCISpec
import Reports
import StorageIO
import SystemPackage

extension ImageError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ContentError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension StorageError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: ImageError) {
        switch error {
        case .content(let error): self.init(error)
        case .badDocument(let digest, let error):
            self.init(code: "bad-document", message: "blob \(digest) of the store \(Self.words(error))")
        case .wrongSize(let digest, let expected, let actual):
            self.init(
                code: "size-mismatch", message: "blob \(digest) has \(actual) bytes where its descriptor says \(expected)")
        case .noSuchImage(let text):
            self.init(code: "no-such-image", message: "no such image: \(text)", hint: "`strata images` lists the images")
        case .ambiguous(let text, let candidates):
            self.init(
                code: "ambiguous", message: "several images have an ID or digest that begins with \(text)",
                hint: Self.list("they are", candidates.map(\.short)))
        case .badName(let error): self.init(error)
        case .notAnImage(let digest, let type):
            self.init(code: "artifact", message: "\(digest) is not an image: its type is \(type)")
        case .noSuchPlatform(let digest, let wanted, let available):
            self.init(
                code: "no-such-platform",
                message: "\(digest.short) has no image for \(wanted?.description ?? "this machine's platform") in the store",
                hint: available.isEmpty ? nil : Self.list("`--platform` takes", available.map(\.description)))
        case .layerCountMismatch(let digest, let manifest, let config):
            self.init(
                code: "layer-count-mismatch",
                message: "image \(digest.short): the config counts \(config) layers, the manifest \(manifest)")
        case .tooManyManifests(let digest):
            self.init(
                code: "bad-document",
                message: "the index \(digest) has more than \(ImageStore.maxManifests) entries, or is nested too deep")
        }
    }

    init(_ error: ContentError) {
        switch error {
        case .storage(let error): self.init(ofStore: error)
        case .absent(let path): self.init(code: "no-store", message: "there is no store at \(Self.place(path))")
        case .notAStore(let path):
            self.init(
                code: "not-a-store", message: "\(path) is not empty: a store is created only in an empty directory",
                hint: "name another directory with `--store DIR` or STRATA_STORE")
        case .indexMissing(let path):
            self.init(
                code: "damaged-store", message: "the store \(path) is damaged: it has no index.json",
                hint: "restore the file from a copy; nothing was changed")
        case .containerAbsent(let name): self.init(code: "no-such-container", message: "no such container: \(Self.place(name))")
        case .containerInUse(let id):
            self.init(code: "in-use", status: 1, message: "container \(id) is in use by another process")
        case .containerDamaged(let damage): self.init(damage)
        case .volumeInUse(let name, let users):
            self.init(
                code: "in-use", status: 1, message: "volume \(name) is mounted by \(users.joined(separator: ", "))",
                hint: "`strata rm \(users.first ?? "CONTAINER")` removes the container")
        case .volumeDamaged(let name, let error):
            self.init(
                code: "damaged-volume", message: "the record of volume \(name) cannot be read: \(Self.words(error))",
                hint: "its files are untouched, in volumes/\(name)/data of the store")
        case .networkInUse(let name, let users):
            self.init(
                code: "in-use", status: 1, message: "network \(name) is joined by \(users.joined(separator: ", "))",
                hint: "`strata rm \(users.first ?? "CONTAINER")` removes the container")
        case .networkDamaged(let name, let error):
            self.init(
                code: "damaged-network", message: "the record of network \(name) cannot be read: \(Self.words(error))",
                hint: "remove networks/\(name).json of the store, and create the network again")
        case .otherLayout(let path, let version):
            self.init(
                code: "other-layout",
                message: """
                    \(path) is an image layout of version \(PathText.printable(version)); this strata knows \
                    \(ImageLayoutMarker.currentVersion)
                    """,
                hint: "use a tool that knows that version")
        case .splitStore(let path, let folder, let isLink):
            let problem = isLink ? "is a symbolic link" : "is a mount point"
            self.init(
                code: "split-store",
                message: "cannot change or count the store \(path): its directory `\(folder)` \(problem)",
                hint: "mount or link the whole store elsewhere, not a part of it; nothing was changed")
        case .damaged(let part, let path, let error):
            self.init(code: "damaged-store", message: "the store \(path) is damaged: \(part.rawValue) \(Self.words(error))")
        case .newerFormat(let path, let found, let supported):
            self.init(
                code: "newer-store",
                message: "the store \(path) has format \(found); this strata reads up to \(supported)",
                hint: "use the newer version of strata that wrote it")
        case .busy(let path):
            self.init(code: "busy", status: 4, message: "the store is busy: \(path) stayed locked", hint: "try again later")
        case .blobAbsent(let digest): self.init(code: "missing-blob", message: "blob \(digest) is missing from the store")
        case .blobNotAFile(let digest):
            self.init(code: "damaged-store", message: "blob \(digest) of the store is not a regular file")
        case .blobTooLarge(let digest, let bytes, let limit):
            self.init(code: "bad-document", message: "document \(digest) has \(bytes) bytes; \(limit) are read at most")
        case .blobCorrupt(let digest, let actual):
            self.init(
                code: "digest-mismatch", message: "blob \(digest) of the store is damaged: its bytes have the digest \(actual)",
                hint: "`strata fsck --repair` sets it aside; then import or pull the image again")
        case .digestMismatch(let expected, let actual):
            self.init(code: "digest-mismatch", message: "blob \(expected) has the digest \(actual)")
        case .sizeMismatch(let digest, let expected, let actual):
            self.init(code: "size-mismatch", message: "blob \(digest) has \(actual) bytes, \(expected) were expected")
        case .sessionEnded: self.init(code: "interrupted", message: "the import was interrupted")
        }
    }

    /// The sentence for a file of a store, or of a container in it.
    init(ofStore error: StorageError) {
        self.init(error)
        if [.permissionDenied, .readOnlyFileSystem].contains(error.errno) {
            hint = "name another store with `--store DIR` or STRATA_STORE"
        }
    }

    /// The sentence for a file wherever it is.
    init(_ error: StorageError) {
        let reason = Self.reason(error.errno.rawValue)
        let hint: String? =
            switch error.errno {
            case .noSpace:
                """
                free some space there and run the command again: nothing was lost. In a store `strata df` shows what can go, and \
                `strata gc --empty-trash` and `strata system prune` remove it
                """
            default: nil
            }
        self.init(
            code: error.errno == .noSpace ? "no-space" : "storage",
            message: "cannot \(error.operation.verb) \(Self.place(error.path)): \(reason)",
            hint: hint)
    }
}

extension StorageError.Operation {
    fileprivate var verb: String {
        switch self {
        case .open: "open"
        case .makeDirectory: "make the directory"
        case .list: "list"
        case .status: "look at"
        case .read: "read"
        case .write: "write"
        case .sync: "write to disk"
        case .changeMode: "change the mode of"
        case .rename: "rename"
        case .remove: "remove"
        case .lock: "lock"
        }
    }
}
