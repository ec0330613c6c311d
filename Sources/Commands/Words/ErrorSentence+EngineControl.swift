import Distribution
import EngineStores
import Operations
import Reports
import SystemPackage

extension EngineControlError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    init(_ error: EngineControlError) {
        switch error {
        case .refused(let words): self.init(code: "engine-refused", message: "the engine refused: \(words)")
        case .failed(let words): self.init(code: "engine-failed", message: "the engine failed: \(words)")
        case .notRunning(let kind, let root):
            self.init(
                code: "engine-silent", message: "\(kind.title) does not answer for \(root), so nothing was removed",
                hint: "start it, and say where it listens: \(kind.addressVariable)")
        case .saysNoRoot(let root, let words):
            self.init(
                code: "engine-silent",
                message: "podman does not say where its images are, so nothing was removed from \(root): \(words)",
                hint: "run `podman info` as this user; CONTAINERS_STORAGE_CONF names other settings")
        case .vanished(let kind, let root):
            self.init(
                code: "engine-silent", message: "\(kind.title) does not answer for \(root) any more",
                hint: "start it, and run the command again")
        case .otherEngine(let kind, let root, let found):
            self.init(
                code: "other-engine",
                message: kind == .registry
                    ? "\(found) is not that of \(root): nothing was removed"
                    : "the \(kind.title) that answers is not that of \(root), but of \(found): nothing was removed",
                hint: kind == .registry
                    ? "name the right one with `-H`" : "say where the right one listens: \(kind.addressVariable)")
        case .unproven(let kind, let root, let socket):
            self.init(
                code: "other-engine",
                message: "cannot make sure that \(kind.title) at \(socket) is that of \(root): nothing was removed",
                hint: "run the command on the host itself, as root")
        case .noProgram(let kind, let name):
            self.init(
                code: "no-program", message: "\(kind.title) removes images by its program \(name), which is not there",
                hint: "install it, or add its directory to PATH")
        case .notStarted(let path, let errno):
            self.init(code: "no-program", message: "\(path) cannot be started: \(Self.reason(errno.rawValue))")
        case .tooSlow(let path, let seconds):
            self.init(code: "engine-silent", message: "\(path) did not end within \(Int(seconds)) seconds and was killed")
        case .api(let error): self = error.sentence
        case .look(let error): self.init(error)
        case .busy(_, let root):
            self.init(
                code: "busy", status: 4, message: "another run of strata is removing images from \(root)",
                hint: "try again later, or wait for it longer, such as `--wait 10m`")
        case .runs(let kind, let root):
            self.init(
                code: "engine-runs", status: 4, message: "\(kind.title) uses \(root), so what leaked there was not removed",
                hint: kind == .podman ? "try again when no podman and no buildah runs" : "stop it, and run the command again")
        case .nothingToLock(let kind, let root):
            self.init(
                code: "other-engine",
                message: "\(root) has no file that \(kind.title) locks, so it cannot be kept from running: nothing was removed")
        case .registry(let error):
            self = error.sentence
            // The options of `pull` and `push` are none of these commands.
            if case .network(_, let failure) = error, failure == .noTLS {
                hint = "name a registry without TLS as in `-H http://127.0.0.1:5000`"
            }
            if let next = hint, next.contains("`--") { hint = nil }
        case .folder(let root, let error): self.init(.store(.registry, root: root, error))
        case .noAddress(let root):
            self.init(
                code: "no-address", status: 2,
                message: "the registry of \(root) removes over the network, and its address is not known: nothing was removed",
                hint: "name it: `-H http://127.0.0.1:5000`")
        case .noWitness(let root):
            self.init(
                code: "other-engine",
                message: "cannot make sure that the registry is that of \(root): nothing was removed",
                hint: "no repository of the plan has a blob of up to 4 MB; push an image to one of them")
        case .noUpload(let address, let root, let status, let faults):
            self.init(
                code: "other-engine",
                message: "cannot make sure that the registry at \(address) is that of \(root): it refuses an upload with status "
                    + "\(status)\(Self.words(faults)). Nothing was removed",
                hint: "use credentials that may push and delete; a registry that is read-only or a cache deletes nothing")
        case .unsupported(let kind):
            self.init(code: "engine-unsupported", message: "\(kind.title) alone keeps no images that could be removed")
        }
    }
}

extension EngineKind {
    /// The variable that says where it listens, or where its settings are, with what it may be.
    fileprivate var addressVariable: String {
        let value =
            switch self {
            case .docker: "unix:///run/docker.sock"
            case .podman: "/etc/containers/storage.conf"
            case .containerd, .buildkit: "/run/containerd/containerd.sock"
            case .registry: "/var/lib/registry"
            }
        return "\(EngineSettings.variable(of: self) ?? "CONTAINERD_ADDRESS")=\(value)"
    }
}

/// What cannot be done with the store's record of a run that removes from a registry.
enum RunRecordFault {
    /// It cannot be looked for.
    case notRead
    /// It cannot be made.
    case notMade
    /// It cannot be removed.
    case notRemoved
}

extension GlobalOptions {
    /// Tells in one line what does not hold without the record of a run; the run itself goes on.
    func note(about fault: RunRecordFault, of error: any Error) {
        let reason = ErrorSentence(any: error).message
        switch fault {
        case .notRead:
            note("cannot look for records of earlier runs (\(reason)): what one that was killed left without a tag stays")
        case .notMade:
            note(
                "cannot record this run (\(reason)): if it is killed, `strata image prune` without a filter removes what it "
                    + "leaves without a tag")
        case .notRemoved: note("cannot remove the record of this run (\(reason)): the next run removes it")
        }
    }
}

extension LeftByEngine {
    /// What whoever runs a command is told beside its outcome.
    var sentences: [String] {
        var sentences: [String] = []
        if unfinishedCount > 0 {
            let layers = unfinishedCount == 1 ? "1 layer" : "\(unfinishedCount) layers"
            sentences.append(
                "\(kind.title) was removing \(layers) when it was ended, and removes the rest when it is stopped the next time"
            )
        }
        if lostCount > 0 {
            let places = lostCount == 1 ? "1 place" : "\(lostCount) places"
            sentences.append(
                """
                \(kind.title) has no record of \(places) below \(root) (\(ByteText.text(lostBytes))): once it is stopped, \
                `strata system prune --engine \(kind.rawValue)=\(root) --engine-stopped` removes what leaked
                """)
        }
        return sentences
    }
}
