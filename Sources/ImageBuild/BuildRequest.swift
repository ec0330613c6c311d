package import DockerfileLanguage
package import OCISpec

/// What is to be built, and how.
package struct BuildRequest: Sendable {
    /// Read and checked; nothing of it is expanded yet.
    package var file: Dockerfile
    /// The stage to end with, by name or number; nil for the last one.
    package var target: String?
    /// `--build-arg`: values by name.
    package var arguments: [ExactText: String] = [:]
    /// `--label`: what the image gets besides its own.
    package var labels: [ExactText: String] = [:]
    /// What is built for.
    package var platform: Platform
    /// What is built on.
    package var host: Platform
    /// What `RUN` has where its own flag says nothing.
    package var network = RunFlags.Network.default
    /// What else `RUN` has around it.
    package var surroundings = RunSurroundings()
    /// Names of stages that take no results of earlier builds.
    package var uncachedStages: Set<String> = []
    /// What stands before a stage's name in a step's label, where images for several platforms are built; nil for nothing.
    package var labelPrefix: String?
    /// Whether arguments that no `ARG` takes are told.
    package var warnsOfArguments = true
    /// Whether results of earlier builds are taken; new ones are kept either way.
    package var usesCache = true
    /// Whether all layers above the base become one.
    package var isSquashed = false
    /// How many stages are built at a time.
    package var workerCount = 1
    /// What the image takes for the moment of its making.
    package var moment: Timestamp
    /// When the build really began.
    package var began: Timestamp
    /// Whether that moment was asked for (`SOURCE_DATE_EPOCH`): then no time in the image is later, and all that is made is of then.
    package var isMomentFixed = false
    /// What the caller gives steps to work with.
    package var inputs: BuildInputs
    /// Told what goes on, by several threads.
    package var report: @Sendable (BuildEvent) -> Void = { _ in }
    /// What the ignore file of the context leaves out.
    package var ignored: IgnorePatterns?

    /// A request for a file's last stage; the rest has plain values.
    package init(file: Dockerfile, inputs: BuildInputs, platform: Platform, host: Platform, moment: Timestamp) {
        self.file = file
        self.inputs = inputs
        self.platform = platform
        self.host = host
        self.moment = moment
        began = moment
    }

    /// The time that no file of the image is later than: seconds since 1970; nil where none was asked for.
    var latest: Int64? { isMomentFixed ? moment.seconds : nil }

    /// The predefined arguments about platforms: in every stage TARGET's are those of the build's result.
    ///
    /// https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope
    func platformArguments() -> [ExactText: String] { Self.platformArguments(target: platform, host: host) }

    /// The predefined arguments of a build for `target` on `host`.
    package static func platformArguments(target: Platform, host: Platform) -> [ExactText: String] {
        var values: [ExactText: String] = [:]
        for (prefix, platform) in [("TARGET", target), ("BUILD", host)] {
            values["\(prefix)PLATFORM"] = platform.description
            values["\(prefix)OS"] = platform.os
            values["\(prefix)ARCH"] = platform.architecture
            values["\(prefix)VARIANT"] = platform.variant ?? ""
        }
        return values
    }

    /// Arguments that mean something to the build itself, whether the Dockerfile declares them or not.
    ///
    /// https://docs.docker.com/reference/dockerfile/#buildkit-built-in-build-args
    static let builtIn: Set<ExactText> = ["SOURCE_DATE_EPOCH", checkArgument]
    /// What is set in place of the file's check directive.
    package static let checkArgument: ExactText = "BUILDKIT_DOCKERFILE_CHECK"

    /// Arguments that every `RUN` gets when the command line gives them, and that leave no trace in the image.
    static let passedThrough: Set<ExactText> = [
        "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY", "ftp_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY",
        "all_proxy",
    ]
}
