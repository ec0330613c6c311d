package import DockerfileLanguage

/// What is wrong with where a build's files are.
package enum BuildContextError: Error, Hashable {
    /// There is nothing at the path.
    case noSuchContext(String)
    /// What is at the path is neither a folder nor a tarball.
    case badContext(String)
    /// Standard input was the Dockerfile: there are no files to copy.
    case noContext
    /// There is no Dockerfile at the path.
    case noDockerfile(String, context: String)
    /// The file is not text in UTF-8.
    case notText(String)
    /// A line of an ignore file is no pattern.
    case badIgnoreFile(String, IgnorePatternError)
}
