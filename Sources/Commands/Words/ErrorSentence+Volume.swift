import ContainerRuntime
import Operations

extension VolumeError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension NetworkError: ExplainedError {
    var sentence: ErrorSentence { ErrorSentence(self) }
}

extension ErrorSentence {
    /// The sentence for what a command on networks finds wrong.
    init(_ error: NetworkError) {
        switch error {
        case .notFound(let name): self.init(RuntimeError.noSuchNetwork(name), status: 1)
        case .noRange: self.init(RuntimeError.noRange)
        case .badName(let text):
            self.init(
                code: "bad-name", status: 2, message: "`\(text)` is not a valid network name",
                hint: "letters, digits, `_`, `.` and `-`, a letter or digit first; not host, none or default")
        case .nameTaken(let name):
            self.init(
                code: "name-taken", status: 1, message: "there is a network \(name) already",
                hint: "`strata network ls` lists the networks")
        case .rangeTaken(let range, let other):
            self.init(
                code: "range-taken", status: 1,
                message: "addresses of \(range) are in use by \(other), a network of the store or of this machine",
                hint: "leave out `--subnet` for a range that is free")
        case .badGateway(let address):
            self.init(code: "bad-gateway", status: 2, message: "\(address) is not an address of a host in the network")
        case .notPublished(let port, let container):
            self.init(
                code: "not-published", status: 1, message: "container \(container) does not publish port \(port)",
                hint: "`strata port \(container)` shows its ports")
        }
    }

    private init(_ error: RuntimeError, status: Int32) {
        self.init(error)
        self.status = status
    }

    /// The sentence for what a command on volumes finds wrong.
    init(_ error: VolumeError) {
        switch error {
        case .notFound(let name):
            self.init(
                code: "no-such-volume", status: 1, message: "no such volume: \(Self.place(name))",
                hint: "`strata volume ls` lists the volumes")
        case .badName(let text):
            self.init(
                code: "bad-name", status: 2, message: "`\(text)` is not a valid volume name",
                hint: "letters, digits, `_`, `.` and `-`, at least two of them; a directory is written ./\(text)")
        }
    }
}
