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
    package var platform: String?
    /// The line of its `FROM`.
    package var line: Int
    /// What follows its `FROM`.
    package var instructions: [Instruction]
}

/// The stages of a Dockerfile, and the arguments that stand before the first of them.
package struct BuildStages: Hashable, Sendable {
    /// In the order of the file; a stage names earlier ones only.
    package private(set) var stages: [BuildStage] = []
    /// `ARG`s before the first `FROM`, with their values: what a stage gets when it declares one without a default.
    package private(set) var globals: [ExactText: String] = [:]

    /// The stages of `file`.
    ///
    /// `arguments` are the command line's (`--build-arg`); `platforms` the predefined ones, such as `TARGETARCH`.
    package init(
        _ file: Dockerfile, arguments: [ExactText: String] = [:], platforms: [ExactText: String] = [:]
    ) throws(DockerfileError) {
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
        guard !stages.isEmpty else { throw DockerfileError(line: 1, problem: .empty) }
    }

    private static func check(_ instruction: Instruction) throws(DockerfileError) {
        guard !Instruction.names.contains(instruction.name) else { return }
        let suggestion = Suggestion.nearest(to: instruction.name, among: Instruction.names)
        throw DockerfileError(
            line: instruction.lines.lowerBound, problem: .unknownInstruction(instruction.name, suggestion: suggestion))
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
        var platform: String?
        for flag in instruction.flags {
            guard flag.hasPrefix("--platform=") else {
                throw DockerfileError(line: line, problem: .instruction(.unknownFlag(instruction: "FROM", flag: flag)))
            }
            platform = try expand(String(flag.dropFirst("--platform=".count)))
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

    private func base(_ image: String) -> BuildStage.Base {
        if image == "scratch" { return .scratch }
        // The last one of a name is meant.
        if let stage = stages.last(where: { $0.name == image.lowercased() }) { return .stage(stage.index) }
        return .image(image)
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
        var found = Set(stage.instructions.flatMap { sources(of: $0, before: stage.index) })
        if case .stage(let base) = stage.base { found.insert(base) }
        return found
    }

    /// The names of other things than stages that an instruction copies from, or mounts: images, or contexts of the command line.
    package func imageNames(of instruction: Instruction, before stage: Int) -> [String] {
        Self.sourceNames(of: instruction).filter { name in
            Int(name) == nil && !stages.contains { $0.name == name.lowercased() }
        }
    }

    /// The stages that an instruction copies from, or mounts.
    private func sources(of instruction: Instruction, before stage: Int) -> [Int] {
        Self.sourceNames(of: instruction).compactMap { self.stage($0, before: stage) }
    }

    private func stage(_ name: String, before stage: Int) -> Int? {
        let earlier = stages[..<stage]
        return earlier.last { $0.name == name.lowercased() }?.index
            ?? Int(name).flatMap { earlier.indices.contains($0) ? $0 : nil }
    }

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
