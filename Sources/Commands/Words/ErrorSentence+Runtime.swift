import ContainerRuntime
import Reports

extension RuntimeError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for what cannot be run.
    init(_ error: RuntimeError) {
        switch error {
        case .noRuntime(let wanted):
            self.init(
                code: "no-runtime",
                message: wanted.map { "there is no runtime \($0)" } ?? "no container runtime is installed",
                hint: "install one: `apt-get install crun`, or runc")
        case .noInit:
            self.init(
                code: "no-init", message: "no program is installed that can be process 1 of a container",
                hint: "install one: `apt-get install catatonit`, or docker-init, tini or dumb-init linked statically")
        case .noDevice(let path, let errno):
            let reason = errno.map { Self.reason($0) } ?? "it is not a device"
            self.init(code: "no-device", message: "cannot give \(Self.place(path)) to a container: \(reason)")
        case .notPermitted(let detail):
            self.init(
                code: "not-permitted", message: detail,
                hint: "run strata as root, for instance with sudo")
        case .noUserNamespace(let detail):
            self.init(
                code: "not-permitted", message: "RUN and containers need root, or a user namespace: \(detail)",
                hint: "run strata as root, or install uidmap and give the user a range of IDs in /etc/subuid and /etc/subgid")
        case .foreignStore(let uid):
            self.init(
                code: "foreign-store",
                message: "the store belongs to user \(uid), and containers of other users would leave files there",
                hint: "run strata as that user, or with another `--store`")
        case .sharedStore(let path):
            self.init(
                code: "shared-store",
                message: "the store \(path) is shared by a group, who could run what a container or a build step writes",
                hint: "use a store of your own: `--store DIR`")
        case .mountFailed(let what, let errno):
            self.init(code: "mount-failed", message: "cannot mount \(what): \(Self.reason(errno))")
        case .runtimeFailed(let detail): self.init(code: "runtime-failed", message: "the container did not start: \(detail)")
        case .signalFailed(let detail): self.init(code: "signal-failed", message: "the signal was not sent: \(detail)")
        case .noSuchCommand(let detail):
            self.init(code: "no-such-command", message: "the command is not in the image: \(detail)")
        case .notExecutable(let detail): self.init(code: "not-executable", message: "the command cannot be run: \(detail)")
        case .copyFailed(let detail): self.init(code: "copy-failed", status: 1, message: "cannot copy: \(detail)")
        case .notRunning(let id): self.init(code: "not-running", status: 1, message: "container \(id) is not running")
        case .noStreams(let errno):
            self.init(code: "no-streams", message: "cannot make a pipe or a terminal: \(Self.reason(errno))")
        case .noProcess(let errno): self.init(code: "no-process", message: "cannot start a process: \(Self.reason(errno))")
        case .noPlan(let path, let detail): self.init(code: "output-failed", message: "cannot write \(path): \(detail)")
        case .badLayer(let path, let detail):
            self.init(code: "bad-layer", message: "a layer cannot be unpacked at /\(PathText.display(path)): \(detail)")
        case .pathTooLong(let path, let limit):
            self.init(
                code: "path-too-long", status: 1,
                message: "/\(PathText.display(path)) is too long for a layer: it has \(path.count) bytes, the limit is \(limit)")
        case .markerName(let path):
            self.init(
                code: "marker-name", status: 1,
                message:
                    "/\(PathText.display(path)) cannot be part of an image: in a layer, a name that begins with .wh. deletes a file",
                hint: "remove or rename the file")
        case .fileChanged(let path, let told, let read):
            self.init(
                code: "file-changed", status: 1,
                message: "/\(PathText.display(path)) became shorter while it was read: \(read) of \(told) bytes",
                hint: "try again, or stop the container first")
        case .content(let error): self.init(error)
        case .storage(let error): self.init(ofStore: error)
        }
    }
}
