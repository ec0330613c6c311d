package import OCISpec

/// Why a step of a build cannot be done.
package enum BuildError: Error, Hashable, Sendable {
    /// A source that is not there.
    case noSuchSource(String)
    /// More than one source, and a destination without a slash at its end.
    case destinationIsNoDirectory(String)
    /// A directory where a file is to be, or a file where a directory is to be.
    case wrongKind(source: [UInt8], target: [UInt8])
    /// A source that is neither file, directory nor symlink.
    case unsupportedKind(path: [UInt8])
    /// A file whose name would mean a deletion to whoever reads the layer.
    case markerName(path: [UInt8])
    /// Symlinks that lead in circles.
    case symlinkLoop(path: [UInt8])
    /// A file of the context that got longer or shorter while it was read.
    case changedMeanwhile(path: [UInt8])
    /// The context could not be read; the system's reason.
    case unreadable(path: [UInt8], errno: Int32)
    /// A user or group that the image does not have.
    case noSuchUser(String)
    /// The same of a group.
    case noSuchGroup(String)
    /// A stage that the file does not have.
    case noSuchTarget(String, suggestion: String?)
    /// A pattern of an ignore file or of `--exclude` that means nothing.
    case badPattern(String)
    /// A fetched file that is not the one that was asked for.
    case checksumMismatch(url: String, expected: Digest, actual: Digest)
    /// A checksum that is no digest.
    case badChecksum(String)
    /// `ADD --checksum` without exactly one source that is fetched.
    case checksumNotUsed
    /// A flag that is for git repositories alone, at another source.
    case notGit(flag: String)
    /// A file where only a directory will do.
    case noDirectory(String)
    /// A secret that a step must have and that was not given.
    case noSuchSecret(String)
    /// An ssh agent that a step must have and that was not given.
    case noSuchAgent(String)
    /// A source that another place than the context does not have.
    case noSuchSourceIn(String, place: String)
    /// Something that is not supported, in the Dockerfile's words.
    case unsupported(String)
    /// The command of a `RUN` ended with this status.
    case commandFailed(command: String, status: Int32)
    /// A command for a machine whose programs do not run here.
    case foreignPlatform(Platform)
    /// A step needs a command line, and has none.
    case noCommand
    /// A copy between sources of which one is a stage that comes later, or itself.
    case badStage(String)
}

/// A step that failed, and where it stands.
package struct StepFailure: Error {
    /// The lines of the instruction, from 1; nil for one that a base image brought along.
    package var lines: ClosedRange<Int>?
    /// The instruction as written.
    package var text: String
    /// An error of the tools or of this module, as it was thrown.
    package var cause: any Error

    /// A failure from its parts.
    package init(lines: ClosedRange<Int>?, text: String, cause: any Error) {
        self.lines = lines
        self.text = text
        self.cause = cause
    }
}
