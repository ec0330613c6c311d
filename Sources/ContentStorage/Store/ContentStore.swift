// https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md

package import StorageIO

/// A store: an OCI image layout on disk with what strata keeps besides, shared with any number of other processes.
///
/// It has what all of the store shares: where it is, which one it is, who may use it, its locks. What is in it are nouns:
/// `index`, `blobs`, `sessions`, `layers`, `containers`, `buildCache`, `plans`, `trash`. Readers take no locks. What is written
/// becomes visible whole, by a rename; docs/store-format.md has the protocol.
package final class ContentStore: Sendable {
    /// The store's directory.
    package let root: Directory
    /// Who may use it.
    package let access: StoreAccess
    /// What was changed at its opening so that nobody else may.
    package let closing: StoreClosing?
    /// Which store this is; nil for an image layout that another tool made and nothing was ever written to.
    package let storeID: String?
    /// How long to wait for a lock that others hold.
    package let patience: Duration
    /// Whose what is made in it is, where that is not this user.
    private let owner: FileOwner?

    /// The store of that directory, whose `strata.json` says `format`; with `closes` it is closed to those whom it is not for.
    init(
        _ root: Directory, _ format: StoreFormat?, closes: Bool, patience: Duration
    ) throws(StorageError) {
        let status = try root.status()
        // Without a format it is a layout that another tool made.
        access = StoreAccess(status, keepsModes: format?.keepsModes ?? true)
        closing = closes ? try access.close(root) : nil
        owner = FileOwner.ofForeignStore(status)
        self.root = root.making(by: access.rules(owner))
        storeID = format?.id
        self.patience = patience
    }

    /// Runs `body`, which opens files of the store by their paths, as its owner where root uses it in that user's place: whatever
    /// stands at those paths.
    package func asOwner<T, E: Error>(_ body: () throws(E) -> T) throws(E) -> T {
        if let owner { try owner.acting(body) } else { try body() }
    }

    /// The same directory, for the files of the image layout.
    var layoutRoot: Directory { root.making(by: access.layoutRules(owner)) }

    /// The store's path, for messages.
    package var path: String { root.path }

    /// `strata.json`, or nil where there is none.
    package func readFormat() throws(ContentError) -> StoreFormat? { try StoreFormat.read(in: root) }
}
