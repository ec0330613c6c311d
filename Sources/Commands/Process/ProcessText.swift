import CArguments
import Glibc
import StorageIO
import TextValues

/// The words this process was started with.
enum ProcessArguments {
    /// All but the program's own name; one that is not UTF-8 is an error.
    ///
    /// As text it would name another file than it does as bytes, and two that differ could name one.
    static func words() throws(CommandError) -> [String] {
        var words: [String] = []
        for (number, bytes) in rawWords.enumerated() {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw .notUTF8(what: "argument \(number + 1)", bytes)
            }
            words.append(text)
        }
        return words
    }

    /// What this program was called by.
    static func programName() throws(CommandError) -> String {
        guard let bytes = strata_argument(0).map(bytes) else { return "" }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(what: "the program's name", bytes) }
        return text
    }

    /// The same for looking at them: what is not UTF-8 is repaired.
    static var repairedWords: [String] { rawWords.map(\.messageText) }

    private static var rawWords: [[UInt8]] {
        (1..<max(1, strata_argument_count())).compactMap { number in strata_argument(number).map(bytes) }
    }

    /// The bytes of a text of C.
    static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }
}

/// The process's environment.
enum Environment {
    /// The value of a variable; nil when it is not set or empty.
    ///
    /// One that is not UTF-8 is an error, as with arguments.
    static func value(_ name: String) throws(CommandError) -> String? {
        guard let bytes = bytes(name) else { return nil }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(what: "the variable \(name)", bytes) }
        return text
    }

    /// The same, byte for byte.
    static func bytes(_ name: String) -> [UInt8]? {
        guard let raw = getenv(name), raw.pointee != 0 else { return nil }
        return ProcessArguments.bytes(raw)
    }

    /// Whether a variable is set, and not empty.
    static func isSet(_ name: String) -> Bool { bytes(name) != nil }

    /// A folder that a variable names; one that is not absolute says nothing.
    ///
    /// Source: the XDG Base Directory Specification, "Environment variables": relative paths are invalid and to be ignored.
    static func folder(_ name: String) throws(CommandError) -> String? {
        guard let path = try value(name), path.utf8.first == UInt8(ascii: "/") else { return nil }
        return path
    }
}

/// The directory that relative paths begin at.
enum CurrentDirectory {
    /// Its path from the root as the kernel has it, which `path` is to be put behind.
    ///
    /// A directory that was removed has none, nor has one outside of the process's root: what a relative path means is unknown then,
    /// and must not be taken for a path from the root.
    static func bytes(for path: String) throws(CommandError) -> [UInt8] {
        guard let raw = getcwd(nil, 0) else { throw .noCurrentDirectory(path: path, errno: errno) }
        defer { free(raw) }
        return ProcessArguments.bytes(raw)
    }
}

/// Paths from the root.
enum AbsolutePath {
    /// The path behind the current directory, where it does not begin at the root; `..` stays, since it may follow a symlink.
    ///
    /// Where the current directory was removed, or its own path is not UTF-8, that is an error.
    static func of(_ path: String) throws(CommandError) -> String {
        if path.utf8.first == UInt8(ascii: "/") { return path }
        let current = try CurrentDirectory.bytes(for: path)
        guard String(validating: current, as: UTF8.self) != nil else { throw .notUTF8(what: "the current directory", current) }
        let parts = PathWalk.parts(current) + PathWalk.parts(path.utf8)
        return "/" + String(decoding: PathWalk.joined(parts), as: UTF8.self)
    }

    /// Whether a path is a directory or lies in it, as both are written.
    static func isBelow(_ path: String, _ directory: String) throws(CommandError) -> Bool {
        let (path, directory) = (try cleaned(path), try cleaned(directory))
        return path == directory || path.hasPrefix(directory + "/")
    }

    /// The same without `.`, `..` and slashes at its end, taken as they are written.
    static func cleaned(_ path: String) throws(CommandError) -> String {
        "/" + String(decoding: PathWalk.cleaned(Array(try of(path).utf8)), as: UTF8.self)
    }
}
