// https://docs.docker.com/reference/dockerfile/#healthcheck

import OCISpec

extension Healthcheck {
    /// Reads flags, and then `NONE` or `CMD` with a command.
    init(_ instruction: Instruction) throws(InstructionError) {
        self.init()
        for flag in instruction.flags { try set(flag) }
        let kind = instruction.arguments[0].uppercased()
        let command = instruction.arguments.dropFirst()
        if kind == "NONE", command.isEmpty, instruction.flags.isEmpty {
            test = ["NONE"]
        } else if kind == "CMD", !command.isEmpty {
            test = [instruction.isJSON ? "CMD" : "CMD-SHELL"] + command
        } else {
            throw .badHealthcheck(instruction.arguments.joined(separator: " "))
        }
    }

    private mutating func set(_ flag: String) throws(InstructionError) {
        let name = String(flag.dropFirst(2).prefix { $0 != "=" })
        let value = String(flag.dropFirst(name.count + 3))
        switch name {
        case "interval": interval = try Self.nanoseconds(name, value)
        case "timeout": timeout = try Self.nanoseconds(name, value)
        case "start-period": startPeriod = try Self.nanoseconds(name, value)
        case "start-interval": startInterval = try Self.nanoseconds(name, value)
        case "retries":
            guard let count = Int(value), count >= 0 else { throw .badFlag(flag: name, value: value) }
            retries = count
        default: throw .unknownFlag(instruction: "HEALTHCHECK", flag: flag)
        }
    }

    /// A duration in Go's words; anything below a millisecond but 0 is refused, as docker does.
    private static func nanoseconds(_ flag: String, _ value: String) throws(InstructionError) -> Int64 {
        guard let found = GoDuration.nanoseconds(value), found == 0 || found >= 1_000_000 else {
            throw .badFlag(flag: flag, value: value)
        }
        return found
    }
}

/// Durations such as `1h30m` or `1.5s`.
enum GoDuration {
    private static let units: [String: Double] = [
        "ns": 1, "us": 1e3, "µs": 1e3, "μs": 1e3, "ms": 1e6, "s": 1e9, "m": 60e9, "h": 3600e9,
    ]

    /// The duration in nanoseconds; nil for what is none, negative ones included.
    static func nanoseconds(_ text: String) -> Int64? {
        if text == "0" { return 0 }
        var rest = text[...]
        var sum = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !("0"..."9").contains($0) && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(number), let factor = units[String(unit)] else { return nil }
            sum += value * factor
        }
        return sum < 9e18 ? Int64(sum.rounded()) : nil
    }
}
