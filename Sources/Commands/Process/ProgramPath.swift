import Glibc
import SystemPackage

/// Where this program is.
enum ProgramPath {
    /// An absolute path by which it can be started again, as the user called it where that leads to it.
    ///
    /// A path with symlinks resolved would be that of this version alone: package managers replace the symlink.
    static func asCalled() throws(CommandError) -> String {
        let word = try ProcessArguments.programName()
        var candidates: [String] = []
        if word.contains("/") {
            candidates = [try CalledPath.text(of: word)]
        } else {
            for folder in (try Environment.value("PATH") ?? "").split(separator: ":") {
                candidates.append(try CalledPath.text(of: "\(folder)/\(word)"))
            }
        }
        var own = stat()
        guard stat("/proc/self/exe", &own) == 0 else { throw .programNotFound }
        for path in candidates {
            var status = stat()
            if stat(path, &status) == 0, status.st_ino == own.st_ino, status.st_dev == own.st_dev { return path }
        }
        guard let raw = realpath("/proc/self/exe", nil) else { throw .programNotFound }
        defer { free(raw) }
        return String(cString: raw)
    }
}
