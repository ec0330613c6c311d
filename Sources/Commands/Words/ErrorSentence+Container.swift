import ContainerRuntime
import LayerArchive
import Operations
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
        case .wrongKind(let path): "\(path) is not a directory"
        case .symlinkLoop(let path): "the symlinks of \(path) form a loop"
        case .badOwner(let path, let id): "\(path) belongs to \(id), which is not a valid user or group ID"
        case .leadsOut(let path): "\(path) in the tar leads outside the target"
        case .readOnly(let path): "\(path) is read-only in the container"
        case .mountedWhileRunning(let path):
            "\(path) is where something is mounted when the container runs: start the container first"
        case .mountsNotShown(let errno): "the container's mounts cannot be seen: \(Self.reason(errno))"
        case .notBegun: "the container's command has not started yet"
        }
    }

    /// The sentence for a name that nothing known has, where that of a damaged container may be meant.
    private init(absent what: String, _ name: String, _ damaged: [PathPart]) {
        let ids = damaged.prefix(3).map { String($0.text.prefix(12)) }.joined(separator: ", ")
        let more = damaged.count > 3 ? " and \(damaged.count - 3) more" : ""
        self.init(
            code: "no-such-container",
            message: "no such \(what): \(name); the names of damaged containers are not known: \(ids)\(more)",
            hint: "`strata rm \(damaged.first?.text ?? "ID")` removes a damaged container; `strata fsck` lists them")
    }

    /// The sentence for what a command on containers finds wrong.
    init(_ error: ContainerError) {
        switch error {
        case .notFound(let name, let damaged): self.init(absent: "container", name, damaged)
        case .neitherFound(let name, let damaged): self.init(absent: "container or image", name, damaged)
        case .severalContainers(let text):
            self.init(
                code: "ambiguous", status: 1, message: "several containers have an ID that begins with \(text)",
                hint: "give more digits of it")
        case .nameTaken(let name, let id):
            self.init(
                code: "name-taken", status: 1, message: "the container name \(name) is in use by container \(id.prefix(12))",
                hint: "`strata rm \(name)` removes that one, `strata rename` gives it another name")
        case .badName(let text):
            self.init(
                code: "bad-name", status: 2, message: "`\(text)` is not a valid container name",
                hint: "letters, digits, `_`, `.` and `-`, at least two of them, a letter or digit first")
        case .noCommand:
            self.init(
                code: "no-command", status: 1, message: "no command is given, and the image has none",
                hint: "give a command after the image, such as `sh`")
        case .relativeWorkingDirectory(let path):
            self.init(
                code: "bad-working-directory", status: 125,
                message: "the working directory `\(path)` is invalid, it needs to be an absolute path",
                hint: "give the whole path in the container, such as /\(path)")
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
                code: "is-paused", status: 1, message: "\(name) is paused", hint: "`strata unpause \(name)` resumes it")
        case .notPaused(let name): self.init(code: "not-paused", status: 1, message: "\(name) is not paused")
        case .cannotPause(let name):
            self.init(
                code: "cannot-pause", status: 1, message: "cannot pause \(name): it has no control group of its own",
                hint: "pausing needs root, and a system where root can create control groups")
        case .notMounted(let text):
            self.init(
                code: "not-mounted", status: 1, message: "no image is mounted at \(text), and none of that name",
                hint: "`strata mount` lists the mounts")
        case .isMount(let name):
            self.init(
                code: "is-mount", status: 1, message: "\(name) is a mounted image, nothing runs in it",
                hint: "`strata unmount` unmounts it")
        case .noSuchMountSource(let path):
            self.init(
                code: "no-such-source", message: "there is no \(path) to mount", hint: "`-v` creates a missing directory")
        case .badVolume(let path):
            self.init(
                code: "bad-volume",
                message: "there can be no volume at \(Self.place(path)): it is not the path of a directory below /",
                hint: "`-v SOURCE:\(path)` mounts something else there; the image's `VOLUME` names its volumes")
        case .noThread(let reason): self.init(CommandError.noThread(errno: reason))
        case .noTerminal:
            self.init(
                code: "no-terminal", status: 1, message: "the input device is not a terminal", hint: "leave out `-t`")
        }
    }
}
