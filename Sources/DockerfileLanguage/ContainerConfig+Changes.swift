// https://docs.docker.com/reference/dockerfile/

package import OCISpec

extension ContainerConfig {
    /// The shell of a command in shell form where the config names none.
    package static let defaultShell = ["/bin/sh", "-c"]

    /// Applies changes in their order; after an error some first ones have been applied.
    ///
    /// Variables come from the config's own environment as the changes before left it. An entry point takes away the command
    /// that was there before, unless one of the changes sets it.
    package mutating func apply(_ changes: [ConfigChange]) throws(InstructionError) {
        var hasCommand = false
        for change in changes {
            switch change {
            case .cmd(let form):
                cmd = words(form)
                hasCommand = true
            case .entrypoint(let form):
                entrypoint = words(form)
                if !hasCommand { cmd = nil }
            case .env(let pairs): try set(pairs)
            case .label(let pairs):
                let values = variables
                for pair in pairs {
                    labels = labels ?? [:]
                    labels?[try Words.expand(pair.name, values)] = try Words.expand(pair.value, values)
                }
            case .expose(let texts): try expose(texts)
            case .healthcheck(let check): healthcheck = check
            case .onBuild(let trigger): onBuild = (onBuild ?? []) + [trigger]
            case .shell(let words): shell = words
            case .stopSignal(let text):
                let signal = try Words.expand(text, variables)
                guard Signal.isKnown(signal) else { throw .badSignal(signal) }
                stopSignal = signal
            case .user(let text): user = try Words.expand(text, variables)
            case .volume(let texts):
                for text in texts {
                    let path = try Words.expand(text, variables)
                    guard !path.isEmpty else { throw .missingArgument(instruction: "VOLUME") }
                    volumes = (volumes ?? []).union([path])
                }
            case .workingDir(let text): try enter(text)
            }
        }
    }

    /// The environment by name.
    private var variables: [String: String] {
        var values: [String: String] = [:]
        for variable in env ?? [] {
            guard let mark = variable.firstIndex(of: "=") else { continue }
            values[String(variable[..<mark])] = String(variable[variable.index(after: mark)...])
        }
        return values
    }

    private func words(_ form: CommandForm) -> [String]? {
        switch form {
        case .exec(let words): words.isEmpty ? nil : words
        case .shell(let line): (shell ?? Self.defaultShell) + [line]
        }
    }

    /// Sets variables; one that was there keeps its place.
    private mutating func set(_ pairs: [Assignment]) throws(InstructionError) {
        let values = variables
        var list = env ?? []
        for pair in pairs {
            let name = try Words.expand(pair.name, values)
            guard !name.isEmpty else { throw .notAnAssignment(instruction: "ENV", word: "\(pair.name)=\(pair.value)") }
            let variable = "\(name)=\(try Words.expand(pair.value, values))"
            if let place = list.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
                list[place] = variable
            } else {
                list.append(variable)
            }
        }
        env = list
    }

    private mutating func expose(_ texts: [String]) throws(InstructionError) {
        var ports = exposedPorts ?? []
        for text in texts {
            for word in try Words.split(text, variables) { ports.formUnion(try Self.ports(word)) }
        }
        exposedPorts = ports
    }

    /// `80`, `53/udp` or `7000-7005` as docker keeps them: each port with its protocol.
    private static func ports(_ text: String) throws(InstructionError) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let transport = parts.count == 2 ? parts[1].lowercased() : "tcp"
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard parts.count <= 2, ["tcp", "udp", "sctp"].contains(transport), bounds.count <= 2, let first = bounds[0],
            let last = bounds[bounds.count - 1], first > 0, first <= last
        else { throw .badPort(text) }
        return (first...last).map { "\($0)/\(transport)" }
    }

    /// A path below the one that was there, or from the root on, without `.`, `..` and empty parts.
    private mutating func enter(_ text: String) throws(InstructionError) {
        let path = try Words.expand(text, variables)
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(workingDir ?? "")/\(path)").split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        workingDir = "/" + parts.joined(separator: "/")
    }
}

/// The signals of Linux.
enum Signal {
    private static let names: Set = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "IOT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",
        "POLL", "PWR", "SYS", "UNUSED", "RTMIN", "RTMAX",
    ]

    /// Whether the text is a signal's number or its name, with or without `SIG`.
    static func isKnown(_ text: String) -> Bool {
        if let number = Int(text) { return (1...64).contains(number) }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if names.contains(name) { return true }
        if name.hasPrefix("RTMIN+"), let offset = Int(name.dropFirst(6)) { return (1...15).contains(offset) }
        if name.hasPrefix("RTMAX-"), let offset = Int(name.dropFirst(6)) { return (1...14).contains(offset) }
        return false
    }
}

/// Expansion with an instruction's errors.
private enum Words {
    static func expand(_ text: String, _ values: [String: String]) throws(InstructionError) -> String {
        do throws(ExpansionError) { return try WordExpansion().word(text) { values[$0] } } catch {
            throw InstructionError(error, in: text)
        }
    }

    static func split(_ text: String, _ values: [String: String]) throws(InstructionError) -> [String] {
        do throws(ExpansionError) { return try WordExpansion().words(text) { values[$0] } } catch {
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
