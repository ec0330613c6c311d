package import DockerfileLanguage

/// A build that failed at some line of its Dockerfile.
package struct BuildFailure: Error {
    /// What messages call the Dockerfile.
    package let place: String
    /// All lines of the Dockerfile.
    package let lines: [Substring]
    /// From 1; nil for an instruction that a base image brought along.
    package let lineNumbers: ClosedRange<Int>?
    /// The instruction, where a step failed.
    package var instruction: String?
    /// Why.
    package let cause: any Error

    init(_ text: DockerfileText, _ lineNumbers: ClosedRange<Int>?, instruction: String? = nil, _ cause: any Error) {
        place = text.place
        lines = text.lines
        self.lineNumbers = lineNumbers
        self.instruction = instruction
        self.cause = cause
    }
}

/// What the checks of a Dockerfile found, where the file says that this is an error.
package struct BuildFindings: Error {
    /// At least one.
    package let findings: [LintFinding]
    /// What messages call the Dockerfile.
    package let place: String
}
