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
                /// What it is compared with, or the bits that are looked at.
                package var value: UInt64
                /// What those bits are to be.
                package var valueTwo: UInt64
                /// How they are compared.
                package var op = "SCMP_CMP_MASKED_EQ"
            }

            /// Calls by the names of libseccomp, which knows their numbers on this machine.
            package var names: [String]
            /// What such a call meets: by default an error, with the program going on.
            package var action = "SCMP_ACT_ERRNO"
            /// The error that the call returns.
            package var errnoRet: UInt32?
            /// All must hold; nil for any arguments.
            package var args: [Argument]?
        }

        /// What every call meets that no rule names.
        package var defaultAction: String
        /// The error that this is.
        package var defaultErrnoRet: UInt32?
        /// The kinds of programs that run: those of this machine, and of its 32-bit predecessors.
        package var architectures: [String]
        /// Rules by call; of several of one call the arguments decide.
        package var syscalls: [Rule]

        private static let notPermitted: UInt32 = 1
        private static let notImplemented: UInt32 = 38

        /// The calls that Docker allows with these capabilities.
        ///
        /// What a capability would give, and what Docker documents as refused, fails as for want of a privilege. Every other call is newer
        /// than the list, and is there for nobody: libraries do without it then, which they would not after another error.
        package static func usual(capabilities: [String]) -> Seccomp {
            let held = Set(capabilities)
            let given = Set(guarded.filter { held.contains($0.key) }.flatMap(\.value) + allowed + allowedOfMachine)
            let refused = Set(guarded.values.joined()).union(never).subtracting(given)
            var rules = [
                Rule(names: given.sorted(), action: "SCMP_ACT_ALLOW"), Rule(names: refused.sorted(), errnoRet: notPermitted),
            ]
            rules += conditions.map { Rule(names: [$0.name], action: "SCMP_ACT_ALLOW", args: [$0.argument]) }
            rules += held.contains("CAP_SYS_ADMIN") ? [Rule(names: ["clone", "clone3"], action: "SCMP_ACT_ALLOW")] : noNamespaces
            return Seccomp(
                defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: notImplemented, architectures: machines, syscalls: rules)
        }

        #if arch(x86_64)
            // Each takes a runtime some 8 ms of every start; x32, which Docker has as well, no distribution's kernel runs by itself.
            private static let machines = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
        #elseif arch(arm64)
            private static let machines = ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
        #else
            private static let machines: [String] = []
        #endif

        /// The flags of `clone` that make namespaces.
        private static let namespaceFlags: [UInt64] = [
            0x0002_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]

        /// A user namespace of its own would give a container capabilities over new namespaces of all kinds.
        ///
        /// The flags of `clone3` lie in memory, where no filter sees them: without it libraries take `clone`.
        private static let noNamespaces =
            [
                Rule(
                    names: ["clone"], action: "SCMP_ACT_ALLOW",
                    args: [Rule.Argument(index: 0, value: namespaceFlags.reduce(0, |), valueTwo: 0)]),
                Rule(names: ["clone3"], errnoRet: notImplemented),
            ]
            + namespaceFlags.map { flag in
                Rule(names: ["clone"], errnoRet: notPermitted, args: [Rule.Argument(index: 0, value: flag, valueTwo: flag)])
            }

        private static let never = [
            "add_key", "create_module", "get_kernel_syms", "get_mempolicy", "io_uring_enter", "io_uring_register",
            "io_uring_setup", "kexec_file_load", "kexec_load", "keyctl", "mbind", "move_pages", "nfsservctl", "pivot_root",
            "query_module", "request_key", "set_mempolicy", "swapoff", "swapon", "sysfs", "_sysctl", "uselib", "userfaultfd",
            "ustat", "vm86", "vm86old",
        ]
    }
}
