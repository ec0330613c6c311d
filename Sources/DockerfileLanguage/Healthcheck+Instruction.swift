// https://docs.docker.com/reference/dockerfile/#healthcheck

import OCISpec
import TextValues

extension Healthcheck {
    /// Reads flags, and then `NONE` or `CMD` with a command.
    init(_ instruction: Instruction) throws(InstructionError) {
        self.init()
        for flag in try InstructionFlag.read(instruction) { try set(flag) }
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

    private mutating func set(_ flag: InstructionFlag) throws(InstructionError) {
        let (name, value) = (flag.name, flag.value ?? "")
        switch name {
        case "interval": interval = try Self.nanoseconds(name, value)
        case "timeout": timeout = try Self.nanoseconds(name, value)
        case "start-period": startPeriod = try Self.nanoseconds(name, value)
        case "start-interval": startInterval = try Self.nanoseconds(name, value)
        default:
            guard let count = Int(value), count >= 0 else { throw .badFlag(flag: name, value: value) }
            retries = count
        }
    }

    /// A duration in Go's words; anything below a millisecond but 0 is refused, as docker does.
    private static func nanoseconds(_ flag: String, _ value: String) throws(InstructionError) -> Int64 {
        guard let found = DurationText.nanoseconds(value, hasDays: false), found == 0 || found >= 1_000_000 else {
            throw .badFlag(flag: flag, value: value)
        }
        return found
    }
}
