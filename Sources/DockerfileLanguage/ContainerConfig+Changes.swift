// https://docs.docker.com/reference/dockerfile/

package import OCISpec
import TextValues

/// What a config's changes are expanded with besides the config's own environment, and what they leave to each other.
package struct ChangeScope: Sendable {
    /// Values of a build's arguments; a variable of the environment goes before one.
    package var arguments: [ExactText: String] = [:]
    /// The escape character of the file.
    package var escape: Unicode.Scalar = "\\"
    /// Whether one of the changes has set the command.
    package var hasCommand = false

    /// A scope without arguments, before the first change.
    package init() {}
}

extension ContainerConfig {
    /// The shell of a command in shell form where the config names none.
    package static let defaultShell = ["/bin/sh", "-c"]

    /// Applies changes in their order; after an error some first ones have been applied.
    ///
    /// Variables come from the config's own environment as the changes before left it. An entry point takes away the command
    /// that was there before, unless one of the changes sets it.
    package mutating func apply(_ changes: [ConfigChange]) throws(InstructionError) {
        var scope = ChangeScope()
        for change in changes { try apply(change, &scope) }
    }

    /// Applies one change of several, with what those before it left in `scope`.
    package mutating func apply(_ change: ConfigChange, _ scope: inout ChangeScope) throws(InstructionError) {
        let words = self.words(scope)
        switch change {
        case .cmd(let form):
            cmd = command(form)
            scope.hasCommand = true
        case .entrypoint(let form):
            entrypoint = command(form)
            if !scope.hasCommand { cmd = nil }
        case .env(let pairs): try set(pairs, words)
        case .label(let pairs):
            for pair in pairs {
                labels = labels ?? [:]
                labels?[ExactText(try words.expand(pair.name))] = try words.expand(pair.value)
            }
        case .expose(let texts): try expose(texts, words)
        case .healthcheck(let check): healthcheck = check
        case .onBuild(let trigger): onBuild = (onBuild ?? []) + [trigger]
        case .shell(let words): shell = words
        case .stopSignal(let text):
            let signal = try words.expand(text)
            guard SignalName(signal) != nil else { throw .badSignal(signal) }
            stopSignal = signal
        case .user(let text): user = try words.expand(text)
        case .volume(let texts):
            for text in texts {
                let path = try words.expand(text)
                guard !path.isEmpty else { throw .missingArgument(instruction: "VOLUME") }
                volumes = (volumes ?? []).union([ExactText(path)])
            }
        case .workingDir(let text): try enter(text, words)
        }
    }

    /// The environment by name.
    package var variables: [ExactText: String] {
        var values: [ExactText: String] = [:]
        for variable in env ?? [] {
            let variable = NameValue(variable)
            if let value = variable.value { values[ExactText(variable.name)] = value }
        }
        return values
    }

    /// The expansion of words within this config.
    package func words(_ scope: ChangeScope) -> BuildWords {
        BuildWords(values: scope.arguments.merging(variables) { _, own in own }, escape: scope.escape)
    }

    private func command(_ form: CommandForm) -> [String]? {
        switch form {
        case .exec(let words): words.isEmpty ? nil : words
        case .shell(let line): (shell ?? Self.defaultShell) + [line]
        }
    }

    /// Sets variables; one that was there keeps its place.
    private mutating func set(_ pairs: [Assignment], _ words: BuildWords) throws(InstructionError) {
        var list = env ?? []
        for pair in pairs {
            let name = try words.expand(pair.name)
            guard !name.isEmpty else { throw .notAnAssignment(instruction: "ENV", word: "\(pair.name)=\(pair.value)") }
            let variable = "\(name)=\(try words.expand(pair.value))"
            if let place = list.firstIndex(where: { NameValue($0).name.isExactly(name) }) {
                list[place] = variable
            } else {
                list.append(variable)
            }
        }
        env = list
    }

    private mutating func expose(_ texts: [String], _ words: BuildWords) throws(InstructionError) {
        var ports = exposedPorts ?? []
        for text in texts {
            for word in try words.split(text) { ports.formUnion(try Self.ports(word).map { ExactText($0) }) }
        }
        exposedPorts = ports
    }

    /// `80`, `53/udp` or `7000-7005` as docker keeps them: each port with its protocol.
    private static func ports(_ text: String) throws(InstructionError) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
        // Of `[address:][port:]port`, as `run -p` has it, the container's port counts.
        let own = parts[0].utf8.lastIndex(of: UInt8(ascii: ":")).map { parts[0][parts[0].utf8.index(after: $0)...] } ?? parts[0]
        let bounds = own.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard parts.count <= 2, ["tcp", "udp", "sctp"].contains(transport), bounds.count <= 2, let first = bounds[0],
            let last = bounds[bounds.count - 1], first > 0, first <= last
        else { throw .badPort(text) }
        return (first...last).map { "\($0)/\(transport)" }
    }

    /// A path below the one that was there, or from the root on, without `.`, `..` and empty parts.
    private mutating func enter(_ text: String, _ words: BuildWords) throws(InstructionError) {
        let path = try words.expand(text)
        let place = PathWalk.cleaned(path.utf8, below: Array((workingDir ?? "").utf8))
        workingDir = "/" + String(decoding: place, as: UTF8.self)
    }
}

/// Expansion of an instruction's words with the values that it sees, and with an instruction's errors.
package struct BuildWords: Sendable {
    /// What variables have; the environment's before an argument's.
    package var values: [ExactText: String]
    /// What stands before a character that is taken as it is: `\`, or what the directive says.
    package var escape: Unicode.Scalar

    /// The text as one word.
    package func expand(_ text: String) throws(InstructionError) -> String {
        do { return try WordExpansion(escape: escape).word(text) { values[ExactText($0)] } } catch {
            throw InstructionError(error, in: text)
        }
    }

    /// The text of a heredoc: variables are taken in, quotes stay.
    package func expandText(_ text: String) throws(InstructionError) -> String {
        do {
            return try WordExpansion(escape: escape, keepsQuotes: true).word(text) { values[ExactText($0)] }
        } catch {
            throw InstructionError(error, in: text)
        }
    }

    /// The text as words, cut at blanks that are not quoted.
    package func split(_ text: String) throws(InstructionError) -> [String] {
        do { return try WordExpansion(escape: escape).words(text) { values[ExactText($0)] } } catch {
            throw InstructionError(error, in: text)
        }
    }
}

extension InstructionError {
    /// Why `text` cannot be expanded.
    package init(_ error: ExpansionError, in text: String) {
        switch error {
        case .openQuote: self = .openQuote(text)
        case .required(let name, let message): self = .unsetVariable(name, message: message)
        case .missingBrace, .missingSlash, .badSubstitution, .unsupportedModifier, .badPattern: self = .badSubstitution(text)
        }
    }
}
