import ArgumentParser

extension Strata {
    /// Global options may stand before the verb as well; the parser knows them only behind it, and before what a container runs.
    static func globalsBehindVerb(_ arguments: [String]) -> [String] {
        var rest = arguments[...]
        var globals: [String] = []
        while let first = rest.first {
            let name = String(first.prefix { $0 != "=" })
            if GlobalOptions.flagNames.contains(first) {
                globals.append(first)
                rest = rest.dropFirst()
            } else if GlobalOptions.optionNames.contains(name) {
                let count = first == name ? 2 : 1
                globals += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else {
                break
            }
        }
        let groups = Set(Self.configuration.groupedSubcommands.last?.subcommands.map { $0._commandName } ?? [])
        let count = rest.first.map { groups.contains($0) ? 2 : 1 } ?? 0
        return rest.prefix(count) + globals + rest.dropFirst(count)
    }
}
