package import ContentStorage
package import OCISpec

/// Something that a check of a store found: a claim, and what is really there.
package struct CheckFinding: Hashable, Sendable {
    /// How much a finding matters.
    package enum Severity: String, Sendable {
        /// A promise is broken: an image cannot be read whole, or an answer is wrong.
        case damage
        /// Nothing is lost: it can be made anew, takes space, or is only odd.
        case note
    }

    /// What is wrong; `docs/fsck.md` has the list.
    package enum Code: String, Sendable, CaseIterable {
        case indexMissing = "index-missing"
        case indexUnreadable = "index-unreadable"
        case formatMissing = "format-missing"
        case formatUnreadable = "format-unreadable"
        case markerMissing = "marker-missing"
        case markerUnreadable = "marker-unreadable"
        case danglingEntry = "dangling-entry"
        case missingBlob = "missing-blob"
        case corruptBlob = "corrupt-blob"
        case notAFile = "not-a-file"
        case sizeMismatch = "size-mismatch"
        case entrySizeMismatch = "entry-size-mismatch"
        case unreadable
        case unreadableDocument = "unreadable-document"
        case layerCountMismatch = "layer-count-mismatch"
        case diffIDMismatch = "diff-id-mismatch"
        case unreadableLayer = "unreadable-layer"
        case catalogRow = "catalog-row"
        case cacheRecord = "cache-record"
        case cacheLost = "cache-lost"
        case mediaTypeMismatch = "media-type-mismatch"
        case mislabelledLayer = "mislabelled-layer"
        case duplicateName = "duplicate-name"
        case badName = "bad-name"
        case oddEntry = "odd-entry"
        case containerRecord = "container-record"
        case containerImage = "container-image"
        case containerIncomplete = "container-incomplete"
        case orphan
        case stray
        case abandonedSession = "abandoned-session"
        case leftover
        case trash
        case catalogMissing = "catalog-missing"
        case catalogBroken = "catalog-broken"
        case catalogOtherVersion = "catalog-other-version"
        case catalogOtherStore = "catalog-other-store"
        case catalogIncomplete = "catalog-incomplete"

        /// How much a finding of this kind matters.
        package var severity: Severity {
            switch self {
            case .indexMissing, .indexUnreadable, .formatUnreadable, .markerMissing, .markerUnreadable, .danglingEntry,
                .missingBlob, .corruptBlob, .notAFile, .sizeMismatch, .entrySizeMismatch, .unreadable, .unreadableDocument,
                .layerCountMismatch, .diffIDMismatch, .unreadableLayer, .catalogRow, .cacheRecord,
                .containerRecord, .containerImage:
                .damage
            case .formatMissing, .mediaTypeMismatch, .mislabelledLayer, .duplicateName, .badName, .oddEntry, .orphan, .stray,
                .containerIncomplete, .abandonedSession, .leftover, .trash, .catalogMissing, .catalogBroken, .catalogOtherVersion,
                .catalogOtherStore, .catalogIncomplete, .cacheLost:
                .note
            }
        }
    }

    /// One side of a mismatch.
    package enum Value: Hashable, Sendable {
        case absent
        case present
        /// A length in bytes.
        case bytes(Int64)
        /// A digest, claimed or computed.
        case digest(Digest)
        /// A number of layers.
        case layers(Int)
        /// What stands there, or should, in words.
        case text(String)
        /// Why a document cannot be read.
        case document(DocumentError)
        /// What stands where a container's record should.
        case container(ContainerDamage)
        /// Why the store gave nothing.
        case failure(ContentError)
    }

    /// Which rule of the store does not hold.
    package var code: Code
    /// The file it is about, below the store.
    package var path: String
    /// The blob or the layer it is about.
    package var digest: Digest?
    /// Who makes the claim: `index.json`, or the digest of a document; nil where the file itself does.
    package var claimedBy: String?
    /// What is claimed.
    package var expected: Value
    /// What is there.
    package var actual: Value

    /// A finding from its parts.
    package init(
        _ code: Code, _ path: String, _ digest: Digest? = nil, claimedBy: String? = nil, expected: Value, actual: Value
    ) {
        self.code = code
        self.path = path
        self.digest = digest
        self.claimedBy = claimedBy
        self.expected = expected
        self.actual = actual
    }
}

extension CheckFinding {
    /// What is wrong with a container's record, or with the note of its last run.
    init(_ code: Code, _ damage: ContainerDamage) {
        let expected = damage.isOfRecord ? "the record of a container" : "the note of a container's last run"
        self.init(code, damage.path, expected: .text(expected), actual: .container(damage))
    }
}

/// What became of a finding that was to be repaired.
package enum RepairOutcome: Hashable, Sendable {
    /// The damaged thing was moved; the path is below the store.
    case setAside(path: String)
    /// The exact bytes were found there, and put back.
    case restored(from: String)
    /// The entry says now what the blob's digest vouches for.
    case entryCorrected
    /// The later entry keeps the name.
    case nameResolved
    /// The catalog says now what the content says, or nothing.
    case catalogCorrected
    case written
    case removed
    /// The step failed.
    case failed(ContentError)
    /// The catalog could not be written; SQLite's or the system's words.
    case catalogUnwritable(String)

    /// Whether the finding is no more.
    package var isDone: Bool {
        switch self {
        case .failed, .catalogUnwritable: false
        default: true
        }
    }
}

/// All that a check found.
package struct CheckReport: Sendable {
    /// One finding, and what a repair did about it; nil when nothing was to be done or could be.
    package struct Line: Hashable, Sendable {
        /// The claim that does not hold.
        package var finding: CheckFinding
        /// Nil where nothing was to be done, or could be.
        package var repair: RepairOutcome?

        /// A line from its parts.
        package init(finding: CheckFinding, repair: RepairOutcome? = nil) {
            self.finding = finding
            self.repair = repair
        }

        /// Whether the finding is no more.
        package var isRepaired: Bool { repair?.isDone ?? false }
    }

    /// Damage first, then by path.
    package var lines: [Line]
    /// Blobs whose bytes were read.
    package var blobCount: Int
    /// Bytes of these blobs.
    package var blobBytes: Int64
    /// Layers that were decompressed.
    package var layerCount: Int
    /// Entries of `index.json`.
    package var entryCount: Int
    /// Whether a repair was asked for.
    package var isRepair: Bool

    /// A report from its parts.
    package init(
        lines: [Line], blobCount: Int = 0, blobBytes: Int64 = 0, layerCount: Int = 0, entryCount: Int = 0, isRepair: Bool = false
    ) {
        self.lines = lines
        self.blobCount = blobCount
        self.blobBytes = blobBytes
        self.layerCount = layerCount
        self.entryCount = entryCount
        self.isRepair = isRepair
    }

    /// How many findings are damage that is still there.
    package var damageCount: Int { lines.count { $0.finding.code.severity == .damage && !$0.isRepaired } }
    /// How many findings are notes that still hold.
    package var noteCount: Int { lines.count { $0.finding.code.severity == .note && !$0.isRepaired } }
    /// How many findings a repair removed.
    package var repairedCount: Int { lines.count { $0.isRepaired } }
}
