import OCISpec
import Testing

/// Which calls of the system containers may make, by what Docker's profile says.
struct SeccompTests {
    private static let capabilities = [
        "CAP_BPF", "CAP_DAC_READ_SEARCH", "CAP_PERFMON", "CAP_SYSLOG", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_CHROOT",
        "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_TIME",
        "CAP_SYS_TTY_CONFIG",
    ]

    /// The calls that meet this whatever their arguments.
    private func calls(_ filter: RuntimeSpec.Seccomp, _ action: String, error: UInt32? = nil) -> Set<String> {
        Set(filter.syscalls.filter { $0.action == action && $0.errnoRet == error && $0.args == nil }.flatMap(\.names))
    }

    private func allowed(_ capabilities: [String]) -> Set<String> {
        calls(.usual(capabilities: capabilities), "SCMP_ACT_ALLOW")
    }

    @Test func withoutCapabilitiesWhatTheyGiveIsNotPermitted() {
        let filter = RuntimeSpec.Seccomp.usual(capabilities: [])
        let refused = calls(filter, "SCMP_ACT_ERRNO", error: 1)
        #expect(refused.isSuperset(of: ["mount", "unshare", "setns", "reboot", "bpf", "keyctl", "chroot", "io_uring_setup"]))
        #expect(allowed([]).isSuperset(of: ["read", "write", "execve", "futex", "faccessat2", "statx", "ptrace"]))
        #expect(filter.defaultAction == "SCMP_ACT_ERRNO" && filter.defaultErrnoRet == 38)
        // A library that finds no clone3 takes clone, whose flags can be seen.
        #expect(calls(filter, "SCMP_ACT_ERRNO", error: 38) == ["clone3"])
        #expect(filter.syscalls.contains { $0.names == ["clone"] && $0.action == "SCMP_ACT_ALLOW" && $0.args?.count == 1 })
    }

    @Test(arguments: [
        ("CAP_SYS_ADMIN", ["mount", "umount2", "unshare", "clone", "clone3", "bpf", "syslog"]), ("CAP_SYS_NICE", ["mbind"]),
        ("CAP_SYS_CHROOT", ["chroot"]), ("CAP_SYSLOG", ["syslog"]), ("CAP_SYS_PTRACE", ["kcmp", "pidfd_getfd"]),
        ("CAP_DAC_READ_SEARCH", ["open_by_handle_at"]), ("CAP_PERFMON", ["perf_event_open"]),
    ])
    func aCapabilityGivesItsCalls(_ capability: String, _ names: [String]) {
        #expect(allowed([]).isDisjoint(with: names))
        #expect(allowed([capability]).isSuperset(of: names))
    }

    @Test func noCallIsBothAllowedAndRefused() {
        for held in [[]] + Self.capabilities.map({ [$0] }) + [Self.capabilities] {
            let filter = RuntimeSpec.Seccomp.usual(capabilities: held)
            let (given, refused) = (calls(filter, "SCMP_ACT_ALLOW"), calls(filter, "SCMP_ACT_ERRNO", error: 1))
            #expect(given.isDisjoint(with: refused), "\(held)")
            #expect(given.isSuperset(of: allowed([])), "\(held)")
            // A rule without arguments would hide those that have some.
            let conditional = Set(filter.syscalls.filter { $0.args != nil }.flatMap(\.names))
            #expect(conditional.isDisjoint(with: given.union(refused)), "\(held)")
        }
    }
}
