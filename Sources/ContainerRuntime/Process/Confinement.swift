// https://man7.org/linux/man-pages/man7/namespaces.7.html
// https://docs.kernel.org/filesystems/overlayfs.html

import CLinux
import ContentStorage
import FoundationEssentials
import Glibc
import StorageIO

/// What a process of its own does before it becomes another program: it makes namespaces and in them the mounts, or enters those of
/// a container.
///
/// Mounts and processes belong to the namespaces alone. When whoever asked for them dies, by whatever signal, the kernel takes
/// the processes down, and with the last of them the mounts go: nothing is left to be cleaned up but files.
package struct Confinement: Codable, Sendable {
    /// An overlay that is mounted in a namespace of its own.
    package struct Overlay: Codable, Sendable {
        /// Where the short names of unpacked layers are; `lower` is relative to it.
        package var layersFolder: String
        /// Directories of the layers, uppermost first.
        package var lower: [String]
        /// Where changes are kept; on one file system with `work`.
        package var upper: String
        /// What the kernel needs beside `upper`; nobody else looks into it.
        package var work: String
        /// Where all of them show as one.
        package var merged: String
        /// Whether devices of the tree may be opened.
        package var opensDevices = ControlGroup.isUsable

        /// An overlay from its parts.
        package init(layersFolder: String, lower: [String], upper: String, work: String, merged: String) {
            self.layersFolder = layersFolder
            self.lower = lower
            self.upper = upper
            self.work = work
            self.merged = merged
        }

        /// How the mount names a directory.
        private func name(_ path: String) -> String { OverlayPath.relative(path, from: layersFolder) }

        /// The data of the mount, which is made from the layers' folder.
        package var options: String {
            // What an ordinary user mounts is marked by attributes that such may set.
            let marks = OverlayMarks.own.option ?? "redirect_dir=off,metacopy=off,index=off"
            let names = lower.map(name).joined(separator: ":")
            return "lowerdir=\(names),upperdir=\(name(upper)),workdir=\(name(work)),\(marks)"
        }
    }

    /// Which namespaces the program is in.
    package enum Place: Codable, Sendable {
        /// New ones, with this mounted.
        case new(Overlay)
        /// Those of the process of this number.
        case of(Int32)
    }

    /// What the program sees of mounts and processes.
    package var place: Place
    /// The program's path, then its arguments.
    package var command: [String]
    /// Whether standard input is a terminal that the program is to have for its own.
    package var takesTerminal = false
    /// The process that asks, without which nothing is to be done.
    var parent: Int32 = 0
    /// A file that gets a note on the new namespaces' first process.
    package var noteAt: String?
    /// A file that gets the reason where the confinement itself fails.
    package var problemAt: String?
    /// Whether what is mounted on the machine from now on is mounted here as well.
    var receivesMounts = false
    /// Whether it joins the network of the descriptor `networkDescriptor`.
    var joinsNetwork = false
    /// Whether control groups are hidden, where the one hierarchy that crun up to 1.8 refuses cannot be unmounted.
    package var mayHideControlGroups = false

    /// A confinement from its parts.
    package init(_ place: Place, command: [String] = []) {
        self.place = place
        self.command = command
    }

    /// The first argument by which the program is told to be such a process.
    package static let verb = "--confined"

    /// The status where the confinement itself fails: 125, as docker has it.
    static let failureStatus: Int32 = 125

    /// The signal that ends all that is confined.
    ///
    /// The last one of all: no program that runs in a container is sent it from outside.
    static let endSignal: Int32 = 64

    /// The descriptor that stays open until the last confined process has ended: the lock of a container is held by it.
    static let lockDescriptor: Int32 = 3

    /// The descriptor of a network's namespace, where one is to be joined.
    static let networkDescriptor: Int32 = 4
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
            _exit(failureStatus)
        }
        // Ended together with whoever asked, who may be gone already.
        _ = strata_die_with_parent(endSignal)
        if getppid() != plan.parent { _exit(failureStatus) }
        // What a terminal sends to its programs is not for this one, but for whoever asked, who hands it on.
        _ = setsid()
        if plan.takesTerminal, strata_take_terminal() != 0 { plan.fail("cannot take the terminal", errno) }
        var all = sigset_t()
        sigfillset(&all)
        sigprocmask(SIG_BLOCK, &all, nil)
        plan.enter()
        // The child mounts another one in its place, in which it has another number.
        let processes = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        // Its writing end is this process's alone: by it the child sees whether it has a parent, whose number it cannot know.
        var life: [Int32] = [-1, -1]
        if pipe2(&life, O_CLOEXEC) != 0 { plan.fail("cannot make a pipe", errno) }
        let child = strata_fork_single_threaded()
        if child < 0 { plan.fail("cannot make a process", errno) }
        if child == 0 {
            close(life[1])
            _ = strata_die_with_parent(SIGKILL)
            var parent = pollfd(fd: life[0], events: 0, revents: 0)
            if poll(&parent, 1, 0) != 0 { _exit(failureStatus) }
            close(life[0])
            close(lockDescriptor)
            plan.become()
        }
        close(life[0])
        if let note = plan.noteAt { Self.write(ProcessNote.text(on: child, in: processes), to: note) }
        supervise(child)
    }

    private func enter() {
        switch place {
        case .new:
            if geteuid() != 0 {
                do { try UserNamespace.enter() } catch { fail(error.detail ?? "cannot make a process", 0) }
            }
            if joinsNetwork {
                if setns(Self.networkDescriptor, Int32(STRATA_NEW_NETWORK)) != 0 { fail("cannot join the network", errno) }
                close(Self.networkDescriptor)
            }
            if unshare(Int32(STRATA_NEW_MOUNTS | STRATA_NEW_PROCESSES)) != 0 { fail("cannot make namespaces", errno) }
        case .of(let process):
            // Those of the user come first: by them the others may be entered.
            for kind in ["user", "pid", "mnt"] where !Self.isInNamespace(kind, of: process) {
                let fd = open("/proc/\(process)/ns/\(kind)", O_RDONLY | O_CLOEXEC)
                if fd < 0 || setns(fd, 0) != 0 { fail("cannot enter the container", errno) }
                close(fd)
            }
        }
    }

    private static func isInNamespace(_ kind: String, of process: Int32) -> Bool {
        var (mine, theirs) = (stat(), stat())
        guard stat("/proc/self/ns/\(kind)", &mine) == 0, stat("/proc/\(process)/ns/\(kind)", &theirs) == 0 else { return false }
        return mine.st_ino == theirs.st_ino && mine.st_dev == theirs.st_dev
    }

    /// Hands signals on to the child, and gives the child's end on as its own.
    ///
    /// It stays until the child is gone, and with the first process of a namespace all others of that are.
    private static func supervise(_ child: Int32) -> Never {
        var all = sigset_t()
        sigfillset(&all)
        while true {
            var status: Int32 = 0
            if waitpid(child, &status, WNOHANG) == child {
                let signal = status & 0x7F
                _exit(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
            let signal = sigwaitinfo(&all, nil)
            switch signal {
            case endSignal: kill(child, SIGKILL)
            case SIGCHLD, ..<1: continue
            default: kill(child, signal)
            }
        }
    }

    /// The first process of the new namespace, or one more in an old one: mounts, then the program in its place.
    private func become() -> Never {
        if case .new(let overlay) = place { mount(overlay) }
        _ = chdir("/")
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        var arguments = command.map { strdup($0) } + [nil]
        execv(command[0], &arguments)
        fail("cannot start \(command[0])", errno)
    }

    private func mount(_ overlay: Overlay) {
        let propagation = receivesMounts ? MS_SLAVE : MS_PRIVATE
        if Glibc.mount("none", "/", nil, UInt(MS_REC | propagation), nil) != 0 { fail("cannot keep mounts private", errno) }
        if Glibc.mount("proc", "/proc", "proc", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), nil) != 0 {
            fail("cannot mount /proc", errno)
        }
        // crun up to 1.8 refuses a machine that has both versions of cgroups at once.
        let isHybrid = access("/sys/fs/cgroup/unified", F_OK) == 0
        if umount2("/sys/fs/cgroup/unified", Int32(MNT_DETACH)) != 0, isHybrid, mayHideControlGroups {
            // A user namespace may not take apart what it was given, but may mount something over it.
            _ = Glibc.mount("tmpfs", "/sys/fs/cgroup", "tmpfs", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC), "mode=755")
        }
        if chdir(overlay.layersFolder) != 0 { fail("cannot enter \(overlay.layersFolder)", errno) }
        // Where no control group says which devices may be used, none can.
        let flags = overlay.opensDevices ? 0 : UInt(MS_NODEV)
        if Glibc.mount("overlay", overlay.merged, "overlay", flags, overlay.options) != 0 {
            fail("cannot mount an overlay", errno)
        }
    }

    private static func write(_ text: String, to path: String) {
        let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard fd >= 0 else { return }
        _ = text.withCString { Glibc.write(fd, $0, strlen($0)) }
        close(fd)
    }

    private func fail(_ what: String, _ reason: Int32) -> Never {
        let text = "\(what)\(reason == 0 ? "" : ": \(String(cString: strerror(reason)))")\n"
        if let problemAt { Self.write(text, to: problemAt) }
        _exit(Self.failureStatus)
    }
}
