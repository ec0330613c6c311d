// https://docs.docker.com/reference/dockerfile/

import SettingsFile
import TextValues

/// One flag before an instruction's arguments.
struct InstructionFlag: Hashable, Sendable {
    /// Without its dashes.
    let name: String
    /// What follows `=`; nil where nothing does.
    let value: String?

    private static let copied = ["chown", "chmod", "link", "exclude"]
    /// The flags of the instructions that have any: one that is not here is refused, whatever the instruction.
    private static let names = [
        "ADD": copied + ["checksum", "keep-git-dir", "unpack"], "COPY": copied + ["from", "parents"], "FROM": ["platform"],
        "HEALTHCHECK": ["interval", "timeout", "start-period", "start-interval", "retries"],
        "RUN": ["mount", "network", "security"],
    ]
    /// Those that may be given several times.
    private static let repeatable: Set = ["exclude", "mount"]

    /// The flags of an instruction; one that it does not have, or that stands there twice, is an error.
    static func read(_ instruction: Instruction) throws(InstructionError) -> [InstructionFlag] {
        let known = names[instruction.name] ?? []
        var found: [InstructionFlag] = []
        for text in instruction.flags {
            let pair = NameValue(Substring(text.unicodeScalars.dropFirst(2)))
            let name = pair.name
            guard known.contains(name) else {
                let nearest = Suggestion.nearest(to: name, among: known)
                throw .unknownFlag(instruction: instruction.name, flag: "--\(name)", suggestion: nearest.map { "--\($0)" })
            }
            guard repeatable.contains(name) || !found.contains(where: { $0.name == name }) else {
                throw .repeatedFlag(instruction: instruction.name, flag: "--\(name)")
            }
            found.append(InstructionFlag(name: name, value: pair.value))
        }
        return found
    }

    /// The value of a flag that needs one.
    var required: String {
        get throws(InstructionError) {
            guard let value, !value.isEmpty else { throw .badFlag(flag: name, value: value ?? "") }
            return value
        }
    }

    /// The value of a flag that is on or off; on where it has none.
    var isOn: Bool {
        get throws(InstructionError) {
            guard let isOn = Self.truth(value ?? "true") else { throw .badFlag(flag: name, value: value ?? "") }
            return isOn
        }
    }

    /// Refuses a variable in the name of what is copied from, as BuildKit does: stages are put in order before variables have values.
    static func checkSource(_ name: String) throws(InstructionError) {
        if name.contains("$") { throw .variableInFrom(name) }
    }

    static func truth(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1": true
        case "false", "0": false
        default: nil
        }
    }
}

extension Instruction {
    /// Refuses an instruction that there is not, flags that it does not have, and keys that a mount does not have; those of a trigger
    /// as well.
    ///
    /// What the values of flags mean is told when the instruction is done: they may have variables.
    package func checkWords() throws(InstructionError) {
        for flag in try InstructionFlag.read(self) {
            switch (name, flag.name) {
            case ("RUN", "mount"): try RunMount.checkKeys(try flag.required)
            case ("COPY", "from"): try InstructionFlag.checkSource(try flag.required)
            default: continue
            }
        }
        for trigger in trigger {
            guard Self.names.contains(trigger.name) else {
                throw .unknownTrigger(
                    instruction: trigger.name, suggestion: Suggestion.nearest(to: trigger.name, among: Self.names))
            }
            try trigger.checkWords()
        }
    }
}
