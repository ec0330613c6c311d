// https://docs.docker.com/reference/dockerfile/
// https://docs.docker.com/reference/cli/docker/image/import/#change

package import OCISpec

/// A command as an instruction gives it.
package enum CommandForm: Hashable, Sendable {
    /// Words, as they are.
    case exec([String])
    /// A line for the shell.
    case shell(String)
}

/// A name and a value, quotes and variables still in them.
package struct Assignment: Hashable, Sendable {
    /// Left of the first `=`, or the first word of the old form.
    package var name: String
    /// Right of it; empty where there is nothing.
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
    /// `CMD`: the command, or the arguments of the entry point.
    case cmd(CommandForm)
    /// `ENTRYPOINT`: what is run.
    case entrypoint(CommandForm)
    /// `ENV`: variables, in order.
    case env([Assignment])
    /// `EXPOSE`: ports, as `80/tcp` or a range.
    case expose([String])
    /// `HEALTHCHECK`: the check, or that there is none.
    case healthcheck(Healthcheck)
    /// `LABEL`: labels, in order.
    case label([Assignment])
    /// `ONBUILD`: the instruction for builds upon the image.
    case onBuild(String)
    /// `SHELL`: what commands of the shell form are given to.
    case shell([String])
    /// `STOPSIGNAL`: a name or a number.
    case stopSignal(String)
    /// `USER`: a user, and a group behind a colon.
    case user(String)
    /// `VOLUME`: paths in the image.
    case volume([String])
    /// `WORKDIR`: a path, which may be relative to the one before.
    case workingDir(String)

    /// Reads instructions as a Dockerfile has them.
    package static func parse(_ text: String) throws(InstructionError) -> [ConfigChange] {
        let file: Dockerfile
        do { file = try DockerfileParser.parse(text) } catch {
            switch error.problem {
            case .instruction(let problem): throw problem
            case .empty, .repeatedDirective, .badEscape, .badCheck, .tooLarge, .beforeFrom, .emptyBase, .badStageName:
                throw .empty
            case .unfinishedHeredoc(let name): throw .unsupported(instruction: "<<\(name)")
            case .unknownInstruction(let name, _): throw .unsupported(instruction: name)
            }
        }
        var changes: [ConfigChange] = []
        for instruction in file.instructions { changes.append(try ConfigChange(instruction)) }
        return changes
    }

    /// The change that an instruction makes; one that changes more than the config is an error.
    package init(_ instruction: Instruction) throws(InstructionError) {
        let name = instruction.name
        guard let read = Self.readers[name] else {
            throw .unsupported(instruction: String(DockerfileParser.trimmed(instruction.text[...]).prefix { !$0.isWhitespace }))
        }
        try instruction.checkWords()
        let isEmptyList = instruction.isJSON && instruction.arguments.isEmpty
        guard !instruction.arguments.isEmpty || !instruction.trigger.isEmpty || isEmptyList else {
            throw .missingArgument(instruction: name)
        }
        self = try read(instruction)
    }

    private typealias Reader = @Sendable (Instruction) throws(InstructionError) -> ConfigChange

    private static let readers: [String: Reader] = [
        "CMD": { instruction throws(InstructionError) in .cmd(instruction.command) },
        "ENTRYPOINT": { instruction throws(InstructionError) in .entrypoint(instruction.command) },
        "ENV": { instruction throws(InstructionError) in .env(instruction.assignments) },
        "EXPOSE": { instruction throws(InstructionError) in .expose(instruction.arguments) },
        "HEALTHCHECK": { instruction throws(InstructionError) in .healthcheck(try Healthcheck(instruction)) },
        "LABEL": { instruction throws(InstructionError) in .label(instruction.assignments) },
        "ONBUILD": { instruction throws(InstructionError) in .onBuild(try instruction.kept) },
        "SHELL": { instruction throws(InstructionError) in
            guard instruction.isJSON, !instruction.arguments.isEmpty else { throw .noShell }
            return .shell(instruction.arguments)
        },
        "STOPSIGNAL": { instruction throws(InstructionError) in .stopSignal(instruction.arguments[0]) },
        "USER": { instruction throws(InstructionError) in .user(instruction.arguments[0]) },
        "VOLUME": { instruction throws(InstructionError) in .volume(instruction.arguments) },
        "WORKDIR": { instruction throws(InstructionError) in .workingDir(instruction.arguments[0]) },
    ]
}

extension Instruction {
    /// The arguments as a command.
    package var command: CommandForm { isJSON ? .exec(arguments) : .shell(arguments.first ?? "") }

    /// The arguments of `ENV` and `LABEL`.
    package var assignments: [Assignment] {
        stride(from: 0, to: arguments.count - 2, by: 3).map { Assignment(name: arguments[$0], value: arguments[$0 + 1]) }
    }

    /// What `ONBUILD` keeps for later builds, as text: with its heredocs, as BuildKit keeps it; nil where nothing is kept.
    var keptTrigger: String? {
        trigger.first.map { $0.text + heredocs.map { "\n\($0.content)\($0.name)" }.joined() }
    }

    /// The same; what cannot be a trigger is an error.
    fileprivate var kept: String {
        get throws(InstructionError) {
            guard let trigger = trigger.first, let keptTrigger else { throw .missingArgument(instruction: "ONBUILD") }
            if ["ONBUILD", "FROM", "MAINTAINER"].contains(trigger.name) { throw .badTrigger(instruction: trigger.name) }
            return keptTrigger
        }
    }
}
