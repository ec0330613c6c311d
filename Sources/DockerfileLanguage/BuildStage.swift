// https://docs.docker.com/reference/dockerfile/#from

package import OCISpec
import SettingsFile
import TextValues

/// One stage of a Dockerfile, its `FROM` expanded.
package struct BuildStage: Hashable, Sendable {
    /// What a stage begins with.
    package enum Base: Hashable, Sendable {
        case scratch
        /// An image, by the name that was written.
        case image(String)
        /// A context of the command line, by the name that it has there.
        case context(ExactText)
        /// An earlier stage, counted from 0.
        case stage(Int)
    }

    /// Counted from 0.
    package var index: Int
    /// What `AS` calls it, in small letters; nil where it has no name.
    package var name: String?
    /// What the stage begins with.
    package var base: Base
    /// What `--platform` says.
    package var platform: Platform?
    /// The line of its `FROM`.
    package var line: Int
    /// What its base leaves to be done first (`ONBUILD`); their lines are none of this file's.
    package internal(set) var triggers: [Instruction] = []
    /// What follows its `FROM`.
    package var instructions: [Instruction]
    /// Its name, or one made from its number, as BuildKit has it.
    package var label: String { name ?? "stage-\(index)" }

    /// The context of the command line that takes its place: then that is its base, and nothing follows.
    package internal(set) var replacement: ExactText?
}

