import ArgumentParser

/// What `run` and `create` say of what is around a container's command, in docker's words.
struct SurroundingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Add a name to /etc/hosts.", valueName: "name:address"))
    var addHost: [String] = []

    @Option(help: ArgumentHelp("Ask this name server.", valueName: "address"))
    var dns: [String] = []

    @Option(help: ArgumentHelp("Look short names up in this domain; `.` for none.", valueName: "domain"))
    var dnsSearch: [String] = []

    @Option(name: [.long, .customLong("dns-opt")], help: ArgumentHelp("Set an option of the resolver.", valueName: "option"))
    var dnsOption: [String] = []

    @Option(help: ArgumentHelp("Add a port to those that the image exposes.", valueName: "port"))
    var expose: [String] = []

    @Option(help: ArgumentHelp("Add the user to a group, by name or ID.", valueName: "group"))
    var groupAdd: [String] = []

    @Option(help: ArgumentHelp("Give a device of this machine to the container.", valueName: "device[:path[:rwm]]"))
    var device: [String] = []

    @Option(help: ArgumentHelp("Limit what each process may use, such as nofile=1024:2048.", valueName: "name=soft[:hard]"))
    var ulimit: [String] = []

    @Option(help: ArgumentHelp("Size of /dev/shm, such as 64m.", valueName: "bytes"))
    var shmSize: String?

    @Option(
        help: ArgumentHelp(
            "no-new-privileges, seccomp=unconfined, systempaths=unconfined, apparmor=unconfined or label=disable.",
            valueName: "option"))
    var securityOpt: [String] = []

    @Option(help: ArgumentHelp("Shared memory and queues: private, host or none.", valueName: "mode"))
    var ipc: String?

    @Option(
        help: ArgumentHelp("Accepted as `private`: a container has processes of its own.", valueName: "mode", visibility: .hidden)
    )
    var pid: String?

    @Flag(name: .customLong("init"), help: "Run a small process 1 that forwards signals and reaps processes.")
    var hasInit = false

    @Option(help: ArgumentHelp("Keep the output: json-file (the default) or none.", valueName: "driver"))
    var logDriver: String?

    @Option(help: ArgumentHelp("Limit the log: max-size=10m, max-file=3.", valueName: "name=value"))
    var logOpt: [String] = []

    @Option(help: ArgumentHelp("Write the container's ID to a new file.", valueName: "file"))
    var cidfile: String?

    @Option(help: ArgumentHelp("Seconds that `stop` waits before SIGKILL (default: 10).", valueName: "seconds"))
    var stopTimeout: Int?
}
