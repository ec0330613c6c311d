// https://man7.org/linux/man-pages/man7/namespaces.7.html
// https://docs.kernel.org/filesystems/overlayfs.html

import CLinux
package import FoundationEssentials
import Glibc

/// What a process of its own does before it becomes the runtime: it makes namespaces, and in them the mounts.
///
/// Mounts and processes belong to these namespaces alone. When whoever asked for them dies, by whatever signal, the kernel takes
/// the processes down, and with the last of them the mounts go: nothing is left to be cleaned up but files.
package struct Confinement: Codable, Sendable {
    /// Where the short names of unpacked layers are; `lower` is relative to it.
    package var layersFolder: String
    /// Directories of the layers, uppermost first.
    package var lower: [String]
    package var upper: String
    package var work: String
    /// Where all of them show as one.
    package var merged: String
    /// The runtime's path, then its arguments.
    package var command: [String]

    /// A confinement from its parts.
    package init(layersFolder: String, lower: [String], upper: String, work: String, merged: String, command: [String]) {
        self.layersFolder = layersFolder
        self.lower = lower
        self.upper = upper
        self.work = work
        self.merged = merged
        self.command = command
    }

    /// The first argument by which the program is told to be such a process.
    package static let verb = "--confined"

    /// What standard error begins with where the confinement itself fails.
    static let failureMark = "strata-confinement: "

    /// The status where it does: 125, as docker has it.
    static let failureStatus: Int32 = 125
}

extension Confinement {
    /// Does it, with the plan in the file at `path`; comes back never.
    ///
    /// The process must have one thread.
    package static func run(planAt path: String) -> Never {
        let plan: Confinement
        do {
            plan = try JSONDecoder().decode(Confinement.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            fail("cannot read its plan", 0)
        }
        // Ended together with whoever asked.
        _ = strata_die_with_parent(SIGKILL)
        if unshare(Int32(STRATA_NEW_MOUNTS | STRATA_NEW_PROCESSES)) != 0 { fail("cannot make namespaces", errno) }
        let child = strata_fork_single_threaded()
        if child < 0 { fail("cannot make a process", errno) }
        if child == 0 {
            _ = strata_die_with_parent(SIGKILL)
            plan.become()
        }
        wait(for: child)
    }

    /// Gives the child's end on as its own.
    private static func wait(for child: Int32) -> Never {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        _exit(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
    }

    /// The first process of the new namespace: mounts, then the runtime in its place.
    private func become() -> Never {
        if mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) != 0 { Self.fail("cannot keep mounts private", errno) }
        if mount("proc", "/proc", "proc", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), nil) != 0 {
            Self.fail("cannot mount /proc", errno)
        }
        // crun up to 1.8 refuses a machine that has both versions of cgroups at once.
        _ = umount2("/sys/fs/cgroup/unified", Int32(MNT_DETACH))
        if chdir(layersFolder) != 0 { Self.fail("cannot enter \(layersFolder)", errno) }
        let options =
            "lowerdir=\(lower.joined(separator: ":")),upperdir=\(upper),workdir=\(work),redirect_dir=off,metacopy=off,index=off"
        if mount("overlay", merged, "overlay", 0, options) != 0 { Self.fail("cannot mount an overlay", errno) }
        _ = chdir("/")
        var arguments = command.map { strdup($0) } + [nil]
        execv(command[0], &arguments)
        Self.fail("cannot start \(command[0])", errno)
    }

    private static func fail(_ what: String, _ reason: Int32) -> Never {
        let text = "\(failureMark)\(what)\(reason == 0 ? "" : ": \(String(cString: strerror(reason)))")\n"
        _ = text.withCString { write(2, $0, strlen($0)) }
        _exit(failureStatus)
    }
}
