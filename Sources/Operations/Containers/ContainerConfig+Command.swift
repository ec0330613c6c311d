import OCISpec
import TextValues

/// What `run`, `create` and `exec` put in place of what an image or a container says, by one rule.
extension ContainerConfig {
    /// Sets a variable, `NAME=value`; the one of that name goes.
    mutating func setVariable(_ variable: String) {
        let name = NameValue(variable).name
        env = (env ?? []).filter { !NameValue($0).name.isExactly(name) } + [variable]
    }

    /// Starts the command in `directory`, where one is asked for; as with docker, an empty one is none, and one that is not absolute is
    /// an error, since nothing says what it would be relative to.
    mutating func setWorkingDirectory(_ directory: String?) throws(ContainerError) {
        guard let directory, !directory.isEmpty else { return }
        guard directory.utf8.first == UInt8(ascii: "/") else { throw .relativeWorkingDirectory(directory) }
        workingDir = directory
    }
}
