import ArgumentParser
import Foundation
import Glibc
import TextValues

/// `--ssh ID[=SOCKET]`.
struct AgentOption {
    let id: String
    /// The agent's socket, from the root.
    let socket: String

    init(_ text: String) throws {
        let pair = NameValue(text)
        guard let path = try pair.value ?? Environment.value("SSH_AUTH_SOCK"), !pair.name.isEmpty else {
            throw ValidationError("`--ssh \(text)`: SSH_AUTH_SOCK is not set; start ssh-agent, or write `--ssh ID=SOCKET`")
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw ValidationError("`--ssh \(text)`: \(path) is not the socket of an agent; keys go to one with ssh-add")
        }
        id = pair.name
        socket = try AbsolutePath.of(path)
    }
}
