import ContainerRuntime
import Operations

extension ContainerConsole {
    /// This process's terminal and signals, and its standard streams by way of `output`.
    static func terminal(_ output: RelayedOutput) -> ContainerConsole {
        ContainerConsole(
            isInputTerminal: Terminal.standardInput.isTerminal, size: { Terminal.standardOutput.size },
            show: { output.deliver($0, $1) },
            makeRaw: {
                let raw = RawTerminal(Terminal.standardInput)
                return raw.map { raw in { raw.restore() } }
            }, handSignals: { Process.handSignals(to: $0) })
    }
}
