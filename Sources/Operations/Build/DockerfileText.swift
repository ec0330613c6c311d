/// A Dockerfile's text, and what messages call it.
package struct DockerfileText: Sendable {
    /// What messages call it.
    package var place: String
    /// All of it.
    package var content: String

    /// Its lines, without their ends.
    package var lines: [Substring] { content.split(separator: "\n", omittingEmptySubsequences: false) }
}
