import ContentStorage
import Operations

/// What commands on containers share.
enum Containers {
    /// The containers of the store.
    static func open(_ globals: GlobalOptions) throws -> NamedContainers {
        try Workspace.run(globals) { $0.containers }
    }

    /// Makes a container of an image, which is pulled where the options say so.
    static func make(
        _ name: String, _ request: ContainerRequest, _ options: ContainerOptions, _ registry: RegistryOptions,
        _ globals: GlobalOptions, startsNow: Bool = false
    ) throws -> MadeContainer {
        let idFile = try options.surroundings.cidfile.map(IDFile.init)
        do {
            let made = try Workspace.run(globals, platform: options.platform, registry: registry) { workspace in
                try workspace.createContainer(
                    of: name, request, pulling: options.pull, startsNow: startsNow, globals.showing("pulling \(name)"))
            }
            try idFile?.write(made.folder.name)
            return made
        } catch {
            idFile?.remove()
            throw error
        }
    }

    /// Runs `body` for each container, tells of every failure, and throws the last.
    static func each(
        _ names: [String], _ globals: GlobalOptions, _ body: (String, NamedContainers) throws -> Void
    ) throws {
        let containers = try open(globals)
        try tellingFailures(names, globals) { try body($0, containers) }
    }

    /// The same for who has looked the containers up already.
    static func tellingFailures(_ names: [String], _ globals: GlobalOptions, _ body: (String) throws -> Void) throws {
        var failures: [any Error] = []
        for name in names {
            do { try body(name) } catch { failures.append(error) }
        }
        guard let last = failures.popLast() else { return }
        for failure in failures { FailureReport(failure, isJSON: globals.format == .json).print() }
        throw last
    }

    /// Gives failures of this program the status that docker gives them.
    static func status125(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as CommandEnd {
            throw error
        } catch let error as StatusOverride {
            throw error
        } catch {
            throw StatusOverride(error: error, status: 125)
        }
    }
}
