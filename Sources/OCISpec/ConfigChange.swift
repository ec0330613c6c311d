// https://docs.docker.com/reference/dockerfile/
// https://docs.docker.com/reference/cli/docker/image/import/#change

/// A command as an instruction gives it.
package enum CommandForm: Hashable, Sendable {
    /// Words, as they are.
    case exec([String])
    /// A line for the shell.
    case shell(String)
}

/// A name and a value, quotes and variables still in them.
package struct Assignment: Hashable, Sendable {
    package var name: String
    package var value: String

    /// An assignment from its parts.
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// One instruction of a Dockerfile that changes nothing but the config.
///
/// Words are as they were written: quotes and variables are taken out when the change is applied, since a variable may come from
/// the config itself.
package enum ConfigChange: Hashable, Sendable {
    case cmd(CommandForm)
    case entrypoint(CommandForm)
    case env([Assignment])
    case expose([String])
    case healthcheck(Healthcheck)
    case label([Assignment])
    case onBuild(String)
    case stopSignal(String)
    case user(String)
    case volume([String])
    case workingDir(String)

    /// Reads instructions, one a line; a backslash at a line's end goes on with the next, and `#` begins a comment line.
    package static func parse(_ text: String) throws(ConfigChangeError) -> [ConfigChange] {
        var changes: [ConfigChange] = []
        for line in logicalLines(text) { changes.append(try ConfigChange(line: line)) }
        guard !changes.isEmpty else { throw .empty }
        return changes
    }

    /// Reads one instruction of one line.
    package init(line: String) throws(ConfigChangeError) {
        let (keyword, rest) = InstructionText.firstWord(line)
        guard !keyword.isEmpty else { throw .empty }
        let name = keyword.uppercased()
        let read = Self.readers[name]
        guard let read else { throw .unsupported(instruction: keyword) }
        guard !rest.isEmpty else { throw .missingArgument(instruction: name) }
        self = try read(rest)
    }

    private typealias Reader = @Sendable (String) throws(ConfigChangeError) -> ConfigChange

    private static let readers: [String: Reader] = [
        "CMD": { text throws(ConfigChangeError) in .cmd(InstructionText.command(text)) },
        "ENTRYPOINT": { text throws(ConfigChangeError) in .entrypoint(InstructionText.command(text)) },
        "ENV": { text throws(ConfigChangeError) in .env(try InstructionText.assignments(text, of: "ENV")) },
        "EXPOSE": { text throws(ConfigChangeError) in .expose(InstructionText.plainWords(text)) },
        "HEALTHCHECK": { text throws(ConfigChangeError) in .healthcheck(try Healthcheck(instruction: text)) },
        "LABEL": { text throws(ConfigChangeError) in .label(try InstructionText.assignments(text, of: "LABEL")) },
        "ONBUILD": { text throws(ConfigChangeError) in .onBuild(try InstructionText.trigger(text)) },
        "STOPSIGNAL": { text throws(ConfigChangeError) in .stopSignal(text) },
        "USER": { text throws(ConfigChangeError) in .user(text) },
        "VOLUME": { text throws(ConfigChangeError) in .volume(InstructionText.list(text)) },
        "WORKDIR": { text throws(ConfigChangeError) in .workingDir(text) },
    ]

    private static func logicalLines(_ text: String) -> [String] {
        var lines: [String] = []
        var pending = ""
        for line in text.split(whereSeparator: \.isNewline) {
            let trimmed = InstructionText.trimmed(line)
            if trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            guard trimmed.hasSuffix("\\") else {
                lines.append(pending + trimmed)
                pending = ""
                continue
            }
            pending += trimmed.dropLast()
        }
        let last = InstructionText.trimmed(pending)
        return last.isEmpty ? lines : lines + [last]
    }
}
