package import DockerfileLanguage
package import LayerArchive

/// A context without what its ignore file leaves out.
package struct ContextView: FileSource {
    private let source: any FileSource
    private let ignored: IgnorePatterns?

    /// A view of `source`.
    package init(source: any FileSource, ignored: IgnorePatterns?) {
        self.source = source
        self.ignored = ignored
    }

    /// A directory shows even if it is excluded, since it may hold something that is not.
    private func shows(_ file: SourceFile) -> Bool {
        guard let ignored, !file.path.isEmpty, file.kind != .directory else { return true }
        return !ignored.excludes(String(decoding: file.path, as: UTF8.self))
    }

    /// The file at `path`; nil where the ignore file leaves it out.
    package func file(at path: [UInt8]) throws(BuildError) -> SourceFile? {
        guard let file = try source.file(at: path), shows(file) else { return nil }
        return file
    }

    /// What of the directory the ignore file does not leave out.
    package func children(of path: [UInt8]) throws(BuildError) -> [SourceFile] { try source.children(of: path).filter(shows) }

    /// The source's own look, without what the ignore file leaves out.
    package func look(of path: [UInt8], _ isLeftOut: (([UInt8]) -> Bool)?) throws(BuildError) -> FolderLook? {
        guard let ignored else { return try source.look(of: path, isLeftOut) }
        return try source.look(of: path) { isLeftOut?($0) == true || ignored.excludes(String(decoding: $0, as: UTF8.self)) }
    }

    /// Those of the source.
    package func attributesDigest(of file: SourceFile) throws(BuildError) -> UInt64 { try source.attributesDigest(of: file) }

    /// The hash of the source's own content.
    package func contentHash(of path: [UInt8]) throws(BuildError) -> ContentHash { try source.contentHash(of: path) }

    /// The source's own contents.
    package func contents(of paths: [[UInt8]]) throws -> any SourceContents { try source.contents(of: paths) }
}
