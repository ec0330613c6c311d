import ArgumentParser
import OCISpec
import Reports

/// A failure as the user sees it: a sentence, a hint, and the exit status.
struct FailureReport {
    private let text: String
    private let isHelp: Bool
    private let isJSON: Bool
    let status: Int32

    /// The report of `error`, in JSON when the arguments ask for JSON.
    init(_ error: any Error, arguments: [String]) {
        self.init(error, isJSON: Self.isJSON(arguments))
    }

    /// The report of `error`.
    init(_ failure: any Error, isJSON: Bool) {
        self.isJSON = isJSON
        let worst = failure as? StatusOverride
        let error = worst?.error ?? failure
        // What the argument parser throws it also words: help, which is none of the failures, and wrong usage.
        let code = Strata.exitCode(for: error)
        isHelp = code == .success
        if isHelp || code == .validationFailure, !(error is any ExplainedError) {
            status = isHelp ? 0 : 2
            let isText = isHelp || !isJSON
            text =
                isText
                ? Strata.fullMessage(for: error) + "\n"
                : Self.json(ErrorSentence(code: "usage", status: 2, message: Strata.message(for: error)))
            return
        }
        var sentence = ErrorSentence(any: error)
        sentence.message = PathText.shortened(sentence.message)
        status = worst?.status ?? sentence.status
        text = isJSON ? Self.json(sentence) : Self.plain(sentence)
    }

    /// Writes the report where it belongs and returns the exit status.
    @discardableResult
    func print() -> Int32 {
        Process.yieldToSignal()
        let use: ScreenText.Use = isJSON ? .format : .reading
        guard isHelp else {
            Terminal.standardError.write(text, use)
            return status
        }
        // Help is a result: one that is not written is a failure.
        do { try Output.write(text, use) } catch { return FailureReport(error, isJSON: isJSON).print() }
        return status
    }

    /// Tells every failure of a command that did the rest all the same, and ends it with the status of the worst.
    static func tell(_ failures: [any Error], isJSON: Bool) throws {
        let worst = failures.map { ErrorSentence(any: $0).status }.max()
        guard let last = failures.last, let worst else { return }
        for failure in failures.dropLast() { FailureReport(failure, isJSON: isJSON).print() }
        throw StatusOverride(error: last, status: worst)
    }

    private static func plain(_ sentence: ErrorSentence) -> String {
        var text = "strata: \(PathText.printable(sentence.message))\n"
        if let hint = sentence.hint { text += "hint: \(PathText.printable(hint))\n" }
        return text
    }

    private static func json(_ sentence: ErrorSentence) -> String {
        var fields: JSONFields = ["code": .string(sentence.code), "message": .string(sentence.message)]
        if let hint = sentence.hint { fields["hint"] = .string(hint) }
        return String(decoding: JSONReport.text(.object(["error": .object(fields)])), as: UTF8.self)
    }

    private static func isJSON(_ arguments: [String]) -> Bool {
        zip(arguments, arguments.dropFirst()).contains { $0 == "--format" && $1 == "json" }
            || arguments.contains("--format=json")
    }
}

/// The last of several failures, with the status of the worst.
struct StatusOverride: Error {
    let error: any Error
    let status: Int32
}
