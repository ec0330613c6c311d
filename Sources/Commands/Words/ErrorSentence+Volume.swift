import Operations

extension VolumeError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for what a command on volumes finds wrong.
    init(_ error: VolumeError) {
        switch error {
        case .notFound(let name):
            self.init(
                code: "no-such-volume", status: 1, message: "no such volume: \(Self.place(name))",
                hint: "`strata volume ls` lists the volumes")
        case .badName(let text):
            self.init(
                code: "bad-name", status: 2, message: "`\(text)` is not a valid volume name",
                hint: "letters, digits, `_`, `.` and `-`, at least two of them; a directory is written ./\(text)")
        }
    }
}
