package import OCISpec

/// What the caller gives a build besides images: its context, others by name, secrets.
package struct BuildInputs: Sendable {
    /// A context that the caller names, in place of a stage or an image of that name.
    package enum NamedContext: Sendable {
        /// Files that are opened when a step needs them.
        case files(@Sendable () throws -> any FileSource)
        /// The files of an image.
        case image(String)
    }

    /// The build's own context, opened when it is first needed; the files that its ignore file leaves out are among them.
    package var context: @Sendable () throws -> any FileSource
    /// Other contexts, by the names that steps know them by.
    package var named: [ExactText: NamedContext] = [:]
    /// The secret of a name; nil where the caller gives none.
    package var secret: @Sendable (_ id: String) throws -> [UInt8]? = { _ in nil }

    /// The socket of the ssh agent of a name; nil where the caller gives none.
    package var agent: @Sendable (_ id: String) -> String? = { _ in nil }

    /// The inputs of a build with this context.
    package init(context: @escaping @Sendable () throws -> any FileSource) { self.context = context }
}
