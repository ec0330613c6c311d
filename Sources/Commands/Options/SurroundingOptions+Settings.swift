import ContentStorage
import Operations
import StorageIO
import TextValues

/// The options' values, as the operation takes them.
extension SurroundingOptions {
    /// Adds to the settings what the options say.
    func apply(to settings: inout ContainerSettings) throws {
        settings.hosts = try ProcessValues.hosts(addHost, gateway: settings.network.gateway).nonEmpty
        settings.resolver = try resolver()
        settings.addedGroups = groupAdd.nonEmpty
        settings.devices = try device.map(ContainerSettings.Device.init(option:)).nonEmpty
        settings.limits = try ProcessValues.limits(ulimit).nonEmpty
        settings.ipc = try sharedMemory()
        settings.sharedMemoryBytes = try shmSize.flatMap { text in
            let bytes = try ProcessValues.sharedMemory(text)
            if let ipc = settings.ipc, ipc != .private {
                throw CommandError.badOption(
                    "--shm-size", text, expected: "a /dev/shm of the container's own, not --ipc \(ipc.rawValue)")
            }
            return bytes
        }
        for option in securityOpt { try apply(security: option, to: &settings) }
        if let pid, pid != "private", !pid.isEmpty {
            throw CommandError.badOption("--pid", pid, expected: "private: a container ends with all processes of its own")
        }
        settings.hasInit = hasInit ? true : nil
        settings.log = try log()
        settings.stopSeconds = stopTimeout
    }

    private func resolver() throws -> ContainerSettings.Resolver? {
        var resolver = ContainerSettings.Resolver()
        if let odd = dns.first(where: { !HostEntry.isAddress($0) }) {
            throw CommandError.badOption("--dns", odd, expected: "an IPv4 or IPv6 address")
        }
        for (option, words) in [("--dns-search", dnsSearch), ("--dns-option", dnsOption)] {
            if let odd = words.first(where: { !HostEntry.isName($0) }) {
                throw CommandError.badOption(option, odd, expected: "one word at a time")
            }
        }
        resolver.servers = dns.nonEmpty
        resolver.domains = dnsSearch == ["."] ? [] : dnsSearch.nonEmpty
        resolver.options = dnsOption.nonEmpty
        return dns.isEmpty && dnsSearch.isEmpty && dnsOption.isEmpty ? nil : resolver
    }

    private func sharedMemory() throws -> ContainerSettings.SharedMemory? {
        guard let ipc, !ipc.isEmpty else { return nil }
        guard let mode = ContainerSettings.SharedMemory(rawValue: ipc) else {
            throw CommandError.badOption("--ipc", ipc, expected: "private, host or none")
        }
        return mode
    }

    /// `NAME`, `NAME=VALUE` or, as docker also takes it, `NAME:VALUE`.
    private func apply(security text: String, to settings: inout ContainerSettings) throws {
        let parts = text.split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "=" || $0 == ":" }.map(String.init)
        switch (parts.first, parts.dropFirst().first) {
        case ("no-new-privileges"?, nil): settings.hasNoNewPrivileges = true
        case ("no-new-privileges"?, let word?) where YesOrNo.value(word) != nil:
            settings.hasNoNewPrivileges = YesOrNo.value(word)
        case ("seccomp"?, "unconfined"?): settings.allowsEveryCall = true
        case ("seccomp"?, "builtin"?): settings.allowsEveryCall = nil
        case ("systempaths"?, "unconfined"?): settings.showsKernelFiles = true
        // Neither is ever laid upon a container.
        case ("apparmor"?, "unconfined"?), ("label"?, "disable"?): break
        default:
            throw CommandError.badOption(
                "--security-opt", text,
                expected: "no-new-privileges, seccomp=unconfined, systempaths=unconfined, apparmor=unconfined or label=disable")
        }
    }

    private func log() throws -> ContainerSettings.Log? {
        let driver = logDriver ?? "json-file"
        guard ["json-file", "none", ""].contains(driver) else {
            throw CommandError.badOption("--log-driver", driver, expected: "json-file or none")
        }
        var (bytes, files) = (Int64?.none, Int?.none)
        for text in logOpt {
            let field = NameValue(text)
            let value = field.value ?? ""
            switch field.name {
            case "max-size" where driver != "none":
                bytes = ByteCountText.bytes(value, .docker)
                if bytes ?? 0 <= 0 {
                    throw CommandError.badOption("--log-opt", text, expected: "a max-size in bytes such as 10m")
                }
            case "max-file" where driver != "none":
                files = Int(value).flatMap { (1...1000).contains($0) ? $0 : nil }
                if files == nil { throw CommandError.badOption("--log-opt", text, expected: "a max-file from 1 to 1000") }
            // Nothing is ever dropped because the log is slow.
            case "mode" where driver != "none" && value == "blocking": break
            default:
                let taken = driver == "none" ? "nothing with --log-driver none" : "max-size, max-file or mode=blocking"
                throw CommandError.badOption("--log-opt", text, expected: taken)
            }
        }
        if driver == "none" { return .nothing }
        guard let bytes else {
            if files != nil { throw CommandError.badOption("--log-opt", "max-file", expected: "max-file with a max-size") }
            return nil
        }
        return .limited(bytes: bytes, files: files ?? 1)
    }
}

extension ContainerSettings.Device {
    /// `SOURCE[:TARGET[:rwm]]`, and `SOURCE:rwm`.
    init(option text: String) throws {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        var access = "rwm"
        if parts.count > 1, let last = parts.last, Self.isAccess(last) {
            access = last
            parts.removeLast()
        }
        let paths = parts.allSatisfy { $0.utf8.first == UInt8(ascii: "/") }
        guard (1...2).contains(parts.count), paths, let source = parts.first, let target = parts.last else {
            throw CommandError.badOption("--device", text, expected: "SOURCE[:TARGET[:rwm]] with absolute paths")
        }
        self.init(source, at: PathWalk.shortened(target), access: access)
    }

    private static func isAccess(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { "rwm".contains($0) } && Set(text).count == text.count
    }
}

extension ContainerSettings.Network {
    /// The address of this machine as its containers reach it: the word for it where a run alone knows, nil where there is none.
    fileprivate var gateway: String? {
        switch self {
        case .host: "127.0.0.1"
        case .none: nil
        case .joined: HostEntry.gateway
        }
    }
}

extension Array {
    /// nil for one without elements.
    var nonEmpty: [Element]? { isEmpty ? nil : self }
}
