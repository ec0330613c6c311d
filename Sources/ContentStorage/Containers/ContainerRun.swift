package import OCISpec

/// One run of a container: when it began, and how it ended; what `containers/<id>/state.json` holds.
///
/// Whether it is still running no file says: it is as long as its folder is locked.
package struct ContainerRun: Hashable, Sendable, Codable {
    /// The boot of the machine that it began in.
    package var boot: String
    /// When the command was started, by the machine's clock.
    package var began: Timestamp
    /// Nil while it runs, or where nobody saw it end.
    package var ended: Timestamp?
    /// The status of its command, 128 and the signal's number where a signal ended it.
    package var exitStatus: Int32?
    /// Why it could not be started.
    package var problem: String?
    /// Whether somebody found that it had ended without a word, and no lock speaks for it any more.
    package var isLost: Bool?

    /// A run that begins.
    package init(began: Timestamp) {
        boot = MachineBoot.id
        self.began = began
    }
}
