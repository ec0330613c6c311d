import ContainerRuntime
import LayerArchive
import StorageIO

extension TreeCopy.Problem: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ContainerError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for what cannot be copied.
    init(_ error: TreeCopy.Problem) {
        self.init(code: "copy-failed", status: 1, message: "cannot copy: \(Self.words(error))")
    }

    /// What the process that copies within a container says of an error: the end of the sentence "cannot copy".
    static func copying(_ error: any Error) -> String {
        switch error {
        case let problem as TreeCopy.Problem: words(problem)
        case let error as StorageError: "\(error)"
        case LayerArchiveError.tapFailed(let cause): copying(cause)
        case LayerArchiveError.parentTraversal(let place), LayerArchiveError.linkTargetTraversal(let place, _):
            words(TreeCopy.Problem.leadsOut((place.path ?? []).messageText))
        default: ErrorSentence(any: error).message
        }
    }

    private static func words(_ problem: TreeCopy.Problem) -> String {
        switch problem {
        case .absent(let path): "there is no \(path)"
        case .wrongKind(let path): "\(path) is no directory"
        case .symlinkLoop(let path): "the symlinks of \(path) lead in circles"
        case .badOwner(let path, let id): "\(path) belongs to \(id), which is no ID of a user or group"
        case .leadsOut(let path): "\(path) of the tar leads out of it"
        }
    }

    /// The sentence for what a command on containers finds wrong.
    init(_ error: ContainerError) {
        switch error {
        case .severalContainers(let text):
            self.init(
                code: "ambiguous", status: 1, message: "several containers have an ID that begins with \(text)",
                hint: "give more of it")
        case .nameTaken(let name, let id):
            self.init(
                code: "name-taken", status: 1, message: "the container name \(name) is in use by container \(id.prefix(12))",
                hint: "`strata rm \(name)` removes that one, `strata rename` gives it another name")
        case .badName(let text):
            self.init(
                code: "bad-name", status: 2, message: "`\(text)` is no container name",
                hint: "letters, digits, `_`, `.` and `-`, at least two of them, a letter or digit first")
        case .noCommand:
            self.init(
                code: "no-command", status: 1, message: "no command is given, and the image has none",
                hint: "name one behind the image, such as `sh`")
        case .noneToDiff(let name):
            self.init(
                code: "no-such-container", status: 1, message: "no such container: \(name)",
                hint: "of images `diff` takes two, or one and `--layer N`")
        case .isRunning(let name, let verb):
            self.init(
                code: "is-running", status: 1, message: "cannot \(verb) \(name): it is running",
                hint: "`strata stop \(name)` stops it; `rm -f` kills and removes it")
        case .isPaused(let name):
            self.init(
                code: "is-paused", status: 1, message: "\(name) is paused", hint: "`strata unpause \(name)` lets it go on")
        case .notPaused(let name): self.init(code: "not-paused", status: 1, message: "\(name) is not paused")
        case .cannotPause(let name):
            self.init(
                code: "cannot-pause", status: 1, message: "nothing can pause \(name): it has no control group of its own",
                hint: "that takes root, and a machine that lets root make control groups")
        case .notMounted(let text):
            self.init(
                code: "not-mounted", status: 1, message: "no image is mounted at \(text), and none of that name",
                hint: "`strata mount` lists the mounts")
        case .isMount(let name):
            self.init(
                code: "is-mount", status: 1, message: "\(name) is an image that is mounted, nothing runs in it",
                hint: "`strata unmount` takes it away")
        case .noSuchMountSource(let path):
            self.init(
                code: "no-such-source", message: "there is no \(path) to mount", hint: "`-v` makes a folder that is missing")
        case .noTerminal:
            self.init(
                code: "no-terminal", status: 1, message: "the input device is not a terminal", hint: "leave out `-t`")
        }
    }
}
