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

    @Option(help: "The platform to build for, such as linux/arm64 (default: this machine's).")
    var platform: String?

    @Flag(help: "Check the Dockerfile without building it, with BuildKit's checks.")
    var check = false

    @Flag(help: "Do not use the build cache.")
    var noCache = false

    @Flag(help: "Ask registries for base images even if the store has them.")
    var pull = false

    @Option(parsing: .singleValue, help: ArgumentHelp("A label for the image.", valueName: "name=value"))
    var label: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A secret for `RUN --mount=type=secret`.", valueName: "id=name[,src=path|,env=name]"))
    var secret: [String] = []

    @Option(parsing: .singleValue, help: ArgumentHelp("Not supported: keys for `RUN --mount=type=ssh`.", valueName: "id"))
    var ssh: [String] = []

    @Option(help: ArgumentHelp("Network for RUN: default, host or none.", valueName: "mode"))
    var network = "default"

    @Flag(help: "Combine all layers above the base into one.")
    var squash = false

    @Option(help: ArgumentHelp("Write the image's ID to this file.", valueName: "file"))
    var iidfile: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Additional context for `--from`: a directory, or docker-image://NAME.", valueName: "name=place"))
    var buildContext: [String] = []

    @Option(
        name: .shortAndLong, parsing: .singleValue,
        help: ArgumentHelp(
            "Also write the image: type=oci|docker|tar|local,dest=PATH; a path alone is a directory for its files, `-` a tar.",
            valueName: "form"))
    var output: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Also use the build cache in this directory.", valueName: "type=local,src=dir"))
    var cacheFrom: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("Also write the build cache to this directory.", valueName: "type=local,dest=dir"))
    var cacheTo: [String] = []

    @Option(help: ArgumentHelp("Compression of layers: gzip, zstd or none.", valueName: "method"))
    var compression = LayerCompression.gzip

    @Argument(help: "Directory or tarball that COPY takes files from; `-` is a tarball, or a Dockerfile, on standard input.")
    var context: String

    func validate() throws {
        if !ssh.isEmpty { throw ValidationError("`--ssh` is not supported; `--secret id=key,src=FILE` gives a step a key") }
        if RunFlags.Network(rawValue: network) == nil { throw ValidationError("`--network` takes default, host or none") }
        if file == "-", context == "-" { throw ValidationError("standard input cannot be both the Dockerfile and the context") }
        for text in cacheFrom where CachePlace.path(text, key: "src") == nil {
            throw ValidationError("`--cache-from \(text)` is not type=local,src=DIR")
        }
        for text in cacheTo where CachePlace.path(text, key: "dest") == nil {
            throw ValidationError("`--cache-to \(text)` is not type=local,dest=DIR")
        }
        var places: Set<String> = []
        for text in output {
            guard let destination = BuildDestination(text) else {
                throw ValidationError("`--output \(text)` is not type=oci|docker|tar|local,dest=PATH, a directory, or `-`")
            }
            guard places.insert(destination.path).inserted else {
                throw ValidationError("two outputs cannot go to the same place, `\(destination.path)`")
            }
        }
        for text in label where NameValue(text).value == nil { throw ValidationError("`--label \(text)` is not name=value") }
        for text in buildContext where BuildOrder.NamedContext(of: NameValue(text)) == nil {
            throw ValidationError("`--build-context \(text)` is not name=FOLDER or name=docker-image://NAME")
        }
        for text in secret where SecretOption(text) == nil {
            throw ValidationError("`--secret \(text)` is not id=NAME[,src=PATH] or id=NAME[,env=VARIABLE]")
        }
    }
}

extension LayerCompression: ExpressibleByArgument {}
