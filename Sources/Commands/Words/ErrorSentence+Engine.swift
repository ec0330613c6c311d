import BoltDatabase
import Distribution
import EngineStores
import OCISpec
import Operations
import Reports
import SQLiteFiles
import StorageIO
import SystemPackage

extension EngineChoice.ParseError: ExplainedError {
    var sentence: ErrorSentence {
        if lacksRoot {
            return ErrorSentence(
                code: "usage", status: 2, message: "`\(text)` names no root after `=`", hint: "leave out `=` for the default root"
            )
        }
        return ErrorSentence(
            code: "unknown-engine", status: 2, message: "`\(text)` is not an engine that strata can read",
            hint: ErrorSentence.list("`--engine` takes", EngineKind.allCases.map(\.rawValue)))
    }
}

extension EngineError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension EngineAPIError: ExplainedError {
    var sentence: ErrorSentence {
        switch self {
        case .network(let socket, let failure):
            ErrorSentence(
                code: "engine-silent", message: "no answer from the engine at \(socket): \(ErrorSentence.words(failure).reason)",
                hint: "make sure that it runs; `strata engines` shows the engines of this machine")
        case .refused(let socket, _, let status, let message):
            ErrorSentence(
                code: "engine-refused",
                message: "the engine at \(socket) answered \(status)" + (message.isEmpty ? "" : ": \(message)"))
        case .noSuchImage(let socket, let image):
            ErrorSentence(
                code: "no-such-image", message: "the engine at \(socket) has no image \(image)",
                hint: "`docker images` and `podman images` list those that there are")
        case .badAnswer(let socket, let path):
            ErrorSentence(code: "engine-answer", message: "the answer of \(socket) to \(path) is not one of an engine")
        case .transport(let error): ErrorSentence(any: error)
        }
    }
}

extension ErrorSentence {
    init(_ error: EngineError) {
        switch error {
        case .noRoot(let kind, let path):
            self.init(
                code: "no-engine", message: "there is no directory \(path), where \(kind.title) would keep its images",
                hint:
                    "`strata engines` lists the engines of this machine; name another root with `--engine \(kind.rawValue)=ROOT`")
        case .forbidden(let kind, let path):
            self.init(
                code: "engine-forbidden", message: "\(path) of \(kind.title) may not be read by this user",
                hint: kind == .podman ? "run the command as the user whose images they are" : "run the command as root")
        case .storage(let kind, let error):
            self.init(
                code: "engine-unreadable",
                message: "\(error.path) of \(kind.title) cannot be read: \(Self.reason(error.errno.rawValue))")
        case .store(let kind, let root, let error): self.init(error, root: root, EngineWords(kind), next: nil)
        case .unknownDriver(let kind, let root, let driver):
            self.init(
                code: "engine-driver",
                message: "\(kind.title) keeps its layers at \(root) with the driver \(driver), which cannot be read in place",
                hint: kind == .podman
                    ? "save the image: `podman save IMAGE | strata scan -`"
                    : "save the image: `docker save IMAGE | strata scan -`")
        case .notWhole(let kind, let root, let problem):
            self.init(
                code: "engine-unreadable",
                message: "nothing is removed: \(root)/\(problem.path) cannot be read, and may be what keeps an image: "
                    + Self.words(problem.reason),
                hint: "`strata df --engine \(kind.rawValue)=\(root)` shows what else cannot be read")
        case .noImages(let kind):
            self.init(
                code: "no-images",
                message: kind == .registry
                    ? "a registry's images are not read in place" : "\(kind.title) alone keeps no images, only its build cache",
                hint: kind == .registry
                    ? "name the image by the registry's address, as for `strata pull`"
                    : "`strata df --engine \(kind.rawValue)` shows that")
        case .noBuildCache(let kind):
            self.init(
                code: "no-build-cache", message: "\(kind.title) keeps no build cache beside its images",
                hint: "results of steps go with `strata image prune --engine \(kind.rawValue)`")
        case .noStoppedContainers(let kind):
            self.init(
                code: "containers-unknown",
                message: kind == .docker
                    ? "Docker's images are in a containerd with a root of its own, so what a container takes is not known: none is removed"
                    : "the files of \(kind.title) do not tell which of its containers run, so none is removed",
                hint: kind == .docker
                    ? "`docker container prune` asks Docker itself" : "remove those that are over by their own tool")
        case .outsideOfRoots(let path):
            self.init(
                code: "not-of-an-engine", message: "\(path) is in no engine's root",
                hint: "say which root it is in: `--engine docker=ROOT`")
        case .noSuchImage(let name, let kind, let root):
            self.init(
                code: "no-such-image", message: "\(kind.title) has no image \(name) at \(root)",
                hint: "`strata images --engine \(kind.rawValue)=\(root)` lists those that it has")
        case .noSuchPath(let path): self.init(code: "no-such-path", message: "there is no file or directory \(path)")
        }
    }

    /// Why something below an engine's root was passed over.
    static func words(_ reason: EngineProblem.Reason) -> String {
        switch reason {
        case .document(let fault): words(fault)
        case .badValue(let field): "\(field) is not what it must be"
        case .missing(let name): name.isEmpty ? "something that it names is missing" : "\(name), which it names, is missing"
        case .database(let error): words(error)
        case .sqlite(let error): words(error)
        case .storage(let error): Self.reason(error.errno.rawValue)
        }
    }

    /// Why a database of an engine's gave nothing.
    static func words(_ error: BoltError) -> String {
        switch error {
        case .storage(let error): "\(error.path): \(reason(error.errno.rawValue))"
        case .busy(let path, let tries): "\(path) was written to during each of \(tries) looks"
        case .notBolt(let path): "\(path) is no database of this kind, or its start is damaged"
        case .tooLarge(let path, let bytes, let limit):
            "\(path) has \(ByteText.text(bytes)) in use, more than the \(ByteText.text(limit)) that are read at most"
        case .damaged(let path, let fault): "\(path) is damaged at page \(fault.page): \(words(fault.kind))"
        }
    }

    /// The same of a database of SQLite's.
    static func words(_ error: SQLiteSnapshotError) -> String {
        switch error {
        case .storage(let error): "\(error.path): \(reason(error.errno.rawValue))"
        case .busy(let path, let tries):
            "\(path) was written to during each of \(tries) looks, or its writer was killed and has not been started again"
        case .hasLog(let path): "\(path) keeps a write-ahead log, which is not read while its engine may write"
        case .tooLarge(let path, let bytes, let limit):
            "\(path) has \(ByteText.text(bytes)), more than the \(ByteText.text(limit)) that are read at most"
        case .file(let path, let fault): "\(path) is no database of this kind, or damaged: \(words(fault))"
        }
    }

    private static func words(_ fault: SQLiteFileError) -> String {
        switch fault {
        case .notReadable(let reason): reason
        case .noTable(let name): "it has no table \(name)"
        case .tooManyBytes: "its rows have more bytes than the file"
        }
    }

    private static func words(_ kind: BoltFault.Kind) -> String {
        switch kind {
        case .pageOutOfBounds: "it names a page that is not in use"
        case .wrongNumber: "it has another page's number"
        case .wrongKind: "it is of no kind that is known"
        case .pageSharedByTwo: "it is reached twice"
        case .emptyBranch: "it leads nowhere"
        case .elementOutOfBounds: "an element ends outside of it"
        case .keysOutOfOrder: "its keys are out of order"
        case .badBucket: "a bucket in it is none"
        case .tooDeep: "it is nested too deeply"
        }
    }
}
