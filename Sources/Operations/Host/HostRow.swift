package import ContentStorage
package import EngineStores
package import OCISpec

/// One thing of a host, with its figures.
package struct HostRow: Hashable, Sendable {
    /// How the last use is known.
    package enum Evidence: Hashable, Sendable {
        /// A command of this program noted it.
        case noted
        /// Files of an engine tell.
        case engine(EngineImage.Use.Evidence)
        /// It changed then.
        case changed
    }

    /// One more thing that is known of a row.
    package enum Fact: Hashable, Sendable {
        /// Its whole ID.
        case id(String)
        /// Where it is.
        case path(String)
        /// containerd's namespace.
        case namespace(String)
        /// Bytes that others need too.
        case sharedBytes(Int64)
        /// Bytes that it alone needs.
        case uniqueBytes(Int64)
        /// Bytes that would go too if the build cache went first.
        case cacheHoldsBytes(Int64)
        /// When it was made.
        case created(Timestamp)
        /// When it came into the store.
        case imported(Timestamp)
        /// It is pinned.
        case pinned
        /// The image of a container.
        case image(String)
        /// Whether a container runs.
        case isRunning(Bool)
        /// What was built, in the builder's words.
        case built(String)
        /// Why nothing needs it.
        case leak(EngineLeak.Reason)
        /// What it is, of what is left over in a store.
        case leftover(StoreLeftover)
    }

    /// What is left over in a store, and of no use.
    package enum StoreLeftover: String, Hashable, Sendable {
        case orphanedBlob, orphanedLayer, partialDownload, trash, deadContainer, expiredPlan, unexplained
    }

    /// What it is.
    package let item: HostItem
    /// All that people call it; the first is shown.
    package var names: [String]
    /// Allocated bytes.
    package var diskBytes: Int64
    /// What the file system gets back when it goes and everything else stays; nil where nothing of this program removes it.
    package var freesBytes: Int64?
    /// When it was used last; nil where nothing tells.
    package var lastUse: Timestamp?
    /// How that is known.
    package var evidence: Evidence?
    /// What uses it, by name.
    package var users: [String]
    /// What else is known.
    package var facts: [Fact]
    /// The names of an image that has several, a row for each: one of them can go without the image.
    package private(set) var nameRows: [HostRow] = []

    /// A row from its parts.
    package init(
        _ item: HostItem, names: [String], diskBytes: Int64, freesBytes: Int64? = nil,
        used: (moment: Timestamp, evidence: Evidence)? = nil, users: [String] = [], facts: [Fact] = []
    ) {
        self.item = item
        self.names = names
        self.diskBytes = diskBytes
        self.freesBytes = freesBytes
        lastUse = used?.moment
        evidence = used?.evidence
        self.users = users
        self.facts = facts
    }

    /// The row with a row for each of these names, where there are several; a name by itself takes no bytes.
    func withRows(for names: [(item: HostItem, name: String)]) -> HostRow {
        guard names.count > 1 else { return self }
        let identity = facts.filter { fact in
            switch fact {
            case .id, .namespace: true
            default: false
            }
        }
        var row = self
        row.nameRows = names.map { HostRow($0.item, names: [$0.name], diskBytes: 0, freesBytes: 0, facts: identity) }
        return row
    }
}
