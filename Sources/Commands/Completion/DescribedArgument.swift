import ArgumentParser
import OCISpec

/// An option, a flag or a positional argument, as the argument parser describes it.
struct DescribedArgument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
        let kind: String
        let name: String

        /// As it is typed.
        var typed: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: Kind
    let names: [Name]?
    let valueName: String?
    let abstract: String?
    let shouldDisplay: Bool
    let isRepeating: Bool
    let parsingStrategy: String
    /// The values there are, where it takes no others.
    let allValues: [String]?

    /// Whether it takes all that follows, for another program.
    var takesTheRest: Bool { parsingStrategy == "allRemainingInput" }

    /// How its names are typed.
    var typedNames: [String] { names?.map(\.typed) ?? [] }

    /// The arguments of one command, those of its option groups included.
    static func all(of command: any ParsableArguments.Type) throws(DocumentError) -> [DescribedArgument] {
        try decodeDocument(Description.self, from: Array(command._dumpHelp().utf8)).command.arguments ?? []
    }

    private struct Description: Decodable {
        struct Command: Decodable { let arguments: [DescribedArgument]? }

        let command: Command
    }
}