/// The stages of a Dockerfile, and the arguments that stand before the first of them.
package struct BuildStages: Hashable, Sendable {
    /// In the order of the file; a stage names earlier ones only.
    package private(set) var stages: [BuildStage] = []
    /// `ARG`s before the first `FROM`, with their values: what a stage gets when it declares one without a default.
    package private(set) var globals: [ExactText: String] = [:]
    private let contexts: Set<ExactText>

    /// The stages of `file`.
    ///
    /// `arguments` are the command line's (`--build-arg`); `platforms` the predefined ones, such as `TARGETARCH`; `contexts` the names
    /// of contexts that stand for stages and base images.
    package init(
        _ file: Dockerfile, arguments: [ExactText: String] = [:], platforms: [ExactText: String] = [:],
        contexts: Set<ExactText> = []
    ) throws(DockerfileError) {
        self.contexts = contexts
        for instruction in file.instructions {
            try Self.check(instruction)
            switch instruction.name {
            case "FROM": stages.append(try stage(instruction, platforms))
            case "ARG" where stages.isEmpty: try declare(instruction, arguments, platforms)
            default:
                guard !stages.isEmpty else {
                    throw DockerfileError(line: instruction.lines.lowerBound, problem: .beforeFrom(instruction.name))
                }
                stages[stages.count - 1].instructions.append(instruction)
            }
        }
        // What a context stands for is not built.
        for place in stages.indices {
            if case .context(let name)? = stages[place].name.flatMap({ context($0) }) {
                (stages[place].base, stages[place].instructions) = (.context(name), [])
                stages[place].replacement = name
            }
        }
        guard !stages.isEmpty else { throw DockerfileError(line: 1, problem: .empty) }
    }

    private static func check(_ instruction: Instruction) throws(DockerfileError) {
        let line = instruction.lines.lowerBound
        guard Instruction.names.contains(instruction.name) else {
            let suggestion = Suggestion.nearest(to: instruction.name, among: Instruction.names)
            throw DockerfileError(line: line, problem: .unknownInstruction(instruction.name, suggestion: suggestion))
        }
        do { try instruction.checkWords() } catch {
            throw DockerfileError(line: line, problem: .instruction(error))
        }
    }

    private func stage(_ instruction: Instruction, _ platforms: [ExactText: String]) throws(DockerfileError) -> BuildStage {
        let line = instruction.lines.lowerBound
        func expand(_ text: String) throws(DockerfileError) -> String {
            do {
                return try WordExpansion().word(text) { globals[ExactText($0)] ?? platforms[ExactText($0)] }
            } catch {
                throw DockerfileError(line: line, problem: .instruction(InstructionError(error, in: text)))
            }
        }
        let words = instruction.arguments
        guard words.count == 1 || (words.count == 3 && words[1].uppercased() == "AS") else {
            throw DockerfileError(line: line, problem: .instruction(.badFrom))
        }
        var platform: Platform?
        for flag in instruction.flags {
            // `checkWords` has let no other flag through.
            let text = try expand(NameValue(flag).value ?? "")
            guard let parsed = Platform(parsing: text) else {
                throw DockerfileError(line: line, problem: .instruction(.badPlatform(text.isEmpty ? flag : text)))
            }
            platform = parsed
        }
        let image = try expand(words[0])
        guard !image.isEmpty else { throw DockerfileError(line: line, problem: .emptyBase(words[0])) }
        return BuildStage(
            index: stages.count, name: try words.count == 3 ? Self.name(words[2], line) : nil, base: base(image),
            platform: platform, line: line, instructions: [])
    }

    /// A stage's name: letters, digits and `-_.`, a letter first.
    private static func name(_ text: String, _ line: Int) throws(DockerfileError) -> String {
        let name = text.lowercased()
        let first = name.utf8.first ?? 0
        let isFine = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || "-_.".utf8.contains(byte)
        }
        guard isFine, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else {
            throw DockerfileError(line: line, problem: .badStageName(text))
        }
        return name
    }

    /// What an empty image is called; no other image can be.
    package static let scratch = "scratch"

    private func base(_ image: String) -> BuildStage.Base {
        if image == Self.scratch { return .scratch }
        // The last one of a name is meant.
        if let stage = stages.last(where: { $0.name == image.lowercased() }) { return .stage(stage.index) }
        return context(image) ?? .image(image)
    }

    private func context(_ name: String) -> BuildStage.Base? {
        let name = ContextName.normalized(name)
        return contexts.contains(name) ? .context(name) : nil
    }

    private mutating func declare(
        _ instruction: Instruction, _ arguments: [ExactText: String], _ platforms: [ExactText: String]
    ) throws(DockerfileError) {
        let line = instruction.lines.lowerBound
        do {
            for declared in try BuildArgument.read(instruction) {
                let known = globals
                let standard = try declared.value { known[ExactText($0)] ?? platforms[ExactText($0)] }
                let name = ExactText(declared.name)
                globals[name] = arguments[name] ?? standard ?? platforms[name]
            }
        } catch {
            throw DockerfileError(line: line, problem: .instruction(error))
        }
    }

    // MARK: Triggers

    /// Gives a stage the instructions that its base leaves to be done first; they may name stages as if they stood in this file.
    package mutating func setTriggers(_ instructions: [Instruction], of stage: BuildStage) {
        stages[stage.index].triggers = instructions
    }

    /// The triggers that a stage of this file leaves to one that is based on it, as the config of an image would have them.
    package func triggers(for stage: BuildStage) -> [String] {
        guard case .stage(let base) = stage.base else { return [] }
        return stages[base].instructions.compactMap(\.keptTrigger)
    }

    /// What a trigger holds, as an image's config has it.
    package static func instructions(ofTrigger text: String) throws(DockerfileError) -> [Instruction] {
        let instructions = try DockerfileParser.parse(text).instructions
        for instruction in instructions { try check(instruction) }
        return instructions
    }

    // MARK: Which are needed

    /// The stage that `target` names, by name or number; the last one for nil; nil where there is none.
    package func find(_ target: String?) -> BuildStage? {
        guard let target else { return stages.last }
        if let named = stages.last(where: { $0.name == target.lowercased() }) { return named }
        return Int(target).flatMap { stages.indices.contains($0) ? stages[$0] : nil }
    }

    /// The stages that `target` is made from, itself the last: those that it begins with or copies from, in order.
    package func needed(for target: BuildStage) -> [BuildStage] {
        var found: Set<Int> = []
        var pending = [target.index]
        while let number = pending.popLast() {
            guard found.insert(number).inserted else { continue }
            pending += dependencies(of: stages[number])
        }
        return found.sorted().map { stages[$0] }
    }

    /// The stages that a stage itself begins with or takes files from, by their numbers: all earlier ones.
    package func dependencies(of stage: BuildStage) -> Set<Int> {
        var found = Set((stage.triggers + stage.instructions).flatMap { sources(of: $0, before: stage.index) })
        if case .stage(let base) = stage.base { found.insert(base) }
        return found
    }

    /// The names of other things than stages that an instruction copies from, or mounts: images, or contexts of the command line.
    package func imageNames(of instruction: Instruction, before stage: Int) -> [String] {
        Self.sourceNames(of: instruction).filter { name in
            Int(name) == nil && !has(name) && name != Self.scratch
        }
    }

    /// The stages that an instruction copies from, or mounts; a context in the place of a stage is none that is built.
    private func sources(of instruction: Instruction, before stage: Int) -> [Int] {
        Self.sourceNames(of: instruction).compactMap { self.stage($0, before: stage) }.filter { $0.replacement == nil }.map(
            \.index)
    }

    /// The stage that `--from` names in a stage, by name or number; nil where no earlier one has that name.
    package func stage(_ name: String, before stage: Int) -> BuildStage? {
        let earlier = stages[..<stage]
        return earlier.last { $0.name == name.lowercased() }
            ?? Int(name).flatMap { earlier.indices.contains($0) ? earlier[$0] : nil }
    }

    /// Whether a stage has that name, wherever it stands.
    package func has(_ name: String) -> Bool { stages.contains { $0.name == name.lowercased() } }

    /// What an instruction copies from, or mounts, as it is written.
    private static func sourceNames(of instruction: Instruction) -> [String] {
        instruction.flags.flatMap { flag -> [String] in
            let pair = NameValue(flag)
            guard let value = pair.value else { return [] }
            switch pair.name {
            case "--from": return [value]
            case "--mount":
                return (NameValue.fields(value) ?? []).filter { $0.name.lowercased() == "from" }.compactMap(\.value)
            default: return []
            }
        }
    }
}

/// One name that an `ARG` declares.
package struct BuildArgument: Hashable, Sendable {
    /// As it is written after `ARG`, before any `=`.
    package var name: String
    /// As written; nil for a name alone.
    package var text: String?

    /// What an `ARG` declares, in order.
    package static func read(_ instruction: Instruction) throws(InstructionError) -> [BuildArgument] {
        guard !instruction.arguments.isEmpty else { throw .missingArgument(instruction: "ARG") }
        var found: [BuildArgument] = []
        for word in instruction.arguments {
            let argument = NameValue(word)
            guard !argument.name.isEmpty else { throw .notAnAssignment(instruction: "ARG", word: word) }
            found.append(BuildArgument(name: argument.name, text: argument.value))
        }
        return found
    }

    /// Its default, expanded; nil where there is none.
    package func value(_ variable: (String) -> String?) throws(InstructionError) -> String? {
        guard let text else { return nil }
        do { return try WordExpansion().word(text, variable) } catch {
            throw InstructionError(error, in: text)
        }
    }
}
