import ArgumentParser
import EngineStores
import ImageStorage
import TextValues

/// What a value may be.
enum CompletionSubject {
    /// Names in the store.
    case images
    /// Images wherever they are: names in the store, transports, paths.
    case sources
    /// The repositories that the store's names have.
    case repositories
    /// The registries that they have.
    case registries
    case containers
    /// A path on this machine, or `CONTAINER:PATH`.
    case containerPaths
    case imagesAndContainers
    case plans
    /// The beginning of `--volume`: a volume's name and a colon, or a directory of this machine.
    case volumes
    case volumeNames
    /// Names of networks, with the words that stand for the machine's and for none.
    case networks
    /// The networks of the store alone.
    case networkNames
    /// Some words, and perhaps others.
    case words([String])
    /// Conditions: keys with their relations, and behind them their values.
    case conditions([FilterKey])
    case files
    case directories
    /// A value that only the user knows.
    case free

    /// A key of a filter as it is typed, with its relation, and what its values are.
    struct FilterKey {
        let text: String
        let values: Values

        /// What is behind the relation.
        enum Values {
            case images
            case containers
            case volumes
            case networks
            case words([String])
        }
    }

    /// What an argument's value is, by the values it has, the word that stands for it in the help, and its command.
    init(of argument: DescribedArgument, in line: CompletionLine) {
        if let values = argument.allValues {
            self = .words(values)
        } else if argument.kind == .positional {
            self = Self.positional(argument.valueName ?? "", verb: line.verbs.last ?? "", group: line.verbs.first ?? "")
        } else {
            self = Self.option(argument, in: line)
        }
    }

    private static func positional(_ name: String, verb: String, group: String) -> CompletionSubject {
        switch name {
        case "source", "source… statement", "path-or-digest": .sources
        case "image": verb == "export" ? .imagesAndContainers : verb == "why" ? .sources : .images
        case "source-image", "target-image", "repository[:tag]", "reference", "mount": .images
        case "container": .containers
        case "plan": .plans
        case "registry": .registries
        case "names": .volumeNames
        case "networks": .networkNames
        case "name": named(verb: verb, group: group)
        case "target": .containerPaths
        case "dir", "context": .directories
        case "file": .files
        default: .free
        }
    }

    /// What the positional argument `name` is called by.
    private static func named(verb: String, group: String) -> CompletionSubject {
        switch (verb, group) {
        case ("trend", _): .repositories
        case ("inspect", _): .imagesAndContainers
        case ("pull", _), ("push", _): .images
        default: .free
        }
    }

    private static func option(_ argument: DescribedArgument, in line: CompletionLine) -> CompletionSubject {
        let names = argument.typedNames
        switch argument.valueName ?? "" {
        case "format": return .words(Self.formats(of: line.command))
        case "file", "path": return names.contains("--output") && line.verbs.last == "report" ? .directories : .files
        case "form": return .words(["type=oci,dest=", "type=docker,dest=", "type=tar,dest=", "type=local,dest="])
        case "dir": return names.contains("--workdir") ? .free : .directories
        case "source": return .sources
        case "filter", "condition", "until=time": return .conditions(Self.keys(for: line.verbs))
        case "engine[=root]", "name[=root]": return .words(Self.engines(for: line.verbs))
        case "platform":
            return .words(["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/386", "linux/ppc64le", "linux/s390x"])
        case "network": return .networks
        case "mode":
            return .words(
                names.contains("--pid")
                    ? ["private"] : names.contains("--ipc") ? ["private", "host", "none"] : ["default", "host", "none"])
        case "driver": return .words(names.contains("--log-driver") ? ["json-file", "none"] : ["local"])
        case "restart": return .words(["no"])
        case "compression", "method": return .words(["gzip", "zstd", "none"])
        case "signal": return .words(["TERM", "KILL", "INT", "HUP", "QUIT", "USR1", "USR2", "STOP", "CONT"])
        case "capability": return .words(["ALL", "NET_ADMIN", "NET_RAW", "SYS_ADMIN", "SYS_PTRACE", "SYS_TIME"])
        case "calendar": return .words(["hourly", "daily", "weekly", "monthly"])
        case "[source:]target[:options]": return .volumes
        case "mount": return .words(["type=bind,source=", "type=tmpfs,target=", "type=volume,target="])
        case "name=soft[:hard]": return .words(["nofile=", "nproc=", "core=", "stack=", "memlock="])
        case "option" where names.contains("--security-opt"):
            return .words([
                "no-new-privileges", "seccomp=unconfined", "systempaths=unconfined", "apparmor=unconfined", "label=disable",
            ])
        case "name[:tag]": return .images
        default: return .free
        }
    }

    /// The formats that a command has.
    private static func formats(of command: any ParsableCommand.Type) -> [String] {
        guard let command = command as? any ResultCommand.Type else { return OutputFormat.allCases.map(\.rawValue) }
        return names(of: command)
    }

    private static func names<C: ResultCommand>(of command: C.Type) -> [String] { C.Format.allCases.map(\.rawValue) }

    /// The keys that a command's filters have.
    private static func keys(for verbs: [String]) -> [FilterKey] {
        switch verbs {
        case ["ps"], ["container", "ps"]: ContainerCondition.Kind.allCases.map(Self.key)
        case ["container", "prune"]: [.until, .label].flatMap(Self.keys)
        case ["builder", "prune"]: Self.keys(.until)
        default: ImageFilter.Key.allCases.flatMap(Self.keys)
        }
    }

    private static func keys(_ key: ImageFilter.Key) -> [FilterKey] {
        let values: FilterKey.Values =
            switch key {
            case .reference, .before, .since: .images
            case .dangling: .words(["true", "false"])
            case .until, .imported, .used: .words(["24h", "7d", "30d"])
            case .size: .words(["100MB", "1GB"])
            case .label: .words([])
            }
        return key.relations.map { FilterKey(text: key.rawValue + $0.rawValue, values: values) }
    }

    private static func key(_ kind: ContainerCondition.Kind) -> FilterKey {
        let values: FilterKey.Values =
            switch kind {
            case .status: .words(["created", "running", "exited", "mounted", "paused"])
            case .name, .id: .containers
            case .ancestor: .images
            case .volume: .volumes
            case .network: .networks
            case .label, .exited: .words([])
            }
        return FilterKey(text: kind.rawValue + "=", values: values)
    }

    /// The engines that a command can look at or prune.
    private static func engines(for verbs: [String]) -> [String] {
        switch verbs.last {
        case "df": EngineKind.allCases.map(\.rawValue) + ["all"]
        case "images", "ls", "why", "engines": EngineKind.allCases.map(\.rawValue)
        case "prune" where verbs.first == "builder": [EngineKind.docker.rawValue]
        default: EngineKind.allCases.filter { $0 != .buildkit }.map(\.rawValue)
        }
    }
}
