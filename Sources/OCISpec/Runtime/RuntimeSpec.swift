// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md

/// A container as a runtime takes it: `config.json` of a bundle.
package struct RuntimeSpec: Hashable, Sendable, Encodable {
    /// Whom the process runs as, by numbers of the container's user namespace.
    package struct User: Hashable, Sendable, Encodable {
        /// 0 is the container's root, which is another user outside where there is a user namespace.
        package var uid: UInt32
        /// The primary group.
        package var gid: UInt32
        /// Supplementary groups; nil for none.
        package var additionalGids: [UInt32]?
    }

    /// Capabilities by set, each by its kernel name (`CAP_CHOWN`).
    package struct Capabilities: Hashable, Sendable, Encodable {
        /// What no program in the container can ever gain.
        package var bounding: [String]
        /// What the process can use as it starts.
        package var effective: [String]
        /// What the process may make effective.
        package var permitted: [String]
        /// What a program keeps that is executed without being root; nil for none.
        package var ambient: [String]?
    }

    /// One limit of setrlimit(2).
    package struct ResourceLimit: Hashable, Sendable, Codable {
        /// The kernel's name of the limit, such as `RLIMIT_NOFILE`.
        package var type: String
        /// What the process may raise the soft limit to; in the unit of the limit.
        package var hard: UInt64
        /// What is enforced; in the unit of the limit.
        package var soft: UInt64

        /// The limit of this kernel's name.
        package init(_ type: String, soft: UInt64, hard: UInt64) {
            self.type = type
            self.soft = soft
            self.hard = hard
        }
    }

    /// The size of a terminal, in characters.
    package struct ConsoleSize: Hashable, Sendable, Encodable {
        /// Lines.
        package var height: UInt16
        /// Columns.
        package var width: UInt16
    }

    /// The program that a container runs, and as whom.
    package struct Process: Hashable, Sendable, Encodable {
        /// Whether the streams are a pseudo-terminal, which the runtime makes.
        package var terminal = false
        /// The size that the terminal begins with; nil for the runtime's default.
        package var consoleSize: ConsoleSize?
        /// Nobody else: a runtime looks up no names.
        package var user: User
        /// The program and its arguments; looked up in the container's `PATH`.
        package var args: [String]
        /// `NAME=value` each; nothing of the runtime's own environment is added.
        package var env: [String]
        /// An absolute path in the container, which must be there.
        package var cwd: String
        /// What is left of root's privileges.
        package var capabilities: Capabilities
        /// Nil to inherit the runtime's.
        package var rlimits: [ResourceLimit]?
        /// Whether setuid programs and file capabilities give nothing more.
        package var noNewPrivileges = false
    }

    /// The tree that becomes the container's `/`.
    package struct Root: Hashable, Sendable, Encodable {
        /// Absolute, or from the bundle's directory.
        package var path: String
        /// Whether the kernel refuses writes to the tree; mounts in it have options of their own.
        package var readonly = false
    }

    /// A mount in the container, made in the order of the list.
    package struct Mount: Hashable, Sendable, Encodable {
        /// An absolute path in the container.
        package var destination: String
        /// The kernel's name of a file system, or `bind`.
        package var type: String
        /// A path outside for a bind mount, otherwise a label.
        package var source: String
        /// As mount(8) spells them, those of the file system included.
        package var options: [String]

        /// A mount from its parts.
        package init(_ destination: String, type: String, source: String, options: [String]) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }
    }

    /// A namespace that the container gets for itself.
    package struct Namespace: Hashable, Sendable, Encodable {
        /// `pid`, `mount`, `ipc`, `uts`, `network`, `user` or `cgroup`.
        package var type: String
        /// One that is there already; nil for a new one.
        package var path: String?

        /// A new namespace.
        package init(_ type: String) { self.type = type }
    }

    /// Limits that a control group keeps.
    package struct Resources: Hashable, Sendable, Encodable {
        /// A ceiling for memory.
        package struct Memory: Hashable, Sendable, Encodable {
            /// Bytes.
            package var limit: Int64
        }

        /// A share of the machine's processor time.
        package struct CPU: Hashable, Sendable, Encodable {
            /// Microseconds of a processor's time in each period.
            package var quota: Int64
            /// Microseconds.
            package var period: UInt64
        }

        /// A ceiling for processes and threads.
        package struct Pids: Hashable, Sendable, Encodable {
            /// How many there may be at a time.
            package var limit: Int64
        }

        /// Devices that may or may not be used; the last rule that fits a device holds.
        package struct Device: Hashable, Sendable, Encodable {
            /// Whether the rule permits or forbids.
            package var allow: Bool
            /// `c` or `b`; nil for both.
            package var type: String?
            /// Nil for all.
            package var major: Int64?
            /// Nil for all of the major number.
            package var minor: Int64?
            /// Letters of `rwm`: reading, writing, making a node.
            package var access: String

            /// A rule from its parts.
            package init(allow: Bool, type: String?, major: Int64?, minor: Int64?, access: String) {
                self.allow = allow
                self.type = type
                self.major = major
                self.minor = minor
                self.access = access
            }
        }

        /// In order: a later rule overrides an earlier one.
        package var devices: [Device]
        /// Nil for no limit.
        package var memory: Memory?
        /// Nil for all processors.
        package var cpu: CPU?
        /// Nil for no limit.
        package var pids: Pids?

        /// Devices, and limits: bytes of memory, thousandths of processors, processes; nil for none.
        package init(
            devices: [Device] = Device.usual, memoryBytes: Int64? = nil, milliCPUs: Int64? = nil, processLimit: Int64? = nil
        ) {
            self.devices = devices
            memory = memoryBytes.map(Memory.init)
            cpu = milliCPUs.map { CPU(quota: $0 * 100, period: 100_000) }
            pids = processLimit.map(Pids.init)
        }
    }

    /// A node of a device that the runtime makes in the container.
    package struct Device: Hashable, Sendable, Encodable {
        /// An absolute path in the container.
        package var path: String
        /// `c` or `b`.
        package var type: String
        /// The kernel's number of its driver.
        package var major: Int64
        /// The number that the driver has for it.
        package var minor: Int64
        /// Permission bits.
        package var fileMode: UInt32
        /// The number of its owner.
        package var uid: UInt32
        /// The number of its group.
        package var gid: UInt32
        /// Where the machine has it; the document lacks that.
        package var source: String

        private enum CodingKeys: String, CodingKey { case path, type, major, minor, fileMode, uid, gid }

        /// A device from its parts.
        package init(
            path: String, type: String, major: Int64, minor: Int64, fileMode: UInt32, uid: UInt32, gid: UInt32, source: String
        ) {
            self.path = path
            self.type = type
            self.major = major
            self.minor = minor
            self.fileMode = fileMode
            self.uid = uid
            self.gid = gid
            self.source = source
        }
    }

    /// What only Linux has.
    package struct Linux: Hashable, Sendable, Encodable {
        /// What is not listed is shared with the machine.
        package var namespaces: [Namespace]
        /// Paths in the container that read as empty; nil for none.
        package var maskedPaths: [String]?
        /// Paths in the container that cannot be written; nil for none.
        package var readonlyPaths: [String]?
        /// Where the control group is made, from the hierarchy's root; nil for the runtime's choice.
        package var cgroupsPath: String?
        /// Nil for no control group of the container's own.
        package var resources: Resources?
        /// Nil lets every call through.
        package var seccomp: Seccomp?
        /// Nodes besides the usual ones; nil for none.
        package var devices: [Device]?
        /// Whether mounts of the machine appear below mounts of the container (`rslave`); nil for the runtime's choice, no.
        package var rootfsPropagation: String?
        /// Settings of the kernel that are a namespace's own; nil for none.
        package var sysctl: [String: String]?
    }

    /// The version of the specification that the document follows, not the runtime's.
    package var ociVersion = "1.0.2"
    /// What runs in it; it ends with this process.
    package var process: Process
    /// Its tree, which is mounted before the runtime starts.
    package var root: Root
    /// Nil to keep the name that the namespace begins with.
    package var hostname: String?
    /// In order: a later mount may lie inside an earlier one.
    package var mounts: [Mount]
    /// Namespaces, limits and what is hidden.
    package var linux: Linux

    /// A container that runs `process` in the tree at `root`, with namespaces of its own, the network's only where it is to be `isolated`.
    package init(process: Process, root: String, hostname: String, isIsolated: Bool) {
        self.process = process
        self.root = Root(path: root)
        self.hostname = hostname
        mounts = Self.usualMounts
        let kinds = ["pid", "mount", "ipc", "uts"] + (isIsolated ? ["network"] : [])
        linux = Linux(
            namespaces: kinds.map { Namespace($0) }, maskedPaths: Self.maskedPaths, readonlyPaths: Self.readonlyPaths)
    }

    /// Fits it to a user namespace other than the machine's own.
    ///
    /// Root of such a one may not mount a `sysfs` that shows the machine's network, but may share the machine's own.
    package mutating func fitUserNamespace() {
        // Nor may it make nodes of devices, but may show the machine's own.
        mounts += (linux.devices ?? []).map { Mount($0.path, type: "bind", source: $0.source, options: ["bind", "rw"]) }
        linux.devices = nil
        if !linux.namespaces.contains(where: { $0.type == "ipc" }) { mounts.removeAll { $0.type == "mqueue" } }
        if linux.namespaces.contains(where: { $0.type == "network" }) { return }
        mounts = mounts.map { mount in
            guard mount.type == "sysfs" else { return mount }
            return Mount(mount.destination, type: "bind", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
        }
    }

    /// Has it in the network of the runtime, which is no longer the machine's; any user there may listen to any port.
    package mutating func joinNetwork() {
        var namespace = Namespace("network")
        // The runtime is the first process of the namespace in which it runs.
        namespace.path = "/proc/1/ns/net"
        linux.namespaces.append(namespace)
        linux.sysctl = ["net.ipv4.ip_unprivileged_port_start": "0"]
    }

    /// Gives `/dev/shm` this size in place of the usual one.
    package mutating func setSharedMemory(bytes: Int64) {
        for index in mounts.indices where mounts[index].destination == Self.sharedMemoryPath {
            mounts[index].options = mounts[index].options.map { $0.hasPrefix("size=") ? "size=\(bytes)" : $0 }
        }
    }

    /// Shares the machine's memory, semaphores and message queues.
    package mutating func shareMemory() {
        linux.namespaces.removeAll { $0.type == "ipc" }
        mounts = mounts.map { mount in
            // Queues are shown by a file system of the namespace, which is the machine's then.
            guard mount.destination == Self.sharedMemoryPath else { return mount }
            return Mount(
                mount.destination, type: "bind", source: mount.destination, options: ["rbind", "nosuid", "noexec", "nodev", "rw"])
        }
    }

    private static let queuesPath = "/dev/mqueue"
    /// Where programs share memory.
    package static let sharedMemoryPath = "/dev/shm"

    /// What every container has, as the specification's section on Linux lists it.
    package static let usualMounts = [
        Mount("/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        Mount("/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        Mount(
            "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        Mount(
            sharedMemoryPath, type: "tmpfs", source: "shm",
            options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        Mount(queuesPath, type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
        Mount("/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]),
    ]

    private static let maskedPaths = [
        "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
        "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    ]
    private static let readonlyPaths = ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
}

extension RuntimeSpec.Process {
    /// A process; who is not root has its capabilities only by programs that bring them along.
    package init(
        args: [String], env: [String], cwd: String, uid: UInt32, gid: UInt32, groups: [UInt32],
        capabilities: [String] = RuntimeSpec.usualCapabilities
    ) {
        user = RuntimeSpec.User(uid: uid, gid: gid, additionalGids: groups.isEmpty ? nil : groups)
        self.args = args
        self.env = env
        self.cwd = cwd
        let held = uid == 0 ? capabilities : []
        self.capabilities = RuntimeSpec.Capabilities(bounding: capabilities, effective: held, permitted: held)
    }

    /// Gives the process a terminal of this size.
    package mutating func setTerminal(rows: UInt16, columns: UInt16) {
        terminal = true
        consoleSize = RuntimeSpec.ConsoleSize(height: rows, width: columns)
    }
}

extension RuntimeSpec.Resources.Device {
    /// Nodes of all kinds may be made, and used those that every container has, as with docker.
    package static let usual = [
        rule(false, nil, nil, nil, "rwm"), rule(true, "c", nil, nil, "m"), rule(true, "b", nil, nil, "m"),
        // null, zero, full, random, urandom; tty, console, ptmx; terminals.
        rule(true, "c", 1, 3), rule(true, "c", 1, 5), rule(true, "c", 1, 7), rule(true, "c", 1, 8), rule(true, "c", 1, 9),
        rule(true, "c", 5, 0), rule(true, "c", 5, 1), rule(true, "c", 5, 2), rule(true, "c", 136, nil),
    ]

    /// Every device of the machine.
    package static let all = [rule(true, nil, nil, nil, "rwm")]

    private static func rule(
        _ allow: Bool, _ type: String?, _ major: Int64?, _ minor: Int64?, _ access: String = "rwm"
    ) -> RuntimeSpec.Resources.Device {
        RuntimeSpec.Resources.Device(allow: allow, type: type, major: major, minor: minor, access: access)
    }
}
