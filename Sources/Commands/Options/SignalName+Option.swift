import Operations
import TextValues

extension SignalName {
    /// The value of an option.
    init(option: String, _ text: String) throws(CommandError) {
        guard let signal = SignalName(text) else {
            throw .badOption(option, text, expected: "a signal such as TERM or 15")
        }
        self = signal
    }
}
