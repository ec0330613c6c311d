import Distribution
import OCISpec

/// A registry as users type it.
enum RegistryName {
    /// `host[:port]` of an address, as images bear it; what no registry can be is an error.
    static func parse(_ text: String?) throws(CommandError) -> String {
        let name = plain(text)
        guard ReferenceGrammar.isRegistry(name) else { throw .badRegistry(text ?? name) }
        return name
    }

    /// `host[:port]` of an address, as images bear it.
    static func plain(_ text: String?) -> String {
        RegistryKey(whole(text)).registry
    }

    /// The same, with a part of the registry if the text names one.
    static func whole(_ text: String?) -> String {
        guard let text, !text.isEmpty else { return Reference.defaultDomain }
        return text
    }
}
