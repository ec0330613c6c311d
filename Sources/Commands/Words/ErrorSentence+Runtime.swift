import ContainerRuntime
import Reports
import TextValues

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
        case .noNetworkProgram(let isForRoot):
            let (program, packages) = isForRoot ? ("netavark", "netavark aardvark-dns") : ("pasta", "passt")
            self.init(
                code: "no-network-program",
                message: "\(program) is not installed, which gives a container a network of its own and ports of this machine",
                hint: "install it: `apt-get install \(packages)`; `--network host` does without")
        case .noSuchNetwork(let name):
            self.init(
                code: "no-such-network", message: "no such network: \(Self.place(name))",
                hint: "`strata network ls` lists the networks, `strata network create` makes one")
        case .networkNeedsRoot(let name):
            self.init(
                code: "not-permitted",
                message: "network \(name) needs root: other users' containers join `bridge`, each by itself",
                hint: "run strata as root, or use `--network bridge`")
        case .noAddress(let address?, let network):
            self.init(
                code: "no-address",
                message: "network \(network) cannot give the address \(address): it is taken, or outside the network",
                hint: "`strata network inspect \(network)` shows its addresses")
        case .noAddress(nil, let network):
            self.init(
                code: "no-address", message: "network \(network) has no address left", hint: "remove containers that use it")
        case .noRange:
            self.init(
                code: "no-address", message: "no range of addresses is free for a network",
                hint: "`strata network create --subnet` takes one that you name")
        case .noPort(let port, let errno):
            let place = "\(port.hostAddressText):\(port.hostPort.map { "\($0)" } ?? "")"
            self.init(
                code: "no-port", message: "cannot publish \(place)/\(port.kind.rawValue): \(Self.reason(errno))",
                hint: "`strata ps` shows published ports; `-p \(port.port)` takes a free one")
        case .networkFailed(let detail):
            self.init(code: "network-failed", message: "the container's network could not be set up: \(detail)")
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
