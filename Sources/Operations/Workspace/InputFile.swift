import Glibc
package import StorageIO
import SystemPackage

/// A file that the user names, read whole.
package enum InputFile {
    /// Its bytes, `limit` at most; nil where there is none.
    package static func bytes(_ text: String, limit: Int) throws(StorageError) -> [UInt8]? {
        if isStream(text) { return try File.readStream(text, limit: limit) }
        // The user names it, so symlinks are followed, as configuration managers make them.
        guard let resolved = realpath(text, nil) else { return nil }
        defer { free(resolved) }
        let path = FilePath(platformString: resolved)
        guard let name = path.lastComponent?.bytes else { return nil }
        let above = path.removingLastComponent()
        return try ifPresent(try Directory.open(above.isEmpty ? "." : above).readFile(name, limit: limit))
    }

    /// Whether it is a pipe, as a shell's `<(…)` gives, which has no directory to be looked up in.
    private static func isStream(_ text: String) -> Bool {
        var status = stat()
        guard stat(text, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFCHR
    }
}
