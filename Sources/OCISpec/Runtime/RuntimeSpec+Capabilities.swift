// https://man7.org/linux/man-pages/man7/capabilities.7.html
// https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities

extension RuntimeSpec {
    /// What docker gives a container that asks for nothing special.
    package static let usualCapabilities = [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
    ]

    /// All that Linux has.
    package static let allCapabilities =
        usualCapabilities + [
            "CAP_AUDIT_CONTROL", "CAP_AUDIT_READ", "CAP_BLOCK_SUSPEND", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
            "CAP_DAC_READ_SEARCH", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_LEASE", "CAP_LINUX_IMMUTABLE", "CAP_MAC_ADMIN",
            "CAP_MAC_OVERRIDE", "CAP_NET_ADMIN", "CAP_NET_BROADCAST", "CAP_PERFMON", "CAP_SYS_ADMIN", "CAP_SYS_BOOT",
            "CAP_SYS_MODULE", "CAP_SYS_NICE", "CAP_SYS_PACCT", "CAP_SYS_PTRACE", "CAP_SYS_RAWIO", "CAP_SYS_RESOURCE",
            "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_SYSLOG", "CAP_WAKE_ALARM",
        ]

    /// The usual ones with some more and without others, each as `NET_ADMIN`, `CAP_NET_ADMIN` or `ALL`; nil for a name that is none.
    package static func capabilities(adding added: [String], dropping dropped: [String]) -> [String]? {
        func names(_ texts: [String]) -> [String]? {
            var found: [String] = []
            for text in texts {
                let upper = text.uppercased()
                if upper == "ALL" {
                    found += allCapabilities
                    continue
                }
                let name = upper.hasPrefix("CAP_") ? upper : "CAP_\(upper)"
                guard allCapabilities.contains(name) else { return nil }
                found.append(name)
            }
            return found
        }
        guard let more = names(added), let less = names(dropped) else { return nil }
        // As with docker, `--cap-drop ALL --cap-add X` leaves X.
        let isEmptied = dropped.contains { $0.uppercased() == "ALL" }
        let kept = isEmptied ? [] : usualCapabilities.filter { !less.contains($0) }
        var all: [String] = []
        for name in kept + more.filter({ isEmptied || !less.contains($0) }) where !all.contains(name) { all.append(name) }
        return all
    }
}
