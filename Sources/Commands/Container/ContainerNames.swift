import ArgumentParser

/// The containers that a command is for.
struct ContainerNames: ParsableArguments {
    @Argument(help: ArgumentHelp("Names, IDs or beginnings of IDs.", valueName: "container"))
    var containers: [String]
}
