import ArgumentParser
import ContainerRuntime
import Glibc
import Operations
import StorageIO

/// `strata cp SOURCE TARGET`.
struct CpCommand: StoreCommand {
    static let namespaceUse = UserNamespaceUse.never
    static let configuration = CommandConfiguration(
        commandName: "cp", abstract: "Copy files between a container and this machine.",
        discussion: """
            Either the source or the target is CONTAINER:PATH; `-` is a tar on standard input or output. A source is \
            copied into a directory that exists, otherwise it gets the target's name; `DIR/.` means the contents of the \
            directory. Volumes and mounts of the container are part of its tree, and what it may not write cannot be copied to; \
            the contents of `/proc`, `/sys` and `/dev` are copied only by their own paths. Files belong to root in the container, and to the caller \
            on this machine; those of a tar from standard input keep their owners.
            """)

    @Flag(name: .shortAndLong, help: "Keep owners and modes.")
    var archive = false

    @OptionGroup var globals: GlobalOptions

    @Argument(help: ArgumentHelp("A path, CONTAINER:PATH, or `-`.", valueName: "source"))
    var source: String

    @Argument(help: ArgumentHelp("A path, CONTAINER:PATH, or `-`.", valueName: "target"))
    var target: String

    func validate() throws {
        if source.isEmpty { throw ValidationError("the source is empty") }
        if target.isEmpty { throw ValidationError("the target is empty") }
        switch (Place(source), Place(target)) {
        case (.container, .here), (.here, .container): break
        case (.here, .here): throw ValidationError("one of the two must be CONTAINER:PATH")
        case (.container, .container):
            throw ValidationError("copying between containers is not possible: copy to a file in between")
        }
    }

    func run() throws {
        switch (Place(source), Place(target)) {
        case (.container(let name, let path), .here(let target)): try copyOut(name, path, to: target)
        case (.here(let source), .container(let name, let path)): try copyIn(source, name, path)
        // Refused when the words were read.
        case (.here, .here), (.container, .container): break
        }
    }

    private func copyOut(_ name: String, _ path: String, to target: String) throws {
        let containers = try Containers.open(globals)
        guard target == "-" else {
            try Self.requireReplaceable(target)
            return try containers.copy(from: name, path, to: target, keepsOwners: archive && ProcessOwner.uid == 0)
        }
        if Terminal.standardOutput.isTerminal { throw CommandError.terminalOutput(verb: "cp") }
        let output = RelayedOutput()
        try containers.writeTar(of: name, path) { _ = output.deliver(.output, $0) }
        try output.requireWhole()
    }

    /// Refuses a target of this machine that is neither a file nor a folder, as docker does: the copy would take its place.
    private static func requireReplaceable(_ path: String) throws {
        var raw = stat()
        guard stat(path, &raw) == 0 else { return }
        guard [S_IFREG, S_IFDIR].contains(raw.st_mode & S_IFMT) else { throw CommandError.notAFileToReplace(path) }
    }

    private func copyIn(_ source: String, _ name: String, _ path: String) throws {
        let containers = try Containers.open(globals)
        if source == "-" {
            if Terminal.standardInput.isTerminal { throw CommandError.terminalInput }
            return try containers.placeStandardInput(in: name, path)
        }
        let whole = try AbsolutePath.cleaned(source) + (source.hasSuffix("/.") || source.hasSuffix("/") ? "/" : "")
        try containers.copy(whole, as: source, to: name, path, keepsOwners: archive)
    }

    /// What an argument means.
    private enum Place {
        case here(String)
        case container(String, String)

        /// As docker has it: a path that begins with `/` or `.` is one of this machine, whatever colons it has.
        init(_ text: String) {
            let name = text.utf8.prefix { $0 != UInt8(ascii: ":") }
            if text.utf8.first == UInt8(ascii: "/") || text.utf8.first == UInt8(ascii: ".") || name.count == text.utf8.count
                || name.contains(UInt8(ascii: "/"))
            {
                self = .here(text)
            } else {
                let path = String(decoding: text.utf8.dropFirst(name.count + 1), as: UTF8.self)
                self = .container(String(decoding: name, as: UTF8.self), path.utf8.first == UInt8(ascii: "/") ? path : "/\(path)")
            }
        }
    }
}
