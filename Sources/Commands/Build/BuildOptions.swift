import ArgumentParser
import DockerfileLanguage
import LayerArchive
import Operations
import TextValues

/// What `build` is told, in docker's words.
struct BuildOptions: ParsableArguments {
    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: ArgumentHelp("Name for the image; may be given several times.", valueName: "name[:tag]"))
    var tag: [String] = []

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The Dockerfile (default: Dockerfile in the context); `-` is standard input.", valueName: "path"))
    var file: String?

    @Option(
        parsing: .singleValue, help: ArgumentHelp("A value for an ARG; without `=` the environment's.", valueName: "name[=value]")
    )
    var buildArg: [String] = []

    @Option(help: ArgumentHelp("The stage to build (default: the last one).", valueName: "stage"))
    var target: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "The platform to build for, such as linux/arm64 (default: this machine's); several with commas make an index.",
            valueName: "platform"))
    var platform: [String] = []

    @Flag(help: "Check the Dockerfile without building it, with BuildKit's checks.")
    var check = false

    @Flag(help: "Do not use the build cache.")
    var noCache = false

    @Option(
        parsing: .singleValue, help: ArgumentHelp("Do not use the build cache for this stage.", valueName: "stage[,stage]"))
    var noCacheFilter: [String] = []

    @Flag(help: "Ask registries for base images even if the store has them.")
    var pull = false

    @Option(parsing: .singleValue, help: ArgumentHelp("A label for the image.", valueName: "name=value"))
    var label: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A secret for `RUN --mount=type=secret`.", valueName: "id=name[,src=path|,env=name]"))
    var secret: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "An ssh agent for `RUN --mount=type=ssh` (default socket: $SSH_AUTH_SOCK).", valueName: "default|id[=socket]"))
    var ssh: [String] = []

    @Option(help: ArgumentHelp("Network for RUN: default, host or none.", valueName: "mode"))
    var network = "default"

    @Option(parsing: .singleValue, help: ArgumentHelp("A line of /etc/hosts for RUN.", valueName: "name:address"))
    var addHost: [String] = []

    @Option(help: ArgumentHelp("Size of /dev/shm for RUN, such as 64m.", valueName: "bytes"))
    var shmSize: String?

    @Option(parsing: .singleValue, help: ArgumentHelp("A limit of the processes of RUN.", valueName: "name=soft[:hard]"))
    var ulimit: [String] = []

    @Flag(help: "Combine all layers above the base into one.")
    var squash = false

    @Option(help: ArgumentHelp("Write the image's ID to this file.", valueName: "file"))
    var iidfile: String?

    @Option(help: ArgumentHelp("Write the image's digests to this file, as JSON.", valueName: "file"))
    var metadataFile: String?

    @Flag(help: "Keep the image in the store even if it is written elsewhere and has no name.")
    var load = false

    @Flag(help: "Push the image to the registry of each of its names.")
    var push = false

    @Option(help: ArgumentHelp("Only false: attestations of provenance are not supported.", valueName: "false"))
    var provenance: String?

    @Option(help: ArgumentHelp("Only false: attestations of contents are not supported.", valueName: "false"))
    var sbom: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Additional context for `--from`: a directory, docker-image://NAME or a git repository.", valueName: "name=place"))
    var buildContext: [String] = []

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: ArgumentHelp(
            "Also write the image: type=oci|docker|tar|local,dest=PATH; a path alone is a directory for its files, `-` a tar.",
            valueName: "form"))
    var output: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Also use the build cache in this directory, or of this name in a registry.",
            valueName: "type=local,src=dir|type=registry,ref=name"))
    var cacheFrom: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "Also write the build cache to this directory, or to this name in a registry.",
            valueName: "type=local,dest=dir|type=registry,ref=name"))
    var cacheTo: [String] = []

    @Option(help: ArgumentHelp("Compression of layers: gzip, zstd or none.", valueName: "method"))
    var compression = LayerCompression.gzip

    @Argument(
        help:
            "Directory, tarball or git repository (URL#ref:dir) that COPY takes files from; `-` is a tarball, or a Dockerfile, on standard input."
    )
    var context: String

    func validate() throws { try checkValues() }
}

extension LayerCompression: ExpressibleByArgument {}
