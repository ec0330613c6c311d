import ContainerRuntime
import Reports

extension ErrorSentence {
    /// The sentence for what cannot be run.
    init(_ error: RuntimeError) {
        switch error {
        case .noRuntime(let wanted):
            self.init(
                code: "no-runtime",
                message: wanted.map { "there is no runtime \($0)" } ?? "there is no program to run containers with",
                hint: "install one: `apt-get install crun`, or runc")
        case .notPermitted(let detail):
            self.init(
                code: "not-permitted", message: detail,
                hint: "run strata as root, for instance with sudo; steps that only place files need no privilege")
        case .mountFailed(let what, let errno):
            self.init(code: "mount-failed", message: "cannot mount \(what): \(Self.reason(errno))")
        case .runtimeFailed(let detail): self.init(code: "runtime-failed", message: "the container did not start: \(detail)")
        case .noSuchCommand(let detail):
            self.init(code: "no-such-command", message: "the command is not in the image: \(detail)")
        case .notExecutable(let detail): self.init(code: "not-executable", message: "the command cannot be run: \(detail)")
        case .copyFailed(let detail): self.init(code: "copy-failed", status: 1, message: "cannot copy: \(detail)")
        case .noSuchContainer(let name): self.init(code: "no-such-container", message: "no such container: \(name)")
        case .notRunning(let id): self.init(code: "not-running", status: 1, message: "container \(id) is not running")
        case .inUse(let id): self.init(code: "in-use", status: 1, message: "container \(id) is running, or somebody changes it")
        case .badRecord(let path, let detail): self.init(code: "damaged", message: "cannot read \(path): \(detail)")
        case .noStreams(let errno):
            self.init(code: "no-streams", message: "cannot make a pipe or a terminal: \(Self.reason(errno))")
        case .noProcess(let errno): self.init(code: "no-process", message: "cannot start a process: \(Self.reason(errno))")
        case .noPlan(let path, let detail): self.init(code: "output-failed", message: "cannot write \(path): \(detail)")
        case .badLayer(let path, let detail):
            self.init(code: "bad-layer", message: "a layer cannot be unpacked at /\(PathText.display(path)): \(detail)")
        case .storage(let error): self.init(error)
        }
    }
}
