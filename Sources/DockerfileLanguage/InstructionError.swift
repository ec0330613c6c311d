/// What is wrong with one instruction.
package enum InstructionError: Error, Hashable, Sendable {
    /// There is no instruction in the text.
    case empty
    /// The instruction does not change a config, or is not known.
    case unsupported(instruction: String)
    /// The instruction needs an argument.
    case missingArgument(instruction: String)
    /// The word is not `name=value`.
    case notAnAssignment(instruction: String, word: String)
    /// A JSON list that holds something other than text.
    case nestedJSON(instruction: String)
    /// The flag is not one of the instruction's; the one that may be meant.
    case unknownFlag(instruction: String, flag: String, suggestion: String? = nil)
    /// The flag's value cannot be read; the flag without its dashes.
    case badFlag(flag: String, value: String)
    /// The flag stands there twice, and can mean one thing only.
    case repeatedFlag(instruction: String, flag: String)
    /// A mount of this kind has no such key; or none besides another one.
    case mountKey(kind: String, key: String, besides: String? = nil)
    /// A mount of this kind cannot do without the key.
    case missingMountKey(kind: String, key: String)
    /// A variable in the name of what is copied from.
    case variableInFrom(String)
    /// A platform that is none.
    case badPlatform(String)
    /// The instruction of a trigger is none; the one that may be meant.
    case unknownTrigger(instruction: String, suggestion: String?)
    /// A health check is `NONE` or `CMD command`.
    case badHealthcheck(String)
    /// A port is a number from 1 on or a range of them, with `/tcp`, `/udp` or `/sctp` behind it or nothing.
    case badPort(String)
    /// There is no signal of that name or number.
    case badSignal(String)
    /// `FROM` takes an image, and `AS` with a name or nothing.
    case badFrom
    /// A shell is a JSON list of words.
    case noShell
    /// A trigger may not be this instruction.
    case badTrigger(instruction: String)
    /// A quote is not closed.
    case openQuote(String)
    /// A `${` is not closed, or what it holds is nothing that is known.
    case badSubstitution(String)
    /// A variable that `?` asks for has no value.
    case unsetVariable(String, message: String)
}
