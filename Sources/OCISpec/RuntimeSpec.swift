// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config.md
// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md

/// A container as a runtime takes it: `config.json` of a bundle.
package struct RuntimeSpec: Hashable, Sendable, Encodable {
    package struct User: Hashable, Sendable, Encodable {
        package var uid: UInt32
        package var gid: UInt32
        package var additionalGids: [UInt32]?
    }

    package struct Capabilities: Hashable, Sendable, Encodable {
        package var bounding: [String]
        package var effective: [String]
        package var permitted: [String]
        package var ambient: [String]?
    }

    package struct ResourceLimit: Hashable, Sendable, Encodable {
        package var type: String
        package var hard: UInt64
        package var soft: UInt64
    }

    /// The size of a terminal, in characters.
    package struct ConsoleSize: Hashable, Sendable, Encodable {
        package var height: UInt16
        package var width: UInt16
    }

    package struct Process: Hashable, Sendable, Encodable {
        package var terminal = false
        package var consoleSize: ConsoleSize?
        package var user: User
        package var args: [String]
        package var env: [String]
        package var cwd: String
        package var capabilities: Capabilities
        package var rlimits: [ResourceLimit]?
        package var noNewPrivileges = false
    }

    package struct Root: Hashable, Sendable, Encodable {
        package var path: String
        package var readonly = false
    }

    package struct Mount: Hashable, Sendable, Encodable {
        package var destination: String
        package var type: String
        package var source: String
        package var options: [String]

        /// A mount from its parts.
        package init(_ destination: String, type: String, source: String, options: [String]) {
            self.destination = destination
            self.type = type
            self.source = source
            self.options = options
        }
    }

    package struct Namespace: Hashable, Sendable, Encodable {
        package var type: String
    }

    /// Limits that a control group keeps.
    package struct Resources: Hashable, Sendable, Encodable {
        package struct Memory: Hashable, Sendable, Encodable {
            /// Bytes.
            package var limit: Int64
        }

        package struct CPU: Hashable, Sendable, Encodable {
            /// Microseconds of a processor's time in each period.
            package var quota: Int64
            /// Microseconds.
            package var period: UInt64
        }

        package struct Pids: Hashable, Sendable, Encodable {
            package var limit: Int64
        }

        /// Devices that may or may not be used; the last rule that fits a device holds.
        package struct Device: Hashable, Sendable, Encodable {
            package var allow: Bool
            /// `c` or `b`; nil for both.
            package var type: String?
            /// Nil for all.
            package var major: Int64?
            package var minor: Int64?
            /// Letters of `rwm`: reading, writing, making a node.
            package var access: String
        }

        package var devices: [Device]
        package var memory: Memory?
        package var cpu: CPU?
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

    package struct Linux: Hashable, Sendable, Encodable {
        package var namespaces: [Namespace]
        package var maskedPaths: [String]?
        package var readonlyPaths: [String]?
        package var cgroupsPath: String?
        package var resources: Resources?
        package var seccomp: Seccomp?
    }

    package var ociVersion = "1.0.2"
    package var process: Process
    package var root: Root
    package var hostname: String?
    package var mounts: [Mount]
    package var linux: Linux

    /// A container that runs `process` in the tree at `root`, with namespaces of its own, the network's only where it is to be `isolated`.
    package init(process: Process, root: String, hostname: String, isIsolated: Bool) {
        self.process = process
        self.root = Root(path: root)
        self.hostname = hostname
        mounts = Self.usualMounts
        let kinds = ["pid", "mount", "ipc", "uts"] + (isIsolated ? ["network"] : [])
        linux = Linux(
            namespaces: kinds.map(Namespace.init), maskedPaths: Self.maskedPaths, readonlyPaths: Self.readonlyPaths)
    }

    /// Fits it to a user namespace other than the machine's own.
    ///
    /// Root of such a one may not mount a `sysfs` that shows the machine's network, but may share the machine's own.
    package mutating func fitUserNamespace() {
        if linux.namespaces.contains(where: { $0.type == "network" }) { return }
        mounts = mounts.map { mount in
            guard mount.type == "sysfs" else { return mount }
            return Mount(mount.destination, type: "bind", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"])
        }
    }

    /// What every container has, as the specification's section on Linux lists it.
    package static let usualMounts = [
        Mount("/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]),
        Mount("/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        Mount(
            "/dev/pts", type: "devpts", source: "devpts",
            options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        Mount("/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        Mount("/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]),
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
