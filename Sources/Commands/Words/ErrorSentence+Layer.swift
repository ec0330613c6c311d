import LayerArchive
import OCISpec
import Reports
import TextValues

extension LayerArchiveError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self, in: "the input") }
}

extension ErrorSentence {
    /// The sentence for a layer or an archive that cannot be read; `place` names it.
    init(_ error: LayerArchiveError, in place: String) {
        switch error {
        case .io(let name, let errno):
            self.init(code: "unreadable", message: "cannot read \(name.isEmpty ? place : name): \(Self.reason(errno))")
        case .sourceTooShort(let name, let missing):
            self.init(
                code: "truncated", message: "\(name) is truncated: \(missing) bytes are missing",
                hint: "copy or write the archive again")
        case .compressedTruncated(let compression):
            self.init(
                code: "truncated", message: "\(place) is truncated: its \(compression.rawValue) data ends early",
                hint: "copy or write the archive again")
        case .badCompression(let compression, let code, let detail):
            self.init(
                code: "bad-compression", message: "\(place): the \(compression.rawValue) data is damaged: \(detail) (\(code))")
        case .trailingGarbage(let compression):
            self.init(code: "bad-compression", message: "\(place): something else follows the \(compression.rawValue) data")
        case .tarTruncated(let entry):
            self.init(
                code: "truncated", message: "\(place) is truncated in \(Self.name(entry))",
                hint: "copy or write the archive again")
        case .badTar(let entry, let detail):
            self.init(code: "bad-tar", message: "\(place) is not a valid tar, at \(Self.name(entry)): \(detail)")
        case .emptyName(let entry): self.init(bad: "has no name", entry, place)
        case .parentTraversal(let entry): self.init(bad: "leaves the root with `..`", entry, place)
        case .linkTargetTraversal(let entry, let target):
            self.init(bad: "is a hard link to \(Self.text(target)), which leaves the root with `..`", entry, place)
        case .emptyLinkTarget(let entry): self.init(bad: "is a hard link to nothing", entry, place)
        case .badWhiteout(let entry): self.init(bad: "is a whiteout without a name, or of `.` or `..`", entry, place)
        case .unsupportedEntry(let entry): self.init(bad: "is of a type that cannot be read", entry, place)
        case .badSparseMap(let entry): self.init(bad: "has a sparse map that contradicts itself", entry, place)
        case .badTableOfContents(let fault):
            self.init(code: "bad-table", message: "\(place): its table of contents is not used: \(Self.words(fault))")
        case .badTarSplit(let fault):
            self.init(code: "bad-tar-split", message: "\(place) cannot be read in place: \(Self.words(fault))")
        case .limitExceeded(let kind, let limit, let entry):
            self.init(
                code: "limit-exceeded",
                message: "\(place)\(entry.map { ", \(Self.name($0))," } ?? "") is over the limit of \(Self.words(kind, limit))",
                hint: "if you trust the source, raise it with `\(kind.option)`")
        case .windowTooLarge(let wanted, let limit):
            self.init(
                code: "limit-exceeded",
                message: """
                    \(place): a zstd frame wants a window of \(ByteText.text(wanted)), over the limit of \(ByteText.text(limit))
                    """,
                hint: Self.windowHint(wanted))
        case .write(let errno): self.init(code: "unwritable", message: "cannot spool \(place): \(Self.reason(errno))")
        case .notWritable(let entry, let detail):
            self.init(code: "unwritable", message: "cannot write \(Self.name(entry)) to \(place): \(detail)")
        case .outOfResources: self.init(code: "out-of-resources", message: "no memory or thread left to read \(place)")
        case .tapFailed(let cause): self.init(any: cause)
        }
    }

    /// The sentence for a layer that is something else by its own word.
    init(notATar place: String, _ mediaType: String) {
        let type = Self.text(Array(mediaType.utf8))
        self.init(
            code: "not-a-tar",
            message: "\(place) is not a tar but `\(type)`: its content cannot be read",
            hint: "`strata analyze --remote docker://NAME` shows the sizes of layers without reading them")
    }

    private init(bad what: String, _ entry: EntryPlace, _ place: String) {
        self.init(code: "bad-entry", message: "\(place): \(Self.name(entry)) \(what)")
    }

    private static func name(_ entry: EntryPlace) -> String {
        if let path = entry.path { return "entry \(entry.index) (`\(text(path))`)" }
        if let previous = entry.previousPath { return "entry \(entry.index) (after `\(text(previous))`)" }
        return "entry \(entry.index)"
    }

    /// How to allow a window: a power of two of at most 2 GiB, more than which no decoder takes.
    private static func windowHint(_ wanted: Int64) -> String? {
        guard wanted <= 2 << 30 else { return "compress it again with a smaller window" }
        return "if you trust the source, raise it with `\(ScanLimitKind.window.option) \(ByteCountText.roundedUp(wanted))`"
    }

    private static func words(_ kind: ScanLimitKind, _ limit: Int64) -> String {
        switch kind {
        case .tarBytes: "\(limit) decompressed bytes"
        case .entries: "\(limit) entries"
        case .pathBytes: "\(limit) bytes in a path"
        case .nameBytes: "\(limit) bytes in all names together"
        case .headerBytes: "\(limit) bytes in one entry's headers"
        case .contentBytes: "\(limit) bytes in all files together"
        case .impliedBytes: "\(limit) bytes in the paths of directories that it implies"
        case .window: "\(limit) bytes of window"
        case .ratio: "\(limit) decompressed bytes for each stored one"
        }
    }
}

extension ScanLimitKind {
    /// The option that raises the limit, in every command that reads layers.
    var option: String {
        switch self {
        case .tarBytes: "--max-tar"
        case .entries: "--max-entries"
        case .ratio: "--max-ratio"
        case .window: "--max-window"
        case .pathBytes: "--max-path"
        case .nameBytes: "--max-names"
        case .headerBytes: "--max-headers"
        case .contentBytes: "--max-content"
        case .impliedBytes: "--max-implied"
        }
    }
}
