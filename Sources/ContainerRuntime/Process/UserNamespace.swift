// https://man7.org/linux/man-pages/man7/user_namespaces.7.html
// https://man7.org/linux/man-pages/man1/newuidmap.1.html

import CLinux
import FoundationEssentials
import Glibc
package import StorageIO

extension UserNamespace {
    /// Takes this process to a new user namespace, in which it is root, and the user's subordinate IDs are all others from 1 on.
    ///
    /// Files that it makes there belong to the user or to those IDs. The process must have one thread. After an error it is
    /// where it was.
    package static func enter() throws(RuntimeError) {
        _ = ProcessOwner.uid
        let (users, groups) = (try ranges("/etc/subuid"), try ranges("/etc/subgid"))
        let (reading, writing) = try Pipes.make()
        let child = strata_fork_single_threaded()
        if child < 0 { throw .noProcess(errno: errno) }
        if child == 0 { hold(writing.fd) }
        defer {
            kill(child, SIGKILL)
            waitpid(child, nil, 0)
        }
        var reason: Int32 = 0
        guard read(reading.fd, &reason, 4) == 4 else { throw .noProcess(errno: ECHILD) }
        if reason != 0 { throw .noUserNamespace(detail: "the kernel gives none: \(String(cString: strerror(reason)))") }
        try map("newuidmap", child, getuid(), users)
        try map("newgidmap", child, getgid(), groups)
        let namespace = open("/proc/\(child)/ns/user", O_RDONLY | O_CLOEXEC)
        defer { close(namespace) }
        guard namespace >= 0, setns(namespace, 0) == 0 else {
            throw .noUserNamespace(detail: "it cannot be entered: \(String(cString: strerror(errno)))")
        }
    }

    /// What the child does: it has a namespace, says so with the reason why not or 0, and waits for its end.
    private static func hold(_ fd: Int32) -> Never {
        _ = strata_die_with_parent(SIGKILL)
        var reason: Int32 = unshare(Int32(STRATA_NEW_USERS)) == 0 ? 0 : errno
        write(fd, &reason, 4)
        while true { pause() }
    }

    /// Has the set-uid program of that name write the map of the child's namespace.
    private static func map(
        _ program: String, _ child: Int32, _ own: UInt32, _ ranges: [SubordinateRange]
    ) throws(RuntimeError) {
        var words = [program, "\(child)", "0", "\(own)", "1"]
        var next: UInt32 = 1
        for range in ranges {
            words += ["\(next)", "\(range.first)", "\(range.count)"]
            next += range.count
        }
        let (reading, writing) = try Pipes.make()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, writing.fd, 2)
        var process = pid_t()
        let arguments = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        let reason = posix_spawnp(&process, program, &actions, nil, arguments, environ)
        guard reason == 0 else {
            throw .noUserNamespace(
                detail: reason == ENOENT ? "\(program) is not installed" : "\(program): \(String(cString: strerror(reason)))")
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard status != 0 else { return }
        var said = [UInt8](repeating: 0, count: 1000)
        // It has ended, and what it said fits into a pipe; this end is open, so nothing would be waited for.
        _ = fcntl(reading.fd, F_SETFL, O_NONBLOCK)
        let count = max(0, read(reading.fd, &said, said.count))
        throw .noUserNamespace(
            detail: String(decoding: said[..<count], as: UTF8.self).split(separator: "\n").first.map(String.init) ?? program)
    }

    /// The user's ranges in a file of the system.
    private static func ranges(_ path: String) throws(RuntimeError) -> [SubordinateRange] {
        let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) }
        let text: String
        do { text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self) } catch { text = "" }
        let found = SubordinateRange.all(in: text, name: name, uid: getuid())
        if found.isEmpty { throw .noUserNamespace(detail: "\(path) has no range for \(name ?? "user \(getuid())")") }
        return found
    }
}

/// IDs of the machine that a user may give to those of a namespace.
///
/// Source: subuid(5).
struct SubordinateRange: Equatable {
    var first: UInt32
    var count: UInt32

    /// Those that the lines of `text` give to the user of this name or number.
    static func all(in text: String, name: String?, uid: UInt32) -> [SubordinateRange] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == "\(uid)" || name.map({ fields[0] == $0 }) == true else { return nil }
            guard let first = UInt32(fields[1]), let count = UInt32(fields[2]), count > 0 else { return nil }
            guard !first.addingReportingOverflow(count).overflow else { return nil }
            return SubordinateRange(first: first, count: count)
        }
    }
}
