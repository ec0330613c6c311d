// https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#seccomp
// https://docs.docker.com/engine/security/seccomp/#significant-syscalls-blocked-by-the-default-profile

extension RuntimeSpec {
    /// Which calls of the system a container may make.
    package struct Seccomp: Hashable, Sendable, Encodable {
        /// What becomes of some calls, in place of the default.
        package struct Rule: Hashable, Sendable, Encodable {
            /// A condition on one argument of a call.
            package struct Argument: Hashable, Sendable, Encodable {
                /// Which argument, counted from 0; Linux passes six at most.
                package var index: UInt32
                /// The bits that are looked at.
                package var value: UInt64
                /// What they are to be.
                package var valueTwo: UInt64
                /// How `value` and `valueTwo` are applied: masked equality is the only comparison that is needed here.
                package var op = "SCMP_CMP_MASKED_EQ"
            }

            /// Calls by the names of libseccomp, which knows their numbers on this machine.
            package var names: [String]
            /// What such a call meets: an error, with the program going on.
            package var action = "SCMP_ACT_ERRNO"
            /// The error that the call returns.
            package var errnoRet: UInt32
            /// All must hold; nil for any arguments.
            package var args: [Argument]?
        }

        /// What every call meets that no rule names.
        package var defaultAction: String
        /// Rules by call; a call stands in one of them.
        package var syscalls: [Rule]

        /// All calls but those that are never a container's business, and those that its capabilities do not give it.
        ///
        /// What is refused fails as it would for want of a privilege (EPERM).
        package static func usual(capabilities: [String]) -> Seccomp {
            let held = Set(capabilities)
            let names = never + guarded.filter { !held.contains($0.key) }.flatMap(\.value)
            let rules = [Rule(names: names.sorted(), errnoRet: 1)]
            return Seccomp(
                defaultAction: "SCMP_ACT_ALLOW", syscalls: held.contains("CAP_SYS_ADMIN") ? rules : rules + noNamespaces)
        }

        /// A user namespace of its own would give a container capabilities over new namespaces of all kinds.
        ///
        /// The flags of `clone3` lie in memory, where no filter sees them: without it libraries take `clone`.
        private static let noNamespaces =
            [0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000].map { (flag: UInt64) in
                Rule(names: ["clone"], errnoRet: 1, args: [Rule.Argument(index: 0, value: flag, valueTwo: flag)])
            } + [Rule(names: ["clone3"], errnoRet: 38)]

        private static let never = [
            "add_key", "create_module", "get_kernel_syms", "get_mempolicy", "keyctl", "mbind", "move_pages", "nfsservctl",
            "query_module", "request_key", "set_mempolicy", "sysfs", "_sysctl", "uselib", "userfaultfd", "ustat", "vm86",
            "vm86old", "io_uring_setup", "io_uring_enter", "io_uring_register",
        ]

        /// Calls that come with a capability.
        private static let guarded = [
            "CAP_BPF": ["bpf"],
            "CAP_SYS_ADMIN": [
                "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "mount", "mount_setattr",
                "move_mount", "open_tree", "perf_event_open", "pivot_root", "quotactl", "quotactl_fd", "setdomainname",
                "sethostname", "setns", "umount", "umount2", "unshare",
            ],
            "CAP_SYS_BOOT": ["kexec_file_load", "kexec_load", "reboot"],
            "CAP_SYS_MODULE": ["delete_module", "finit_module", "init_module"],
            "CAP_SYS_PACCT": ["acct"],
            "CAP_SYS_PTRACE": ["kcmp", "process_vm_readv", "process_vm_writev"],
            "CAP_SYS_RAWIO": ["ioperm", "iopl"],
            "CAP_SYS_TIME": ["clock_settime", "clock_settime64", "settimeofday", "stime"],
            "CAP_DAC_READ_SEARCH": ["open_by_handle_at"],
            "CAP_SYSLOG": ["syslog"],
            "CAP_SYS_TTY_CONFIG": ["vhangup"],
        ]
    }
}
