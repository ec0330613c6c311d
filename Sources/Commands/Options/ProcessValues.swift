import OCISpec
import TextValues

/// What docker's options say of the processes of `run`, `create` and `RUN`, read alike for all of them.
enum ProcessValues {
    /// The limits that values of `--ulimit` name; of two with one name the last holds.
    static func limits(_ texts: [String], option: String = "--ulimit") throws -> [RuntimeSpec.ResourceLimit] {
        var limits: [RuntimeSpec.ResourceLimit] = []
        for text in texts {
            let limit: ResourceLimitText
            do { limit = try ResourceLimitText(text) } catch {
                let expected =
                    switch error {
                    case .malformed: "NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:2048"
                    case .unknownName: "one of the limits \(ResourceLimitText.names.sorted().joined(separator: ", "))"
                    case .softAboveHard: "a soft limit that is not above the hard one"
                    }
                throw CommandError.badOption(option, text, expected: expected)
            }
            let type = "RLIMIT_\(limit.name.uppercased())"
            limits.removeAll { $0.type == type }
            limits.append(RuntimeSpec.ResourceLimit(type, soft: limit.soft, hard: limit.hard))
        }
        return limits
    }

    /// The bytes that a value of `--shm-size` names; nil for 0, which as with docker is the usual size.
    static func sharedMemory(_ text: String, option: String = "--shm-size") throws -> Int64? {
        guard let bytes = ByteCountText.bytes(text, .docker) else {
            throw CommandError.badOption(option, text, expected: "a number of bytes such as 64m or 1.5g")
        }
        return bytes > 0 ? bytes : nil
    }

    /// The hosts that values of `--add-host` name; `gateway` is what `host-gateway` means, nil where it means nothing.
    static func hosts(_ texts: [String], gateway: String?, option: String = "--add-host") throws -> [HostEntry] {
        try texts.map { text in
            guard let entry = HostEntry(text, gateway: gateway) else {
                throw CommandError.badOption(option, text, expected: "NAME:ADDRESS with an IPv4 or IPv6 address")
            }
            return entry
        }
    }
}
