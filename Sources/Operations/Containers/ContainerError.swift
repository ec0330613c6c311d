package import StorageIO

/// What operations on containers find wrong.
package enum ContainerError: Error, Hashable {
    /// No container of that name is known, and those of damaged containers are not.
    case notFound(String, damaged: [PathPart])
    /// Neither a container nor an image of that name is known, and the names of damaged containers are not.
    case neitherFound(String, damaged: [PathPart])
    /// An ID's beginning that several containers have.
    case severalContainers(String)
    /// Another container has the name.
    case nameTaken(String, by: String)
    /// The text cannot be a container's name.
    case badName(String)
    /// Neither the image nor the command line says what to run.
    case noCommand
    /// The working directory that was asked for is not an absolute path.
    case relativeWorkingDirectory(String)
    /// One name alone was to be compared, and is no container's.
    case noneToDiff(String)
    /// The container is running, and the command is for one that is not.
    case isRunning(String, verb: String)
    /// The container is paused, and the command is for one that is not.
    case isPaused(String)
    /// The container is not paused.
    case notPaused(String)
    /// Nothing can pause the container: it has no control group of its own.
    case cannotPause(String)
    /// No image of that name is mounted, and none at that folder.
    case notMounted(String)
    /// Something runs there, or nothing ever will: an image that is mounted.
    case isMount(String)
    /// A mount's source is not there.
    case noSuchMountSource(String)
    /// A volume's place is the root, not an absolute path, or something of the image that is no directory.
    case badVolume(String)
    /// The system gives no thread, by this reason.
    case noThread(errno: Int32)
    /// `-t` was asked for, and standard input is no terminal.
    case noTerminal
}
