package import OCISpec
package import Operations

/// How a host is shown, and what the view needs of its caller.
package struct HostViewSettings {
    /// What the first line says: `store at /var/lib/strata`.
    package var title: String
    /// What holds for all views.
    package var explorer: ExplorerSettings
    /// Which list is shown first.
    package var tab = HostTab.images
    /// The view of an image; nil where there is none.
    package var openImage: (HostRow) -> (any ExplorerView)?
    /// The moment that ages count from.
    package var now: () -> Timestamp

    /// Settings of a host that this title names.
    package init(
        title: String, _ explorer: ExplorerSettings = ExplorerSettings(), now: @escaping () -> Timestamp = { Clock.now },
        openImage: @escaping (HostRow) -> (any ExplorerView)? = { _ in nil }
    ) {
        self.title = title
        self.explorer = explorer
        self.now = now
        self.openImage = openImage
    }

    /// Words for whatever was thrown.
    var describe: @Sendable (any Error) -> String { explorer.explain }
    /// The commands that tell the same.
    var command: PlainCommand { explorer.command }
    /// Whether nothing is removed.
    var isReadOnly: Bool { explorer.isReadOnly }
}
