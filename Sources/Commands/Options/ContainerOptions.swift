import ArgumentParser
import Operations

/// What `run` and `create` say of a container, in docker's words.
struct ContainerOptions: ParsableArguments {
    @Option(help: "Give the container a name.")
    var name: String?

    @Flag(name: .shortAndLong, help: "Keep standard input open.")
    var interactive = false

    @Flag(name: .shortAndLong, help: "Allocate a terminal.")
    var tty = false

    @Flag(name: .customLong("rm"), help: "Remove the container when it ends.")
    var isRemoved = false

    @Option(
        name: .shortAndLong, help: ArgumentHelp("Set a variable; a name alone takes the environment's.", valueName: "name=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("Set the variables of a file, one a line.", valueName: "file"))
    var envFile: [String] = []

    @Option(name: [.customShort("w"), .long], help: ArgumentHelp("Working directory in the container.", valueName: "dir"))
    var workdir: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("User name or ID.", valueName: "user[:group]"))
    var user: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Mount a directory or file of this machine, or a volume.", valueName: "[source:]target[:options]"))
    var volume: [String] = []

    @Option(
        help: ArgumentHelp(
            "Mount type=bind,source=…,target=…[,readonly], type=tmpfs,target=…[,tmpfs-size=…] or type=volume,target=….",
            valueName: "mount"))
    var mount: [String] = []

    @Option(help: ArgumentHelp("Mount a tmpfs.", valueName: "target[:options]"))
    var tmpfs: [String] = []

    @Option(help: "Override the image's entry point.")
    var entrypoint: String?

    @Option(
        name: [.long, .customLong("net")],
        help: "The network: host (this machine's, the default), bridge (the default with -p), none, or a network's name.")
    var network: String?

    @Option(help: ArgumentHelp("Another name for the container in its network.", valueName: "name"))
    var networkAlias: [String] = []

    @Option(help: ArgumentHelp("The container's address in its network.", valueName: "address"))
    var ip: String?

    @Flag(help: "Mount the root file system read-only.")
    var readOnly = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Let a port of this machine lead to one of the container.", valueName: "[[address:][port]:]port[/udp]"))
    var publish: [String] = []

    @Flag(name: [.customShort("P"), .long], help: "Publish all ports that the image exposes, each at a free port.")
    var publishAll = false

    @Option(help: ArgumentHelp("Accepted as docker's `no`: there is no daemon to do it.", visibility: .hidden))
    var restart: String?

    @Option(name: [.customShort("h"), .long], help: "Host name of the container.")
    var hostname: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("Label the container.", valueName: "key=value"))
    var label: [String] = []

    @Option(help: ArgumentHelp("Add a capability.", valueName: "capability"))
    var capAdd: [String] = []

    @Option(help: ArgumentHelp("Drop a capability.", valueName: "capability"))
    var capDrop: [String] = []

    @Flag(help: "Add all capabilities, and do not hide kernel files.")
    var privileged = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Memory limit, such as 512m.", valueName: "bytes"))
    var memory: String?

    @Option(help: ArgumentHelp("Number of CPUs, such as 1.5.", valueName: "number"))
    var cpus: String?

    @Option(help: ArgumentHelp("Limit on the number of processes.", valueName: "number"))
    var pidsLimit: Int64?

    @Option(help: ArgumentHelp("Signal that stops the container.", valueName: "signal"))
    var stopSignal: String?

    @OptionGroup var surroundings: SurroundingOptions

    @Option(help: "Use the image of an index for this platform, such as linux/arm64.")
    var platform: String?

    @Option(help: "When to pull the image: missing, always or never.")
    var pull: PullMoment = .missing
}

extension PullMoment: ExpressibleByArgument {}
