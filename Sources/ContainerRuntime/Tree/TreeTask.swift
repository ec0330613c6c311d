package import ContentStorage
import FoundationEssentials
import Glibc
import LayerArchive
import StorageIO
import Synchronization
import SystemPackage
import TextValues

/// Work on a container's tree: a process of this very program, in the container's namespaces or in new ones.
package enum TreeTask: Sendable, Codable {
    /// Writes what is at a path as a tar, the path's last part on top.
    case read(String)
    /// Puts what a tar holds to a path; without `keepsOwners` all is root's.
    case place(String, TreeCopy.Top, keepsOwners: Bool)
    /// Writes the whole tree as a tar, without what is mounted in it and what is there only for that.
    case export

    /// The first argument by which the program is told to do one; the file that tells which follows.
    package static let verb = "--tree"

    /// Does the task that the file behind the verb tells, on standard input and output, and returns its status.
    ///
    /// What is wrong is written to standard error in one line, in the words of `describe`: who began this process makes a
    /// `RuntimeError.copyFailed` of it. The process must have one thread.
    package static func run(at path: String, describe: (any Error) -> String) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let order: TreeOrder
        do { order = try JSONDecoder().decode(TreeOrder.self, from: Data(contentsOf: URL(filePath: path))) } catch {
            // Nobody but this program calls it so.
            return 2
        }
        do {
            try order.run()
            return 0
        } catch {
            let text = describe(error) + "\n"
            _ = text.withCString { Glibc.write(2, $0, strlen($0)) }
            return 1
        }
    }
}

/// A task, and the tree that it is about.
struct TreeOrder: Codable {
    var task: TreeTask
    /// Where the tree is mounted.
    var merged: String
    /// How it is shown; nil for the tree alone.
    var view: TreeView?
    /// What is in it only to be mounted on.
    var stubs: MountStubs

    func run() throws {
        var covered: [[UInt8]] = []
        if let view { covered = try view.show(at: merged) } else { try TreeView.enter(merged) }
        do { try work(covered) } catch { throw Self.problem(error, covered) ?? error }
    }

    private func work(_ covered: [[UInt8]]) throws {
        switch task {
        case .read(let path):
            let passedOver = Set(view?.passedOver.map { PathWalk.cleaned($0.utf8) } ?? []).union(covered)
            try TreeCopy.read(path, followsTop: true, passingOver: passedOver) { entry, isEmpty in
                !passedOver.contains(entry.path) || stubs.isOwn(entry, isEmptyDirectory: isEmpty)
            } to: {
                try Self.write($0)
            }
        case .export:
            try TreeCopy.read("/", followsTop: true, isKept: { stubs.isOwn($0, isEmptyDirectory: $1) }) { try Self.write($0) }
        case .place(let path, let top, let keepsOwners):
            try TreeCopy.place(
                PipeSource(fd: 0, name: "standard input"), at: path, top, keeping: .init(owners: keepsOwners, attributes: true))
        }
    }

    /// What it means that nothing may be written somewhere.
    private static func problem(_ error: any Error, _ covered: [[UInt8]]) -> TreeCopy.Problem? {
        switch error {
        case LayerArchiveError.tapFailed(let cause): return problem(cause, covered)
        case let error as StorageError where error.errno == .readOnlyFileSystem:
            let path = PathWalk.cleaned(error.path.utf8)
            let isCovered = covered.contains { path == $0 || path.starts(with: $0 + [UInt8(ascii: "/")]) }
            let text = "/" + path.messageText
            return isCovered ? .mountedWhileRunning(text) : .readOnly(text)
        default: return nil
        }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer) throws(StorageError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(1, rest.baseAddress, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError(.write, "standard output", Errno(rawValue: errno))
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

extension ContainerFolder {
    /// Does a task on the tree of `container`, which is this folder's, whether it runs or not; `input` is what a tar to be placed
    /// comes from.
    ///
    /// Without `container`, since it is still being made, it is the tree alone, with nothing mounted in it.
    package func run(
        _ task: TreeTask, on container: Container?, layersFolder: String, program: String, input: Int32? = nil,
        output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws(RuntimeError) {
        let running = try knownRuntimeProcess()
        // Nobody is to start it meanwhile.
        let lock = running == nil ? try lift(try self.lock(), to: RuntimeError.init) : nil
        defer { lock?.release() }
        let call = try makeCall()
        defer { removeCall(call) }
        let overlay = try overlay(layersFolder: layersFolder)
        var order = TreeOrder(task: task, merged: overlay.merged, stubs: container?.stubs ?? MountStubs())
        switch task {
        case .read, .place: order.view = container.map { TreeView(of: $0, in: self, isRunning: running != nil) }
        case .export: break
        }
        let orderPath = "\(call.folder)/order.json"
        try PlanFile.write(order, to: orderPath)
        var plan = Confinement(running.map { .of($0) } ?? .new(overlay), command: [program, TreeTask.verb, orderPath])
        plan.problemAt = call.problemPath
        var setup = ConfinedProcess.Setup()
        if let input { setup.input = .descriptor(input) }
        let said = Mutex<[UInt8]>([])
        let status = try ConfinedProcess(plan, planAt: call.planPath, setup) { stream, bytes in
            if stream == .output { output(bytes) } else { said.withLock { $0 += bytes } }
            return true
        }.wait()
        guard status != 0 else { return }
        if let problem = call.startProblem { throw problem }
        let text = String(decoding: said.withLock { $0 }, as: UTF8.self)
        throw .copyFailed(detail: String(text.prefix { $0 != "\n" }))
    }
}
