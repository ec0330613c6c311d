package import OCISpec

/// The result of one step of a build, kept for the next build that takes the same step with the same inputs.
///
/// It stands in `cache/<slot>/<contents>.json`. The layer stays in the store for as long as the record does.
package struct CacheRecord: Hashable, Sendable, Codable {
    /// The layer's blob; nil for a step that stores nothing.
    package var layer: Descriptor?
    /// The layer that the step made; nil where it only changed the config.
    package var diffID: Digest?
    /// When the step was taken, as RFC 3339 has it.
    package var created: String
    /// The step, for people.
    package var text: String

    /// A record from its parts.
    package init(layer: Descriptor?, diffID: Digest?, created: String, text: String) {
        self.layer = layer
        self.diffID = diffID
        self.created = created
        self.text = text
    }
}
