import ContainerRuntime
import Glibc
import LayerArchive
import StorageIO

/// Files copied between a container and this machine, as `docker cp` does it.
///
/// They go through a pipe as a tar: a process in the container's namespaces has one end of it, a thread of this one the other.
extension NamedContainers {
    /// Copies what is at `path` of a container to `target` here; with `keepsOwners` whose the files are, and their attributes.
    package func copy(from name: String, _ path: String, to target: String, keepsOwners: Bool) throws {
        let item = try find(name)
        let pipe = try TarPipe()
        let top = Self.top(path)
        let placing = ThreadOutcome()
        let thread = ThreadHandle {
            placing.run {
                try TreeCopy.place(
                    PipeSource(fd: pipe.reading.fd, name: "the container"), at: target, top,
                    keeping: .init(owners: keepsOwners, attributes: keepsOwners))
            }
            pipe.drain()
        }
        guard let thread else { throw ContainerError.noThread(errno: EAGAIN) }
        do {
            try item.run(.read(path), in: store) { pipe.write($0) }
        } catch {
            pipe.closeWriting()
            thread.join()
            throw error
        }
        pipe.closeWriting()
        thread.join()
        if let error = placing.error { throw error }
    }

    /// Writes what is at `path` of a container as a tar.
    package func writeTar(
        of name: String, _ path: String, _ output: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws {
        try find(name).run(.read(path), in: store, output: output)
    }

    /// Copies `source`, an absolute path of this machine that ends with a slash where what it holds is meant, to `path` of a container.
    ///
    /// `word` is the source as it was written, which decides what it is called in the container.
    package func copy(_ source: String, as word: String, to name: String, _ path: String, keepsOwners: Bool) throws {
        let item = try find(name)
        let pipe = try TarPipe()
        let reading = ThreadOutcome()
        let thread = ThreadHandle {
            reading.run { try TreeCopy.read(source, followsTop: true) { pipe.write($0) } }
            pipe.closeWriting()
        }
        guard let thread else { throw ContainerError.noThread(errno: EAGAIN) }
        do {
            let task = TreeTask.place(path, TreeCopy.isRoot(source) ? .nameless : Self.top(word), keepsOwners: keepsOwners)
            try item.run(task, in: store, input: pipe.reading.fd) { _ in }
        } catch {
            pipe.drain()
            thread.join()
            // What could not be read is nearer to the matter than a tar that ends too soon.
            throw reading.error ?? error
        }
        thread.join()
        if let error = reading.error { throw error }
    }

    /// Places the tar on standard input at `path` of a container; its files keep their owners.
    package func placeStandardInput(in name: String, _ path: String) throws {
        try find(name).run(.place(path, .unknown, keepsOwners: true), in: store, input: 0) { _ in }
    }

    /// What the tar of a source has on top.
    private static func top(_ path: String) -> TreeCopy.Top {
        if path.utf8.first == UInt8(ascii: "/"), TreeCopy.isRoot(path) { return .nameless }
        return path == "." || path.hasSuffix("/.") ? .leftOut : .named
    }
}

/// What one thread did, read by another one when that has ended.
private final class ThreadOutcome: @unchecked Sendable {
    private(set) var error: (any Error)?

    func run(_ body: () throws -> Void) { do { try body() } catch { self.error = error } }
}

/// A pipe within the process.
private final class TarPipe: @unchecked Sendable {
    let reading: File
    private var writing: File?

    init() throws(RuntimeError) { (reading, writing) = try Pipes.make() }

    /// Writes all; what nobody reads any more is dropped.
    func write(_ bytes: UnsafeRawBufferPointer) {
        guard let writing else { return }
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(writing.fd, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// To be called by the thread that writes.
    func closeWriting() { writing = nil }

    /// Reads what is left, so that nobody waits to write it.
    func drain() {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while read(reading.fd, &buffer, buffer.count) > 0 {}
    }
}
