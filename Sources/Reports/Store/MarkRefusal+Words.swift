package import Reclamation

extension MarkRefusal {
    /// Why something that was marked does not go, in a sentence without its subject.
    package var words: String {
        switch self {
        case .gone: "it is gone"
        case .usedBy(let names): Self.list(names, "uses it", "use it")
        case .mountedBy(let names): Self.list(names, "mounts it", "mount it")
        case .running: "it runs"
        case .pinned: "it is pinned"
        case .inProgress: "a process is bringing it in"
        case .tooYoung(let seconds):
            "it is younger than \(AgeText.duration(seconds).lowercased()): another tool may still need it"
        case .foreignWrite(let path): "another tool is writing to the store (\(PathText.printable(path)))"
        case .notExpired: "it has not expired"
        case .unreadable(let document):
            "\(PathText.printable(document.title)) cannot be read, so what is still needed is not known"
        case .kept(let words): words
        case .stateUnknown: "whether it runs cannot be told"
        case .leaksAlone: "leaked directories go by themselves, while the engine does not run: unmark one kind or the other"
        case .engineRuns: "the engine is running: leaked directories go while it does not run"
        case .otherNamespace(let namespace): "it is in the namespace \(PathText.printable(namespace))"
        case .enginesOwn: "strata does not remove this from an engine: use the engine's own command"
        case .enginesVolume: "no plan removes a volume of an engine: use its own `volume rm`"
        case .unexplained: "strata does not know what it is"
        case .notWhole(let path): "\(PathText.printable(path)) cannot be read, so what is still needed is not known"
        case .unknownDriver(let driver): "how the driver \(PathText.printable(driver)) keeps layers is not known"
        case .notRunning: "the engine does not answer, and only the engine removes from its root"
        case .otherEngine(let found): "another engine answers (\(PathText.printable(found)))"
        case .noProgram(let name): "the program \(name) is not installed"
        case .unproven: "whether the engine that answers has this root cannot be told"
        }
    }

    private static func list(_ names: [String], _ one: String, _ several: String) -> String {
        let shown = names.prefix(3).map { PathText.printable($0) } + (names.count > 3 ? ["\(names.count - 3) more"] : [])
        return names.count == 1 ? "container \(shown[0]) \(one)" : "containers \(shown.joined(separator: ", ")) \(several)"
    }
}

extension MarkKeeping.Keeper {
    /// Who it is, in a few words.
    package var words: String {
        switch self {
        case .image(let name): PathText.printable(name)
        case .container(let name): "container \(PathText.printable(name))"
        case .containers: "containers"
        case .cacheStep(let text): "build cache: \(PathText.printable(text))"
        case .buildCache: "build cache"
        case .session(let name): "a download in progress (\(PathText.printable(name)))"
        case .oddEntries: "entries of index.json that cannot be used"
        }
    }
}
