import EngineStores
package import OCISpec
package import Operations

/// `engines`: the engines of a machine.
package struct EngineListReport: Sendable {
    private let engines: [FoundEngine]

    /// A report of `engines`, in their order.
    package init(_ engines: [FoundEngine]) { self.engines = engines }

    /// A line for each.
    package func text(_ style: TextStyle) -> String {
        guard !engines.isEmpty else { return "No engine was found on this machine.\n" }
        var table = TextTable([
            .init("ENGINE"), .init("VERSION"), .init("RUNNING"), .init("DRIVER"), .init("ACCESS"), .init("ROOT"), .init("SOCKET"),
        ])
        for engine in engines {
            table.add([
                .init(engine.kind.rawValue), .init(engine.version ?? ""), .init(Self.word(engine.isRunning)),
                .init(engine.driver ?? ""), .init(Self.words(engine.access), engine.access == .none ? .notable : nil),
                .init(engine.root), .init(engine.socket ?? ""),
            ])
        }
        return table.text(style)
    }

    private static func word(_ isRunning: Bool?) -> String { isRunning.map { $0 ? "yes" : "no" } ?? "" }

    private static func words(_ access: FoundEngine.Access) -> String {
        switch access {
        case .inPlace: "in place"
        case .api: "API only"
        case .none: "none"
        }
    }

    /// The document that scripts read.
    package func json() -> JSONValue {
        JSONReport.document(
            "engines",
            [
                "engines": .array(
                    engines.map { engine in
                        .object([
                            "engine": .string(engine.kind.rawValue), "root": .string(engine.root),
                            "driver": .optional(engine.driver), "version": .optional(engine.version),
                            "running": .optional(engine.isRunning), "socket": .optional(engine.socket),
                            "access": .string(engine.access.rawValue),
                        ])
                    })
            ])
    }

    /// The engine of one root, as documents about it name it.
    static func json(_ look: EngineLook, _ answer: EngineProbe.Answer) -> JSONValue {
        json(look.kind, root: look.root, driver: look.inventory.driver, answer)
    }

    /// The same from its parts.
    static func json(_ kind: EngineKind, root: String, driver: String, _ answer: EngineProbe.Answer) -> JSONValue {
        .object([
            "engine": .string(kind.rawValue), "root": .string(root), "driver": .string(driver),
            "version": .optional(answer.version), "running": .optional(answer.isRunning),
        ])
    }
}
