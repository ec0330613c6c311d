package import ContainerRuntime

/// What is around the process that stands for a container or for one more command in it: where it reads, shows and gets signals.
package struct ContainerConsole: Sendable {
    /// Whether standard input is a terminal.
    package var isInputTerminal: Bool
    /// Rows and columns of the terminal that is shown on.
    package var size: @Sendable () -> (rows: UInt16, columns: UInt16)
    /// Shows what is written; false where nobody reads any more.
    package var show: ConfinedProcess.Delivery
    /// Lets every key through as it is pressed, until what it returns is called; nil where there is no terminal.
    package var makeRaw: @Sendable () -> (() -> Void)?
    /// Hands signals to `body` and ends by none of them, until it is called with nil.
    package var handSignals: @Sendable (_ body: (@Sendable (Int32) -> Void)?) -> Void

    /// A console from its parts.
    package init(
        isInputTerminal: Bool, size: @escaping @Sendable () -> (rows: UInt16, columns: UInt16),
        show: @escaping ConfinedProcess.Delivery, makeRaw: @escaping @Sendable () -> (() -> Void)?,
        handSignals: @escaping @Sendable (_ body: (@Sendable (Int32) -> Void)?) -> Void
    ) {
        self.isInputTerminal = isInputTerminal
        self.size = size
        self.show = show
        self.makeRaw = makeRaw
        self.handSignals = handSignals
    }

    /// The streams of a process that has this standard input where `takesInput`, by way of a terminal where `hasTerminal`.
    func streams(takesInput: Bool, hasTerminal: Bool) -> Keeper.Streams {
        var streams = Keeper.Streams()
        if takesInput { streams.input = hasTerminal || isInputTerminal ? .copied(from: 0) : .descriptor(0) }
        streams.size = size()
        streams.deliver = show
        return streams
    }
}
