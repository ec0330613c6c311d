import Glibc
import SystemPackage

/// Paths as units and figures have them: from the root, and else as they were written.
enum CalledPath {
    /// The path with the current directory before it where it is relative, without `.`, `..` and empty parts; symlinks stay.
    ///
    /// Where that is not UTF-8, or was removed, it is an error.
    static func text(of path: String) throws(CommandError) -> String {
        let whole = try FilePath(path).isAbsolute ? FilePath(path) : currentDirectory(for: path).pushing(FilePath(path))
        var clean = FilePath("/")
        for component in whole.components {
            switch component.kind {
            case .currentDirectory: continue
            // What is above a symlink is above what it leads to.
            case .parentDirectory: clean = (isSymlink(clean) ? resolved(clean) ?? clean : clean).removingLastComponent()
            case .regular: clean.append(component)
            }
        }
        let bytes = clean.withPlatformString(ProcessArguments.bytes)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8(what: "the current directory", bytes) }
        return text
    }

    /// Whether the path leads, by whatever symlinks, into `/dev` or `/proc`: then it means something else to each process.
    static func isOfThisProcess(_ path: String) throws(CommandError) -> Bool {
        var place = FilePath(try text(of: path))
        // As many symlinks as the kernel follows.
        for _ in 0..<40 {
            let above = place.removingLastComponent()
            guard let name = place.lastComponent else { return false }
            let parent = resolved(above) ?? above
            if [parent, above].contains(where: { $0.starts(with: "/proc") || $0.starts(with: "/dev") }) { return true }
            guard let target = target(parent.appending(name)) else { return false }
            place = parent.pushing(target)
        }
        return false
    }

    private static func isSymlink(_ path: FilePath) -> Bool { target(path) != nil }

    /// What a symlink says; nil for anything else.
    private static func target(_ path: FilePath) -> FilePath? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = path.withPlatformString { readlink($0, &buffer, buffer.count - 1) }
        return count > 0 ? buffer.withUnsafeBufferPointer { $0.baseAddress.map(FilePath.init(platformString:)) } : nil
    }

    /// Where the path leads, symlinks followed; nil where there is nothing.
    private static func resolved(_ path: FilePath) -> FilePath? {
        guard let raw = path.withPlatformString({ realpath($0, nil) }) else { return nil }
        defer { free(raw) }
        return FilePath(platformString: raw)
    }

    /// As the shell calls it, where that is true; else as the kernel does.
    private static func currentDirectory(for path: String) throws(CommandError) -> FilePath {
        var (named, actual) = (stat(), stat())
        if let bytes = Environment.bytes("PWD"), let called = String(validating: bytes, as: UTF8.self),
            called.utf8.first == UInt8(ascii: "/"),
            stat(called, &named) == 0, stat(".", &actual) == 0,
            named.st_ino == actual.st_ino, named.st_dev == actual.st_dev
        {
            return FilePath(called)
        }
        let bytes = try CurrentDirectory.bytes(for: path).map { CChar(bitPattern: $0) } + [0]
        return bytes.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } } ?? "/"
    }
}
