/// Why there is no screen, or none any more.
package enum ScreenError: Error, Hashable, Sendable {
    /// One of the standard streams, on which keys come or the screen is shown, is not a terminal.
    case notATerminal(stream: String)
    /// `TERM` is `dumb`: the terminal has no cursor to move.
    case dumbTerminal
    /// This machine knows no terminal of the type that `TERM` names; nil where it is not set.
    case unknownTerminal(String?)
    /// The terminal is too simple: it cannot move its cursor.
    case weakTerminal(String)
    /// ncurses is not installed, or cannot be loaded, for this reason.
    case noLibrary(String)
    /// The terminal was closed while it was used.
    case gone
    /// What the system said, as an errno.
    case system(Int32)
}
