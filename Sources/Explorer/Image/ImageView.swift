package import Operations
package import TerminalScreen

/// An image, or two.
package final class ImageView: ExplorerView {
    /// Which pane has the keys first.
    package enum Pane: Hashable, Sendable { case layers, files }

    package let title = "strata"
    package let status = ""
    package let keys: [KeyHelp] = []

    /// A view of one image, or of what differs between two.
    package init(_ sources: [String], _ workspace: Workspace, _ settings: ExplorerSettings, start: Pane) {}

    package func frame(_ size: ScreenSize) -> Frame { Frame([ScreenLine("not yet │ é", .sign)], cursor: (0, 0)) }
    package func press(_ key: Key, _ size: ScreenSize) -> [ExplorerAction] { [] }
    package func start() -> [ExplorerAction] { [] }
}
